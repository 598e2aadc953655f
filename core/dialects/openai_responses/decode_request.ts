import { withExactMembers } from "../../_json_exact.ts";
import type { Conversation } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import type { JsonDocument } from "../../json_document.ts";
import { isJsonObject, RequestNode } from "../openai_chat/_decode_node.ts";
import { decodeSampling } from "../openai_chat/_decode_settings.ts";
import { decodeInput } from "./_decode_input.ts";
import {
  decodeEndUser,
  decodeOutputFormat,
  decodeReasoningWish,
  noteWishes,
} from "./_decode_settings.ts";
import { decodeTools } from "./_decode_tools.ts";
import type { ResponsesState } from "./state.ts";

/** Fields that are read, or that say nothing a translation could lose. */
const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "input",
  "instructions",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "text",
  "reasoning",
  "max_output_tokens",
  // Counts calls of hosted tools, which are refused.
  "max_tool_calls",
  "temperature",
  "top_p",
  "top_k",
  "presence_penalty",
  "frequency_penalty",
  "seed",
  "stop",
  "user",
  "safety_identifier",
  "metadata",
  "include",
  "stream",
  "stream_options",
  "store",
  "background",
  "previous_response_id",
  "conversation",
]);

/** Fields that only some provider has a word for: their values go with it. */
const EXTRAS = ["metadata", "service_tier", "prompt_cache_key"] as const;

/** Fields whose default is no loss: the values that change nothing. */
const NEUTRAL: ReadonlyMap<string, readonly unknown[]> = new Map<
  string,
  readonly unknown[]
>([
  ["truncation", ["disabled"]],
  ["service_tier", ["auto", "default"]],
  ["top_logprobs", [0]],
]);

/**
 * Decodes a Responses request into the canonical Conversation (wire rules B).
 *
 * Fields that are set and have no canonical word are named in `unmapped`; what
 * must not be lost is refused instead, so is what needs memory that the
 * gateway doesn't have (B17).
 *
 * @param state What the gateway remembers for the caller.
 * @throws {GatewayError} 400 naming the field at fault in `param` (K17).
 *
 * @example A request that goes on with an earlier one
 * ```ts
 * import { parseJsonDocument } from "@llm-proxy/core";
 * import { decodeResponsesRequest } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const parse = (text: string) => parseJsonDocument(new TextEncoder().encode(text));
 * const previous = decodeResponsesRequest(parse('{"model":"m","input":"Hi"}'));
 * const { messages } = decodeResponsesRequest(
 *   parse('{"model":"m","previous_response_id":"resp_1","input":"And?"}'),
 *   { previous },
 * );
 * assertEquals(messages.length, 2);
 * ```
 */
export function decodeResponsesRequest(
  document: JsonDocument,
  state?: ResponsesState,
): Conversation {
  if (!isJsonObject(document.value)) {
    throw new GatewayError(
      "invalid_request",
      "The request body must be a JSON object",
      { code: "invalid_json" },
    );
  }
  const unmapped: string[] = [];
  const root = new RequestNode(
    withExactMembers(document, ["tools", "text"]),
    unmapped,
  );
  const model = root.name("model");
  refuseStateful(root, state);
  refuseUnsupported(root);
  noteUnmapped(root, document.value);
  noteWishes(root);
  const messages = decodeInput(root, { unmapped, state });
  const output = decodeOutputFormat(root);
  const maxOutputTokens = root.integer("max_output_tokens", 1);
  const reasoning = decodeReasoningWish(root);
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
    ...decodeExtras(root, unmapped),
  };
}

function decodeExtras(
  root: RequestNode,
  unmapped: readonly string[],
): Pick<Conversation, "extras"> {
  const known = EXTRAS.filter((name) => unmapped.includes(name));
  if (known.length === 0) return {};
  return { extras: new Map(known.map((name) => [name, root.raw(name)])) };
}

/** What needs an earlier answer, or this one kept (B17). */
function refuseStateful(
  root: RequestNode,
  state: ResponsesState | undefined,
): void {
  const id = root.string("previous_response_id");
  if (!state) {
    const lacks = "since this gateway keeps no answers";
    for (const key of ["previous_response_id", "conversation"]) {
      if (!root.has(key)) continue;
      throw unsupported(root, key, `${lacks}: send the whole 'input'`);
    }
    if (root.boolean("store")) {
      throw unsupported(root, "store", `${lacks}: set it to false`);
    }
    return;
  }
  root.boolean("store");
  if (state.previous) return;
  if (id) {
    throw root.refuse(
      "previous_response_id",
      `Previous response with id '${id.slice(0, 64)}' not found`,
      "previous_response_not_found",
    );
  }
  if (root.has("conversation")) {
    throw root.refuse(
      "conversation",
      "The conversation was not found",
      "conversation_not_found",
    );
  }
}

function refuseUnsupported(root: RequestNode): void {
  if (root.boolean("background")) {
    throw unsupported(root, "background", "for this model's provider");
  }
  if (root.has("prompt")) {
    throw unsupported(
      root,
      "prompt",
      "for this model's provider: send its text as 'instructions'",
    );
  }
}

function unsupported(root: RequestNode, key: string, why: string): Error {
  return root.refuse(
    key,
    `'${key}' is not supported ${why}`,
    "unsupported_parameter",
  );
}

function noteUnmapped(
  root: RequestNode,
  value: JsonDocument["value"],
): void {
  for (const key of Object.keys(value)) {
    if (KNOWN.has(key) || !root.has(key)) continue;
    if (!NEUTRAL.get(key)?.includes(value[key])) root.note(key);
  }
}
