import { withExactMembers } from "../../_json_exact.ts";
import type { Conversation } from "../../conversation.ts";
import type { DecodeOptions } from "../../dialect.ts";
import type { JsonDocument } from "../../json_document.ts";
import { isJsonObject, RequestNode } from "../openai_chat/_decode_node.ts";
import { decodeMessages } from "./_decode_messages.ts";
import {
  decodeOutput,
  decodeReasoning,
  decodeSampling,
} from "./_decode_settings.ts";
import { decodeTools } from "./_decode_tools.ts";

/** What {@linkcode decodeMessagesRequest} may be told. */
export interface DecodeMessagesOptions extends DecodeOptions {
  /** Tokens shall be counted only: there is no answer to limit. @default {false} */
  readonly isCount?: boolean;
}

const BETA = "anthropic-beta";

/** Fields that are read. */
const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "system",
  "max_tokens",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "output_format",
  "stop_sequences",
  "temperature",
  "top_p",
  "top_k",
  "metadata",
  "stream",
]);

/** Fields whose value changes nothing. */
const NEUTRAL: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["service_tier", (value: unknown) => value === "auto"],
  ["speed", (value: unknown) => value === "standard"],
  ["inference_geo", (value: unknown) => value === "global"],
  ["mcp_servers", isEmpty],
  [
    "context_management",
    (value: unknown) => isJsonObject(value) && isEmpty(value.edits ?? []),
  ],
]);

/** Fields that must not be left out, with the code of their refusal: another model's provider can't do what they ask. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["mcp_servers", "unsupported_parameter"],
  ["container", "unsupported_parameter"],
  // At this code the SDK's tool runner goes on with the whole history.
  ["thread", "thread_unsupported_request"],
  ["inference_geo", "unsupported_parameter"],
]);

/**
 * Decodes a Messages request into the canonical Conversation.
 *
 * Fields that are set and have no canonical word are named in `unmapped`; what
 * must not be lost is refused instead (C41).
 *
 * @throws {GatewayError} 400 naming the field at fault in `param` (K17).
 */
export function decodeMessagesRequest(
  document: JsonDocument,
  options: DecodeMessagesOptions = {},
): Conversation {
  const value = withExactNumbers(document);
  const unmapped: string[] = [];
  const root = new RequestNode(value, unmapped);
  const model = root.name("model");
  const maxOutputTokens = root.integer("max_tokens", 1);
  if (maxOutputTokens === undefined && options.isCount !== true) {
    throw root.missing("max_tokens");
  }
  for (const key of Object.keys(value)) {
    if (!KNOWN.has(key) && root.has(key)) judgeUnknown(root, key);
  }
  const messages = decodeMessages(root);
  const output = decodeOutput(root);
  const reasoning = decodeReasoning(root);
  const endUser = decodeEndUser(root);
  const betas = options.header?.(BETA);
  if (betas) unmapped.push(BETA);
  return {
    model,
    messages,
    ...decodeTools(root),
    ...(output && { output }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    sampling: decodeSampling(root),
    ...(reasoning && { reasoning }),
    ...(endUser && { endUser }),
    stream: root.boolean("stream") ?? false,
    unmapped,
    ...(betas && { extras: new Map([[BETA, betas]]) }),
  };
}

/** The request with the numbers in its schemas and tool inputs kept to the last digit (M15). */
function withExactNumbers(document: JsonDocument): JsonDocument["value"] {
  const keys = ["tools", "output_config", "output_format"];
  // Only the inputs of calls are handed on as they are; the search costs less than they do.
  if (document.text.includes('"tool_use"')) keys.push("messages");
  return withExactMembers(document, keys);
}

function judgeUnknown(root: RequestNode, key: string): void {
  if (NEUTRAL.get(key)?.(root.raw(key))) return;
  const code = REFUSED.get(key);
  if (code === undefined) return root.note(key);
  throw root.refuse(
    key,
    `The field '${key}' is not supported by this model's provider`,
    code,
  );
}

/** The end user's id (A31); what else `metadata` holds has no word. */
function decodeEndUser(root: RequestNode): string | undefined {
  const metadata = root.node("metadata");
  metadata?.noteUnknown(new Set(["user_id"]));
  return metadata?.string("user_id");
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
