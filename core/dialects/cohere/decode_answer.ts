import type { Answer, AnswerPart } from "../../answer.ts";
import type { TextPart } from "../../conversation.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { asList, asText, isObject } from "../_json.ts";
import { CitationList } from "../_citations.ts";
import { readCitations } from "./_citations.ts";
import { cohereFailure } from "./errors.ts";
import { readFinish, readUsage } from "./usage.ts";

const decoder = new TextDecoder();

/**
 * Reads a whole answer of `/v2/chat` (G2–G6, G12). Sources go with the last
 * text; those without an address on the web go on the report.
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
  cite(parts, asList(message.citations), losses);
  const usage = readUsage(value.usage);
  return {
    id: asText(value.id),
    model: "",
    parts,
    finish: readFinish(value.finish_reason, calls.length > 0),
    ...(usage && { usage }),
  };
}

/** Gives the last text its sources. */
function cite(
  parts: AnswerPart[],
  told: readonly unknown[],
  losses: LossReport | undefined,
): void {
  if (told.length === 0) return;
  const list = new CitationList(losses);
  for (const source of told.flatMap(readCitations)) list.add(source);
  const at = parts.findLastIndex(({ type }) => type === "text");
  if (at >= 0) parts[at] = { ...parts[at] as TextPart, ...list.take() };
  list.end();
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
