import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import type { AnswerParts } from "./_answer_parts.ts";
import { PassedCalls } from "./_pass_calls.ts";
import {
  generateCallId,
  isMutableJson,
  isName,
  type MutableJson,
} from "./_pass_json.ts";
import { ReadCall } from "./_read_call.ts";
import { readThoughtSignature } from "./_read_thought.ts";

/** How long the arguments of all calls may be, in characters; models stay far below. */
const MAX_ARGUMENTS = 8 * 1024 * 1024;

/** Reads the tool calls of an answer, whole or in fragments that may interleave (A10–A13). */
export class ReadCalls {
  readonly #parts: AnswerParts;
  readonly #losses: LossReport | undefined;
  readonly #fragments = new PassedCalls();
  readonly #byIndex = new Map<unknown, ReadCall>();
  readonly #ids = new Set<string>();
  /** The provider's own numbers of calls, and the ids that came with them. */
  readonly #numbers = new Set<number>();
  readonly #told = new Set<string>();
  #size = 0;

  /** Tells the calls to `parts`; what is no call of a function goes on the report. */
  constructor(parts: AnswerParts, losses: LossReport | undefined) {
    this.#parts = parts;
    this.#losses = losses;
  }

  /** Whether there are any. */
  get any(): boolean {
    return this.#byIndex.size > 0;
  }

  /** Whether a call of this id has begun. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /**
   * Takes the calls of a message, or the fragments of a delta.
   *
   * @param signatureOf Gives Gemini's signature of a call where it came apart from it.
   */
  take(
    told: unknown,
    signatureOf: (id: string) => string | undefined,
  ): void {
    if (told === undefined || told === null) return;
    if (!Array.isArray(told)) {
      throw invalidAnswer("has tool calls of the wrong type");
    }
    for (const fragment of told) this.#tellApart(fragment);
    this.#fragments.mend(told);
    for (const fragment of told as MutableJson[]) {
      // Only the first fragment of a call has an id now.
      if (isName(fragment.id)) this.#begin(fragment, fragment.id, signatureOf);
      else this.#continue(fragment);
    }
  }

  /** Ends the calls that are complete, before something else begins. */
  settle(): void {
    for (const call of this.#byIndex.values()) call.closeIfWhole();
  }

  /** Ends all calls with the answer; see {@linkcode ReadCall.finish}. */
  finish(isCut: boolean): void {
    for (const call of this.#byIndex.values()) call.finish(isCut);
  }

  /** Some providers give all calls of a turn the same id: a new number is a new call (D6). */
  #tellApart(fragment: unknown): void {
    if (!isMutableJson(fragment) || typeof fragment.index !== "number") return;
    const { id, index } = fragment;
    if (this.#numbers.has(index)) return;
    this.#numbers.add(index);
    if (!isName(id)) return;
    if (this.#told.has(id)) fragment.id = generateCallId();
    else this.#told.add(id);
  }

  #begin(
    fragment: MutableJson,
    given: string,
    signatureOf: (id: string) => string | undefined,
  ): void {
    if (fragment.type !== "function") {
      this.#losses?.add("dropped", "answer.tool_calls", "no function");
      return;
    }
    this.settle();
    const { name } = functionOf(fragment);
    const id = this.#ids.has(given) ? generateCallId() : given;
    const signature = readThoughtSignature(fragment) ?? signatureOf(id);
    this.#ids.add(id);
    const call = new ReadCall(this.#parts, { id, name, signature });
    this.#byIndex.set(fragment.index, call);
    this.#continue(fragment);
  }

  #continue(fragment: MutableJson): void {
    const { name, text } = functionOf(fragment);
    this.#size += text.length;
    if (this.#size > MAX_ARGUMENTS) {
      throw invalidAnswer(
        `has tool calls with more than ${MAX_ARGUMENTS} characters of arguments`,
      );
    }
    this.#byIndex.get(fragment.index)?.add(name, text);
  }
}

function functionOf(
  { function: called }: MutableJson,
): { readonly name: string; readonly text: string } {
  if (!isMutableJson(called)) return { name: "", text: "" };
  const { name, arguments: text } = called;
  return {
    name: isName(name) ? name : "",
    text: typeof text === "string" ? text : "",
  };
}
