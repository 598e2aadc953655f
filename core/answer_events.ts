import type { Answer, AnswerEvent, AnswerPart } from "./answer.ts";

/** How long a piece of text is, in UTF-16 units: clients read streams by lines. */
const PIECE = 2_048;

/**
 * The events of a whole answer, as if it had been streamed: the other way round
 * is {@linkcode AnswerCollector}.
 *
 * @example A whole answer as a stream
 * ```ts
 * import { answerEvents } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const events = answerEvents({
 *   id: "1",
 *   model: "m",
 *   parts: [{ type: "text", text: "Hello" }],
 *   finish: "stop",
 * });
 * assertEquals([...events].map(({ type }) => type), [
 *   "start",
 *   "part_start",
 *   "part_delta",
 *   "part_end",
 *   "finish",
 * ]);
 * ```
 */
export function* answerEvents(answer: Answer): Generator<AnswerEvent> {
  const { id, model, parts, usage, finish, stopSequence } = answer;
  yield { type: "start", id, model };
  for (const [part, content] of parts.entries()) {
    yield startOf(part, content);
    const text = content.type === "tool_call"
      ? content.arguments
      : content.type === "image"
      ? ""
      : content.text;
    for (const piece of piecesOf(text)) {
      yield { type: "part_delta", part, text: piece };
    }
    yield endOf(part, content);
  }
  if (usage !== undefined) yield { type: "usage", usage };
  yield {
    type: "finish",
    finish,
    ...(stopSequence !== undefined && { stopSequence }),
  };
}

function startOf(part: number, content: AnswerPart): AnswerEvent {
  const type = "part_start";
  switch (content.type) {
    case "tool_call": {
      const { id, name, signature } = content;
      const proof = signature === undefined ? {} : { signature };
      return { type, part, kind: "tool_call", id, name, ...proof };
    }
    case "reasoning": {
      const { redacted } = content;
      const hidden = redacted === undefined ? {} : { redacted };
      return { type, part, kind: "reasoning", ...hidden };
    }
    case "image": {
      const { data, mediaType } = content;
      return { type, part, kind: "image", data, mediaType };
    }
    default:
      return { type, part, kind: content.type };
  }
}

function endOf(part: number, content: AnswerPart): AnswerEvent {
  const isProved = content.type === "text" || content.type === "reasoning";
  const signature = isProved ? content.signature : undefined;
  const citations = content.type === "text" ? content.citations : undefined;
  return {
    type: "part_end",
    part,
    ...(signature !== undefined && { signature }),
    ...(citations !== undefined && { citations }),
  };
}

/** Cuts a text, and no pair of surrogates. */
function* piecesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + PIECE, text.length);
    const code = text.charCodeAt(to - 1);
    if (to < text.length && code >= 0xd800 && code <= 0xdbff) to--;
    yield text.slice(from, to);
    from = to;
  }
}
