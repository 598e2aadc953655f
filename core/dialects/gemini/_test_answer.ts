import type { Answer, AnswerEvent } from "../../answer.ts";
import { LossReport } from "../../loss_report.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { GeminiStreamDecoder } from "./decode_stream.ts";

/** An answer, or a piece of one, with these parts. */
export function answer(
  parts: readonly object[] | undefined,
  finishReason?: string,
  more: object = {},
): object {
  return {
    candidates: [{
      ...(parts && { content: { role: "model", parts } }),
      ...(finishReason && { finishReason }),
      index: 0,
    }],
    modelVersion: "gemini-x",
    responseId: "r1",
    ...more,
  };
}

/** Decodes a whole answer of a JSON value. */
export function whole(value: unknown, losses?: LossReport): Answer {
  return decodeAnswer(
    new TextEncoder().encode(JSON.stringify(value)),
    losses,
  );
}

/** Decodes a whole stream, its end included. */
export function stream(...values: readonly unknown[]): AnswerEvent[] {
  const decoder = new GeminiStreamDecoder();
  const events = values.flatMap((value) =>
    decoder.push({ event: "", data: JSON.stringify(value) })
  );
  return [...events, ...decoder.end()];
}

/** What an answer loses, as `action: field (detail)`. */
export function lossesOf(value: unknown): readonly string[] {
  const losses = new LossReport();
  whole(value, losses);
  return losses.losses.map(({ action, field, detail }) =>
    `${action}: ${field} (${detail})`
  );
}
