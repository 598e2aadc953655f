import type { Answer, AnswerPart } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { asList, asText, isObject } from "../_json.ts";
import { cohereFailure } from "./errors.ts";
import { readFinish, readUsage } from "./usage.ts";

const decoder = new TextDecoder();

/**
 * Reads a whole answer of `/v2/chat` (G2–G6, G12). Citations have no canonical
 * word: that they were there goes on the report.
 *
 * @throws {UpstreamError} when it is none, or tells an error.
 */
export function decodeCohereAnswer(
  body: Uint8Array,
  losses?: LossReport,
): Answer {
  const value = parseAnswer(decoder.decode(body), "is no valid JSON");
  if (!isObject(value)) throw invalidAnswer("is no JSON object");
  const { message } = value;
  if (!isObject(message)) {
    if (asText(message) !== "") throw cohereFailure(value);
    throw invalidAnswer("has no message");
  }
  const plan = asText(message.tool_plan);
  const calls = asList(message.tool_calls).map(readCall);
  const parts: AnswerPart[] = [
    ...(plan === "" ? [] : [{ type: "reasoning" as const, text: plan }]),
    ...asList(message.content).flatMap(readContent),
    ...calls,
  ];
  noteCitations(asList(message.citations).length > 0, losses);
  const usage = readUsage(value.usage);
  return {
    id: asText(value.id),
    model: "",
    parts,
    finish: readFinish(value.finish_reason, calls.length > 0),
    ...(usage && { usage }),
  };
}

/** Notes that citations are lost (G12). */
export function noteCitations(
  are: boolean,
  losses: LossReport | undefined,
): void {
  if (are) losses?.add("dropped", "answer.citations", "no word for them");
}

function readContent(item: unknown): readonly AnswerPart[] {
  if (!isObject(item)) return [];
  if (item.type === "thinking") {
    const text = asText(item.thinking);
    return text === "" ? [] : [{ type: "reasoning", text }];
  }
  const text = asText(item.text);
  return text === "" ? [] : [{ type: "text", text }];
}

function readCall(call: unknown): AnswerPart {
  const made = isObject(call) ? call.function : undefined;
  if (!isObject(call) || !isObject(made) || asText(made.name) === "") {
    throw invalidAnswer("has a tool call without a name");
  }
  return {
    type: "tool_call",
    id: callId(call.id),
    name: asText(made.name),
    arguments: asText(made.arguments).trim() === ""
      ? "{}"
      : asText(made.arguments),
  };
}

/** The call's id, or one of our own. */
export function callId(id: unknown): string {
  return asText(id) ||
    `call_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
}
