import type { Conversation } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import type { JsonDocument } from "../../json_document.ts";
import { decodeEffort } from "./_decode_effort.ts";
import { decodeMessages } from "./_decode_messages.ts";
import { isJsonObject, RequestNode } from "./_decode_node.ts";
import {
  decodeMaxTokens,
  decodeOutput,
  decodeSampling,
} from "./_decode_settings.ts";
import { decodeTools } from "./_decode_tools.ts";

/** Fields that are read, or that say nothing a translation could lose. */
const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "response_format",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "top_k",
  "presence_penalty",
  "frequency_penalty",
  "seed",
  "stop",
  "reasoning_effort",
  "reasoning",
  "thinking",
  "user",
  "safety_identifier",
  "stream",
  "stream_options",
  "metadata",
  "usage",
  "n",
]);

/** Fields whose default is no loss: the value that changes nothing. */
const NEUTRAL: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["store", (value: unknown) => value === false],
  ["logprobs", (value: unknown) => value === false],
  ["top_logprobs", (value: unknown) => value === 0],
  [
    "service_tier",
    (value: unknown) => value === "auto" || value === "default",
  ],
  [
    "logit_bias",
    (value: unknown) => isJsonObject(value) && Object.keys(value).length === 0,
  ],
  [
    "modalities",
    (value: unknown) =>
      Array.isArray(value) && value.length === 1 && value[0] === "text",
  ],
]);

/** Fields that must not be left out, with what to say of them. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["functions", "The legacy field 'functions' is not supported: use 'tools'"],
  [
    "function_call",
    "The legacy field 'function_call' is not supported: use 'tool_choice'",
  ],
  [
    "web_search_options",
    "The hosted tool 'web_search' is not supported by this model's provider",
  ],
]);

/**
 * Decodes a chat completion request into the canonical Conversation.
 *
 * Fields that are set and have no canonical word are named in `unmapped`
 * (A25, A27); what must not be lost is refused instead.
 *
 * @throws {GatewayError} 400 naming the field at fault in `param` (K17).
 */
export function decodeChatRequest(document: JsonDocument): Conversation {
  if (!isJsonObject(document.value)) {
    throw new GatewayError(
      "invalid_request",
      "The request body must be a JSON object",
      { code: "invalid_json" },
    );
  }
  const unmapped: string[] = [];
  const root = new RequestNode(document.value, unmapped);
  const model = root.name("model");
  refuseUnsupported(root);
  noteUnmapped(root, document.value);
  const messages = decodeMessages(root);
  const output = decodeOutput(root);
  const maxOutputTokens = decodeMaxTokens(root);
  const reasoning = decodeEffort(root);
  const user = root.string("user");
  const endUser = root.string("safety_identifier") || user;
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
  };
}

function refuseUnsupported(root: RequestNode): void {
  for (const [field, message] of REFUSED) {
    if (root.has(field)) {
      throw root.refuse(field, message, "unsupported_parameter");
    }
  }
  const n = root.integer("n", 1);
  if (n === undefined || n === 1) return;
  // Several answers for one request would have to be several requests (A7).
  throw root.refuse(
    "n",
    "Unsupported value: 'n' above 1 is not supported by this model's provider",
    "unsupported_parameter",
  );
}

function noteUnmapped(
  root: RequestNode,
  value: JsonDocument["value"],
): void {
  for (const key of Object.keys(value)) {
    if (KNOWN.has(key) || !root.has(key)) continue;
    if (!NEUTRAL.get(key)?.(value[key])) root.note(key);
  }
}
