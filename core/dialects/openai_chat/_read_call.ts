import { invalidAnswer } from "../_invalid_answer.ts";
import type { AnswerParts } from "./_answer_parts.ts";
import { isMutableJson } from "./_pass_json.ts";

/** Longer arguments than these are not parsed before the end of the answer. */
const MAX_EARLY = 65_536;

/** A tool call of an answer, from its first fragment to its end. */
export class ReadCall {
  readonly id: string;
  readonly #parts: AnswerParts;
  readonly #signature: string | undefined;
  #name: string;
  /** Its number among the parts, once it has begun. */
  #part: number | undefined;
  #arguments = "";
  /** How much of the arguments has gone out. */
  #sent = 0;
  #isClosed = false;
  /** How long the arguments were when they were last found to be incomplete. */
  #tried = 0;

  /** A call that is told to `parts` as soon as its name is known. */
  constructor(
    parts: AnswerParts,
    { id, name, signature }: {
      readonly id: string;
      readonly name: string;
      readonly signature: string | undefined;
    },
  ) {
    this.id = id;
    this.#parts = parts;
    this.#name = name;
    this.#signature = signature;
    if (name !== "") this.#begin();
  }

  /** Takes what a fragment adds. */
  add(name: string, text: string): void {
    if (this.#part === undefined && name !== "") {
      this.#name = name;
      this.#begin();
    }
    if (text === "") return;
    if (this.#isClosed) {
      if (text.trim() === "") return;
      throw invalidAnswer("goes on with a tool call that was complete");
    }
    this.#arguments += text;
    // Blank text and `null` mean that there are none; what it is shows later.
    if (this.#sent > 0 || !/^\s*(?:n|$)/.test(this.#arguments)) this.#send();
  }

  /** Ends the call if its arguments are complete: nothing more can come then. */
  closeIfWhole(): void {
    const { length } = this.#arguments;
    if (
      this.#isClosed || this.#sent === 0 || length > MAX_EARLY ||
      length === this.#tried
    ) return;
    this.#tried = length;
    if (this.#isWhole) this.#close();
  }

  /**
   * Ends the call with the answer. One that was cut short stays as it is (L7).
   *
   * @throws {UpstreamError} when the call is not complete although the answer is.
   */
  finish(isCut: boolean): void {
    if (this.#isClosed) return;
    if (this.#part === undefined) {
      if (isCut) return;
      throw invalidAnswer("has a tool call without a name");
    }
    if (!isCut) {
      if (/^\s*(?:null\s*)?$/.test(this.#arguments)) this.#arguments = "{}";
      else if (!this.#isWhole) {
        throw invalidAnswer("has a tool call whose arguments are not whole");
      }
    }
    this.#send();
    this.#close();
  }

  get #isWhole(): boolean {
    try {
      return isMutableJson(JSON.parse(this.#arguments));
    } catch {
      return false;
    }
  }

  #begin(): void {
    const signature = this.#signature;
    this.#part = this.#parts.begin({
      id: this.id,
      name: this.#name,
      ...(signature !== undefined && { signature }),
    });
    if (this.#arguments.trim() !== "") this.#send();
  }

  #send(): void {
    if (this.#part === undefined) return;
    this.#parts.delta(this.#part, this.#arguments.slice(this.#sent));
    this.#sent = this.#arguments.length;
  }

  #close(): void {
    this.#isClosed = true;
    this.#parts.end(this.#part!);
  }
}
