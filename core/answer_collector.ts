import type { Answer, AnswerEvent, AnswerPart, Usage } from "./answer.ts";
import type { Citation } from "./citation.ts";

/** A part that has not ended. */
type OpenPart =
  & { -readonly [Key in "text" | "signature"]?: string }
  & { citations?: readonly Citation[] }
  & { readonly start: AnswerEvent & { readonly type: "part_start" } };

/**
 * Makes a whole answer of the events of a streamed one: the other way round is
 * {@linkcode answerEvents}.
 *
 * @example A word in two pieces
 * ```ts
 * import { AnswerCollector } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const collector = new AnswerCollector();
 * collector.push({ type: "start", id: "1", model: "m" });
 * collector.push({ type: "part_start", part: 0, kind: "text" });
 * collector.push({ type: "part_delta", part: 0, text: "Hel" });
 * collector.push({ type: "part_delta", part: 0, text: "lo" });
 * collector.push({ type: "part_end", part: 0 });
 * assertEquals(collector.answer, undefined);
 * collector.push({ type: "finish", finish: "stop" });
 * assertEquals(collector.answer?.parts, [{ type: "text", text: "Hello" }]);
 * ```
 */
export class AnswerCollector {
  readonly #parts: OpenPart[] = [];
  #head: { readonly id: string; readonly model: string } | undefined;
  #usage: Usage | undefined;
  #finish: AnswerEvent & { readonly type: "finish" } | undefined;

  /** Takes the next event. */
  push(event: AnswerEvent): void {
    switch (event.type) {
      case "start":
        this.#head ??= { id: event.id, model: event.model };
        break;
      case "part_start":
        this.#parts[event.part] = { start: event, text: "" };
        break;
      case "part_delta": {
        const part = this.#parts[event.part];
        if (part !== undefined) part.text += event.text;
        break;
      }
      case "part_end": {
        const part = this.#parts[event.part];
        if (part === undefined) break;
        if (event.signature !== undefined) part.signature = event.signature;
        if (event.citations !== undefined) part.citations = event.citations;
        break;
      }
      case "usage":
        this.#usage = event.usage;
        break;
      case "finish":
        this.#finish = event;
        break;
    }
  }

  /** The answer, once it has come to its end. */
  get answer(): Answer | undefined {
    if (this.#finish === undefined) return undefined;
    const { finish, stopSequence } = this.#finish;
    return {
      id: this.#head?.id ?? "",
      model: this.#head?.model ?? "",
      // Numbers may have been left out.
      parts: this.#parts.filter((part) => part !== undefined).map(partOf),
      finish,
      ...(stopSequence !== undefined && { stopSequence }),
      ...(this.#usage !== undefined && { usage: this.#usage }),
    };
  }
}

function partOf(
  { start, text = "", signature, citations }: OpenPart,
): AnswerPart {
  const proof = signature === undefined ? {} : { signature };
  switch (start.kind) {
    case "tool_call": {
      const { id, name } = start;
      const own = start.signature === undefined
        ? proof
        : { signature: start.signature };
      return { type: "tool_call", id, name, arguments: text, ...own };
    }
    case "reasoning": {
      const { redacted } = start;
      const hidden = redacted === undefined ? {} : { redacted };
      return { type: "reasoning", text, ...proof, ...hidden };
    }
    case "image": {
      const { data, mediaType } = start;
      return { type: "image", data, mediaType };
    }
    case "refusal":
      return { type: "refusal", text };
    case "text":
      return { type: "text", text, ...proof, ...citations && { citations } };
  }
}
