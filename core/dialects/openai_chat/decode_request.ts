import { withExactMembers } from "../../_json_exact.ts";
import type { Conversation } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import type { JsonDocument } from "../../json_document.ts";
import { decodeEffort } from "./_decode_effort.ts";
import { decodeMessages } from "./_decode_messages.ts";
import { isJsonObject, type JsonObject, RequestNode } from "./_decode_node.ts";
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

/** Fields that only some provider has a word for: their values go with it. */
const EXTRAS = [
  "documents",
  "metadata",
  "service_tier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "verbosity",
  "safety_settings",
  "guardrailConfig",
  "performanceConfig",
  "requestMetadata",
] as const;

const STREAM_OPTIONS: ReadonlySet<string> = new Set([
  "include_usage",
  "include_obfuscation",
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
  const root = new RequestNode(
    withExactMembers(document, ["tools", "response_format"]),
    unmapped,
  );
  const model = root.name("model");
  refuseUnsupported(root);
  noteUnmapped(root, document.value);
  noteStreamWishes(root);
  const messages = decodeMessages(root);
  const output = decodeOutput(root);
  const maxOutputTokens = decodeMaxTokens(root);
  const reasoning = decodeEffort(root);
  const endUser = decodeEndUser(root);
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
    ...decodeExtras(root),
  };
}

/** The end user's id, wherever it is; what else `metadata` holds has no word (A31). */
function decodeEndUser(root: RequestNode): string | undefined {
  const user = root.string("user");
  const { user_id: told, ...others } = jsonObject(root, "metadata");
  const endUser = root.string("safety_identifier") || user ||
    (typeof told === "string" ? told : undefined);
  if (user && user !== endUser) root.note("user");
  const isLost = (told ?? endUser) !== endUser;
  if (isLost || Object.keys(others).length > 0) root.note("metadata");
  return endUser;
}

/** A member that is an object; an empty one where it is not there. */
function jsonObject(root: RequestNode, key: string): JsonObject {
  const value = root.raw(key) ?? {};
  if (isJsonObject(value)) return value;
  throw root.wrongType(key, "an object");
}

/** Notes wishes for the stream that no translated stream fulfils. */
function noteStreamWishes(root: RequestNode): void {
  const options = root.node("stream_options");
  options?.noteUnknown(STREAM_OPTIONS);
  if (options?.boolean("include_obfuscation")) {
    options.note("include_obfuscation");
  }
  // OpenRouter's way to ask for the counts, which whole answers have anyway.
  const counts = root.raw("usage");
  if (
    isJsonObject(counts) && counts.include === true &&
    root.raw("stream") === true && !options?.boolean("include_usage")
  ) root.note("usage");
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

function decodeExtras(root: RequestNode): Pick<Conversation, "extras"> {
  const known = EXTRAS.filter((name) => root.has(name));
  if (known.length === 0) return {};
  return { extras: new Map(known.map((name) => [name, root.raw(name)])) };
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
