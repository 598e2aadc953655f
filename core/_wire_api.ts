import type { Conversation } from "./conversation.ts";
import type { ClientDialect } from "./dialect.ts";
import { isJsonObject } from "./dialects/openai_chat/_decode_node.ts";
import type { JsonDocument } from "./json_document.ts";
import { quirksOf } from "./quirks_of.ts";
import type { Destination } from "./routing/route.ts";

/** By which of OpenAI's APIs a model is asked; by either where the request decides. */
export type WireApi = "chat" | "responses" | "either";

/** OpenAI's models that answer by Responses alone. */
const ALONE =
  /^(?:o\d+-pro|gpt-[\d.]+-(?:pro|codex)|codex|computer-use)(?:-|$)|-deep-research(?:-|$)/;

/** OpenAI's models that think, with their version. */
const THINKING = /^gpt-(\d{1,2})(?:\.(\d{1,2}))?(?!.*-chat)(?:-|$)/;

/** From this version on, models that think call tools by Responses alone. */
const TOOLS_SINCE = 504;
/** From this version on, models think unless they are told not to. */
const THINKS_SINCE = 505;

/**
 * By which of OpenAI's APIs a model is asked. What the config says counts;
 * else a client that speaks Responses goes by that, and so does every other
 * whom the model would refuse by Chat Completions.
 */
export function wireApiOf(
  { name }: ClientDialect,
  deployment: Destination,
): WireApi {
  const { provider, model } = deployment;
  if (provider.dialect !== "openai_chat") return "chat";
  const { wireApi, responses } = quirksOf(deployment);
  if (wireApi !== undefined) return wireApi;
  if (!responses) return "chat";
  if (name === "openai_responses" || ALONE.test(model)) return "responses";
  // The legacy API has no tools.
  if (name === "openai_completions") return "chat";
  return versionOf(model) < TOOLS_SINCE ? "chat" : "either";
}

/** Whether a request goes by Responses. */
export function isResponses(
  { value }: JsonDocument,
  { wire, decoded, model }: {
    readonly wire: WireApi;
    /** The request, where the document is none of a chat client. */
    readonly decoded: Conversation | undefined;
    readonly model: string;
  },
): boolean {
  if (wire !== "either") return wire === "responses";
  const tools = decoded === undefined ? value.tools : decoded.tools;
  if (!Array.isArray(tools) || tools.length === 0) return false;
  // What is no function has no other way.
  if (decoded === undefined && !tools.every(isFunction)) return false;
  const effort = decoded === undefined ? toldEffort(value) : effortOf(decoded);
  const usual = versionOf(model) < THINKS_SINCE ? "none" : "medium";
  return (effort ?? usual) !== "none";
}

function isFunction(tool: unknown): boolean {
  return isJsonObject(tool) && tool.type === "function";
}

function versionOf(model: string): number {
  const [, major = 0, minor = 0] = THINKING.exec(model) ?? [];
  return Number(major) * 100 + Number(minor);
}

function toldEffort(
  { reasoning_effort: effort, reasoning }: JsonDocument["value"],
): unknown {
  return effort ?? (isJsonObject(reasoning) ? reasoning.effort : undefined);
}

function effortOf({ reasoning = {} }: Conversation): unknown {
  const { effort, budgetTokens } = reasoning;
  return effort ?? (budgetTokens === undefined ? undefined : "medium");
}
