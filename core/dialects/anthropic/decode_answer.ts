import { jsonErrorCause } from "../../_json_error.ts";
import { parseExactJson } from "../../_json_exact.ts";
import type { Answer, AnswerPart } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { CitationList } from "../_citations.ts";
import { asList, asText, isObject, type JsonObject } from "../_json.ts";
import { reportBlock } from "./_answer_losses.ts";
import { readCitation } from "./_block_citations.ts";
import { decodeErrorObject } from "./errors.ts";
import { finishClass } from "./finish.ts";
import { readStopDetails } from "./_stop_details.ts";
import { UsageTally } from "./usage.ts";

const decoder = new TextDecoder();

/**
 * Reads a whole message. What the vocabulary has no word for, such as the blocks
 * of the provider's own tools, is left out and put on the report; text between
 * it stays (C32), with its sources on the web (D32).
 *
 * @throws {UpstreamError} when the body is no message: cut, no JSON, `null`, a
 * list, an error in spite of its status (U7, U11, K19).
 */
export function decodeAnswer(body: Uint8Array, losses?: LossReport): Answer {
  const message = parseBody(body);
  if (message.type === "error" || isObject(message.error)) {
    throw decodeErrorObject(message);
  }
  const { content, stop_reason: stopReason } = message;
  if (!Array.isArray(content)) throw invalidAnswer("has no content");
  if (typeof stopReason !== "string") {
    throw invalidAnswer("does not say why it ended");
  }
  const parts: AnswerPart[] = [];
  for (const block of content) {
    if (!isObject(block)) continue;
    reportBlock(block, losses);
    const part = decodeBlock(block, losses);
    if (part !== undefined) parts.push(part);
  }
  const refusal = readStopDetails(message.stop_details, losses);
  if (refusal !== "") parts.push({ type: "refusal", text: refusal });
  const stopSequence = asText(message.stop_sequence);
  const tally = new UsageTally();
  tally.add(message.usage);
  const { usage } = tally;
  return {
    id: asText(message.id),
    model: asText(message.model),
    parts,
    finish: finishClass(
      stopReason,
      parts.some(({ type }) => type === "tool_call"),
      losses,
    ),
    ...(stopSequence !== "" && { stopSequence }),
    ...(usage !== undefined && { usage }),
  };
}

/**
 * The arguments of a tool call as JSON text, from the `input` of its block:
 * `{}` where there is none (A13).
 *
 * @throws {UpstreamError} when the input is no object.
 */
export function argumentsOf(input: unknown): string {
  if (input === undefined || input === null) return "{}";
  if (!isObject(input)) {
    throw invalidAnswer("has a tool call whose input is no object");
  }
  try {
    return JSON.stringify(input);
  } catch {
    // The stack was not deep enough to write it.
    throw invalidAnswer("has a tool call whose input nests too deep");
  }
}

function parseBody(body: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = parseExactJson(decoder.decode(body));
  } catch (error) {
    throw invalidAnswer("is no valid JSON", jsonErrorCause(error));
  }
  if (!isObject(value)) throw invalidAnswer("is no JSON object");
  return value;
}

function decodeBlock(
  block: JsonObject,
  losses: LossReport | undefined,
): AnswerPart | undefined {
  switch (block.type) {
    case "text": {
      const text = asText(block.text);
      if (text === "") return undefined;
      const list = new CitationList(losses);
      for (const source of asList(block.citations)) {
        list.add(readCitation(source));
      }
      return { type: "text", text, ...list.take() };
    }
    case "thinking": {
      const text = asText(block.thinking);
      const signature = asText(block.signature);
      if (text === "" && signature === "") return undefined;
      return signature === ""
        ? { type: "reasoning", text }
        : { type: "reasoning", text, signature };
    }
    case "redacted_thinking":
      return { type: "reasoning", text: "", redacted: asText(block.data) };
    case "tool_use": {
      const { id, name } = block;
      if (typeof id !== "string" || typeof name !== "string") {
        throw invalidAnswer("has a tool call without id or name");
      }
      return {
        type: "tool_call",
        id,
        name,
        arguments: argumentsOf(block.input),
      };
    }
  }
  return undefined;
}
