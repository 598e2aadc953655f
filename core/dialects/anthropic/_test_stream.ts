import type { AnswerEvent } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { AnthropicStreamDecoder } from "./decode_stream.ts";

/** A stream's events from JSON values, each named by its type. */
export function push(
  decoder: AnthropicStreamDecoder,
  value: object,
): readonly AnswerEvent[] {
  const event = "type" in value ? String(value.type) : "";
  return decoder.push({ event, data: JSON.stringify(value) });
}

/** Decodes a whole stream, its end included. */
export function decode(...values: readonly object[]): AnswerEvent[] {
  return decodeWith(undefined, ...values);
}

/** The same with a report. */
export function decodeWith(
  losses: LossReport | undefined,
  ...values: readonly object[]
): AnswerEvent[] {
  const decoder = new AnthropicStreamDecoder(losses);
  const events = values.flatMap((value) => push(decoder, value));
  return [...events, ...decoder.end()];
}

/** The start of a message, told with these token counts. */
export function start(usage?: object): object {
  const message = { id: "msg_1", model: "claude", content: [], usage };
  return { type: "message_start", message };
}

/** A block from start to stop, with these deltas. */
export function block(
  index: number,
  content: object,
  ...deltas: readonly object[]
): object[] {
  return [
    { type: "content_block_start", index, content_block: content },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

/** The end of a message. */
export function stop(reason = "end_turn", more: object = {}): object[] {
  return [
    { type: "message_delta", delta: { stop_reason: reason }, ...more },
    { type: "message_stop" },
  ];
}
