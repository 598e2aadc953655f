import { parseExactJson } from "../../_json_exact.ts";
import type { TranslatedAnswer } from "../../dialect.ts";
import type { ThoughtCollector } from "../../_thought_collector.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";
import { messageId, usageJson } from "./encode_answer.ts";
import { decodeErrorObject } from "./errors.ts";
import { finishClass } from "./finish.ts";
import { UsageTally } from "./usage.ts";

/** What {@linkcode passMessagesAnswer} may be told. */
export interface PassMessageOptions {
  /** The model to name where the provider names none. @default {"unknown"} */
  readonly model?: string;
  /** Keeps the proofs of thought of a stream. @default {none are kept} */
  readonly thought?: ThoughtCollector | undefined;
}

/** What is no UTF-8 becomes U+FFFD, a byte order mark goes. */
const decoder = new TextDecoder();

/**
 * Takes the answer of a provider for a client of the same dialect. It is
 * checked, and mended where clients would stumble: members that must be there,
 * and a tool call that ends as `end_turn` (A16).
 *
 * @returns The provider's own text where nothing had to change.
 * @throws {UpstreamError} when the body is no whole message, or tells an error
 * in spite of its status 200 (U7, U11).
 */
export function passMessagesAnswer(
  body: Uint8Array,
  options: PassMessageOptions = {},
): TranslatedAnswer {
  const text = decoder.decode(body);
  const message = parseAnswer(text, "is no valid JSON");
  if (!isObject(message)) throw invalidAnswer("is no JSON object");
  if (message.type === "error" || isObject(message.error)) {
    throw decodeErrorObject(message);
  }
  const { content, stop_reason: stopReason } = message;
  if (!Array.isArray(content)) throw invalidAnswer("has no content");
  if (typeof stopReason !== "string") {
    throw invalidAnswer("does not say why it ended");
  }
  const hasToolCalls = content.some((block: unknown) =>
    isObject(block) && block.type === "tool_use"
  );
  const tally = new UsageTally();
  tally.add(message.usage);
  const { usage } = tally;
  const mends = mendMessage(message, options.model);
  if (hasToolCalls && stopReason === "end_turn") mends.stop_reason = "tool_use";
  const isWhole = Object.keys(mends).length === 0;
  return {
    body: isWhole ? text : rewrite(text, mends),
    ...(usage && { usage }),
    finish: finishClass(stopReason, hasToolCalls),
    model: asText(mends.model ?? message.model),
  };
}

/** The members that a message must have and this one has not (C23). */
export function mendMessage(
  message: JsonObject,
  model = "unknown",
): Record<string, unknown> {
  const mends: Record<string, unknown> = {};
  if (asText(message.id) === "") mends.id = messageId("");
  if (message.type !== "message") mends.type = "message";
  if (message.role !== "assistant") mends.role = "assistant";
  if (asText(message.model) === "") mends.model = model;
  if (!Array.isArray(message.content)) mends.content = [];
  if (message.stop_reason === undefined) mends.stop_reason = null;
  if (message.stop_sequence === undefined) mends.stop_sequence = null;
  if (!isObject(message.usage)) {
    mends.usage = JSON.parse(usageJson(undefined));
  }
  return mends;
}

function rewrite(text: string, mends: JsonObject): string {
  try {
    return JSON.stringify({ ...parseExactJson(text) as JsonObject, ...mends });
  } catch {
    // The stack was not deep enough to write it again.
    throw invalidAnswer("nests too deep");
  }
}
