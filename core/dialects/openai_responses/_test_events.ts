import { assertEquals } from "@std/assert";
import type {
  Answer,
  AnswerEvent,
  AnswerPart,
  DrawnPart,
} from "../../answer.ts";
import { SseParser } from "../../sse_parser.ts";
import { ResponsesStreamEncoder } from "./encode_stream.ts";
import type { StreamOptions } from "../../dialect.ts";

/** A parsed event, loosely typed: tests look into it. */
export type Wire = Readonly<Record<string, unknown>> & {
  readonly type: string;
};

/** The events that a streamed answer would be. */
export function eventsOf(answer: Answer): AnswerEvent[] {
  const { id, model, parts, usage, finish, stopSequence } = answer;
  return [
    { type: "start", id, model },
    ...parts.flatMap((part, index) => partEvents(part, index)),
    ...(usage ? [{ type: "usage", usage } as const] : []),
    { type: "finish", finish, ...(stopSequence && { stopSequence }) },
  ];
}

/** The events of one part, its text in two pieces. */
export function partEvents(part: AnswerPart, number: number): AnswerEvent[] {
  if (part.type === "image") return [];
  const text = part.type === "tool_call" ? part.arguments : part.text;
  const half = Math.ceil(text.length / 2);
  const deltas = [text.slice(0, half), text.slice(half)].map((text) =>
    ({ type: "part_delta", part: number, text }) as const
  );
  const signed = (part.type === "text" || part.type === "reasoning") &&
    part.signature !== undefined && { signature: part.signature };
  return [
    startOf(part, number),
    ...deltas,
    { type: "part_end", part: number, ...signed },
  ];
}

function startOf(
  part: Exclude<AnswerPart, DrawnPart>,
  number: number,
): AnswerEvent {
  const type = "part_start";
  if (part.type === "tool_call") {
    const { id, name, signature } = part;
    return {
      type,
      part: number,
      kind: part.type,
      id,
      name,
      ...(signature !== undefined && { signature }),
    };
  }
  if (part.type === "reasoning" && part.redacted !== undefined) {
    return { type, part: number, kind: part.type, redacted: part.redacted };
  }
  return { type, part: number, kind: part.type };
}

/** Encodes events as one stream. */
export function encodeEvents(
  events: readonly AnswerEvent[],
  options: Partial<StreamOptions> = {},
): string {
  const encoder = new ResponsesStreamEncoder(options);
  return events.map((event) => encoder.push(event)).join("");
}

/** The events of a stream; each has its type twice (B1) and the next number (B3). */
export function wireEvents(body: string): Wire[] {
  const parser = new SseParser();
  const events = [
    ...parser.push(new TextEncoder().encode(body)),
    ...parser.end(),
  ];
  return events.map(({ event, data }, index) => {
    const wire = JSON.parse(data) as Wire;
    assertEquals([event, wire.sequence_number], [wire.type, index]);
    return wire;
  });
}
