import type { Conversation } from "../../conversation.ts";
import type { JsonDocument } from "../../json_document.ts";
import { RequestNode } from "../openai_chat/_decode_node.ts";
import {
  decodeMaxTokens,
  decodeSampling,
} from "../openai_chat/_decode_settings.ts";

/** Fields that are read, or that say nothing a translation could lose. */
const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "prompt",
  "max_tokens",
  "temperature",
  "top_p",
  "presence_penalty",
  "frequency_penalty",
  "seed",
  "stop",
  "user",
  "stream",
  "stream_options",
  "n",
  "best_of",
]);
/** Wishes without which the answer would be another. */
const REFUSED = ["suffix", "echo"] as const;

/**
 * Checks what a gateway itself relies on: a model, and a prompt.
 *
 * @throws {GatewayError} 400 naming the field at fault (K17).
 */
export function checkCompletionsRequest({ value }: JsonDocument): void {
  const root = new RequestNode(value, []);
  root.name("model");
  const prompt = root.raw("prompt");
  if (!root.has("prompt") || prompt === "") throw root.missing("prompt");
  if (typeof prompt !== "string" && !Array.isArray(prompt)) {
    throw root.wrongType("prompt", "a string or an array");
  }
}

/**
 * Decodes a request for a completion into a conversation of one turn, for a
 * provider that has no completions of its own.
 *
 * @throws {GatewayError} 400 naming the field that is wrong, or that only real
 * completions have.
 */
export function decodeCompletionsRequest(document: JsonDocument): Conversation {
  checkCompletionsRequest(document);
  const unmapped: string[] = [];
  const root = new RequestNode(document.value, unmapped);
  for (const field of REFUSED) {
    const value = root.raw(field);
    if (root.has(field) && value !== false && value !== "") {
      throw unsupported(root, field);
    }
  }
  for (const field of ["n", "best_of"]) {
    if ((root.integer(field, 1) ?? 1) > 1) throw unsupported(root, field);
  }
  for (const key of Object.keys(document.value)) {
    if (!KNOWN.has(key) && root.has(key) && root.raw(key) !== false) {
      root.note(key);
    }
  }
  const maxOutputTokens = decodeMaxTokens(root);
  const endUser = root.string("user");
  return {
    model: root.name("model"),
    messages: [{
      role: "user",
      parts: [{ type: "text", text: decodePrompt(root) }],
    }],
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    sampling: decodeSampling(root),
    ...(endUser && { endUser }),
    stream: root.boolean("stream") ?? false,
    unmapped,
  };
}

function decodePrompt(root: RequestNode): string {
  const prompt = root.raw("prompt");
  const [text, ...more] = Array.isArray(prompt) ? prompt : [prompt];
  if (typeof text === "string" && more.length === 0) return text;
  throw root.refuse(
    "prompt",
    "Unsupported value: 'prompt' must be one string, since this model's provider has no completions of its own",
    "unsupported_value",
  );
}

function unsupported(root: RequestNode, field: string): Error {
  return root.refuse(
    field,
    `Unsupported parameter: '${field}' needs a provider that has completions of its own`,
    "unsupported_parameter",
  );
}
