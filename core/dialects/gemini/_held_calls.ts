import type { AnswerEvent } from "../../answer.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { toolInputJson } from "../_tool_input.ts";
import { callJson } from "./_answer_parts.ts";

/** No answer has more calls open at once. */
const MAX_OPEN = 256;
/** How much of arguments may wait, in UTF-16 units. */
const MAX_HELD = 8 * 1024 * 1024;

type CallStart = AnswerEvent & {
  readonly type: "part_start";
  readonly kind: "tool_call";
};

interface Call {
  readonly start: CallStart;
  text: string;
  hasEnded: boolean;
}

/** Collects calls of tools, which the dialect tells whole, in the order of their start (D4, D6). */
export class HeldCalls {
  readonly #calls = new Map<number, Call>();
  #held = 0;

  /** Takes the start of a call. */
  start(start: CallStart): void {
    if (this.#calls.size >= MAX_OPEN) {
      throw invalidAnswer(`has more than ${MAX_OPEN} open tool calls`);
    }
    this.#calls.set(start.part, { start, text: "", hasEnded: false });
  }

  /** Takes a piece of arguments; says whether the part is a call. */
  delta(part: number, text: string): boolean {
    const call = this.#calls.get(part);
    if (call === undefined) return false;
    this.#held += text.length;
    if (this.#held > MAX_HELD) throw invalidAnswer("has too long arguments");
    call.text += text;
    return true;
  }

  /** Takes the end of a part and gives the calls that are whole by now, as parts. */
  end(part: number): string[] {
    const ended = this.#calls.get(part);
    if (ended === undefined) return [];
    ended.hasEnded = true;
    const parts: string[] = [];
    for (const [number, { start, text, hasEnded }] of this.#calls) {
      const args = hasEnded ? toolInputJson(text) : undefined;
      // One that is cut waits for the finish, which tells whether it may be.
      if (args === undefined) break;
      this.#calls.delete(number);
      this.#held -= text.length;
      parts.push(callJson({ ...start, args }));
    }
    return parts;
  }

  /** Whether calls have begun that are not whole. */
  get isOpen(): boolean {
    return this.#calls.size > 0;
  }
}
