import type { AnswerPart, FinishClass, Usage } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { asList, asText, isObject, type JsonObject } from "../_json.ts";
import { ollamaFailure } from "./errors.ts";

/** One line, or a whole answer, as it was read. */
export interface OllamaPiece {
  readonly model: string;
  /** In order: thought, words, calls. */
  readonly parts: readonly AnswerPart[];
  readonly done: boolean;
  readonly reason: string;
  readonly usage: Usage | undefined;
}

/** More calls than any answer has. */
const MAX_CALLS = 1_000;

/**
 * Reads a line of a stream or a whole answer, which have the same form (I1).
 *
 * @throws {UpstreamError} when it is none, or tells an error (I8).
 */
export function readPiece(text: string): OllamaPiece {
  const value = parseAnswer(text, "is no valid JSON");
  if (!isObject(value)) throw invalidAnswer("is no JSON object");
  if (value.error !== undefined) throw ollamaFailure(value);
  const { message } = value;
  if (!isObject(message)) throw invalidAnswer("has no message");
  const calls = asList(message.tool_calls);
  if (calls.length > MAX_CALLS) throw invalidAnswer("has too many tool calls");
  const thought = asText(message.thinking);
  const words = asText(message.content);
  return {
    model: asText(value.model),
    parts: [
      ...(thought === ""
        ? []
        : [{ type: "reasoning" as const, text: thought }]),
      ...(words === "" ? [] : [{ type: "text" as const, text: words }]),
      ...calls.map(readCall),
    ],
    done: value.done === true,
    reason: asText(value.done_reason),
    usage: readUsage(value),
  };
}

/** Why an answer ended (I3, O1). */
export function readFinish(reason: string, hasCalls: boolean): FinishClass {
  if (hasCalls) return "tool";
  return reason === "length" ? "length" : "stop";
}

/** Arguments are an object, and often there is no id (I2). */
function readCall(call: unknown): AnswerPart {
  const made = isObject(call) ? call.function : undefined;
  if (!isObject(call) || !isObject(made) || asText(made.name) === "") {
    throw invalidAnswer("has a tool call without a name");
  }
  const { name, arguments: told } = made;
  return {
    type: "tool_call",
    id: asText(call.id) ||
      `call_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`,
    name: asText(name),
    arguments: typeof told === "string"
      ? told.trim() || "{}"
      : JSON.stringify(told ?? {}),
  };
}

/** The counts of the last line; those of a prompt that was cached may be missing (I4). */
function readUsage(value: JsonObject): Usage | undefined {
  const { prompt_eval_count: read, eval_count: written } = value;
  if (typeof read !== "number" && typeof written !== "number") return undefined;
  const input = typeof read === "number" ? read : 0;
  const output = typeof written === "number" ? written : 0;
  return {
    input,
    cached: 0,
    cacheWrite: 0,
    cacheWrite1h: 0,
    output,
    reasoning: 0,
    total: input + output,
  };
}

/** Notes a count of the prompt that is missing: then zero is no count but a guess (I4). */
export function noteMissingCount(
  usage: Usage | undefined,
  losses: LossReport | undefined,
): void {
  if (usage !== undefined && usage.input === 0) {
    losses?.add("approximated", "usage.input_tokens", "the provider told none");
  }
}
