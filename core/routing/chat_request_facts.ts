import type { JsonDocument } from "../json_document.ts";
import type { Capability } from "./capability.ts";
import type { RouteRequest } from "./route_request.ts";
import { prefixHash } from "./sticky.ts";

/** What is read from a chat completion request. */
export type ChatRequestFacts = Pick<
  RouteRequest,
  "model" | "needs" | "outputTokens" | "prefix"
>;

type Fields = Readonly<Record<string, unknown>>;

/** What the types of content parts need. Other types need nothing known. */
const PART_NEEDS: ReadonlyMap<unknown, Capability> = new Map([
  ["image_url", "vision"],
  ["input_audio", "audio"],
  ["file", "file"],
]);

/**
 * Reads from a chat completion request in OpenAI's dialect what routing has to
 * know of it. Odd values are passed over: it is for others to refuse them.
 *
 * @example A picture and a tool
 * ```ts
 * import { parseJsonDocument } from "@llm-proxy/core";
 * import { chatRequestFacts } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const document = parseJsonDocument(new TextEncoder().encode(JSON.stringify({
 *   model: "fast",
 *   max_tokens: 100,
 *   tools: [{ type: "function", function: { name: "look" } }],
 *   messages: [{
 *     role: "user",
 *     content: [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }],
 *   }],
 * })));
 * const { model, needs, outputTokens } = chatRequestFacts(document);
 * assertEquals({ model, needs, outputTokens }, {
 *   model: "fast",
 *   needs: ["tools", "vision"],
 *   outputTokens: 100,
 * });
 * ```
 */
export function chatRequestFacts(
  { value }: Pick<JsonDocument, "value">,
): ChatRequestFacts {
  const needs = new Set<Capability>();
  if (isFilled(value.tools)) needs.add("tools");
  if (value.stream === true) needs.add("streaming");
  const format = value.response_format;
  if (isFields(format) && format.type === "json_schema") {
    needs.add("json_schema");
  }
  const messages = Array.isArray(value.messages) ? value.messages : [];
  for (const message of messages) addPartNeeds(message, needs);
  if (isFilled(value.modalities) && value.modalities.includes("audio")) {
    needs.add("audio");
  }
  const limit = value.max_completion_tokens ?? value.max_tokens;
  return {
    model: typeof value.model === "string" ? value.model : "",
    needs: [...needs],
    ...(Number.isInteger(limit) && Number(limit) > 0 &&
      { outputTokens: Number(limit) }),
    get prefix(): number | undefined {
      return prefixOf(messages);
    },
  };
}

function addPartNeeds(message: unknown, needs: Set<Capability>): void {
  if (!isFields(message) || !Array.isArray(message.content)) return;
  for (const part of message.content) {
    const need = isFields(part) ? PART_NEEDS.get(part.type) : undefined;
    if (need !== undefined) needs.add(need);
  }
}

/** Everything up to the first words of the user, which later turns leave as they are. */
function prefixOf(messages: readonly unknown[]): number | undefined {
  const pieces: string[] = [];
  for (const message of messages) {
    if (!isFields(message)) return undefined;
    pieces.push(...textsOf(message.content));
    if (message.role === "user") return prefixHash(pieces);
  }
  return undefined;
}

function textsOf(content: unknown): readonly string[] {
  if (typeof content === "string") return [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part) =>
    isFields(part) && typeof part.text === "string" ? [part.text] : []
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}
