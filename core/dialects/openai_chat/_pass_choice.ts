import type { FinishClass } from "../../answer.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { PassedCalls } from "./_pass_calls.ts";
import { mendContent } from "./_pass_content.ts";
import { passFinish } from "./_pass_finish.ts";
import { encodeJson, isMutableJson, type MutableJson } from "./_pass_json.ts";

/** A chunk with one choice, and its finish reason. */
interface FinishChunk {
  readonly chunk: MutableJson;
  readonly choice: MutableJson;
  /** The provider's own text where it still says what `chunk` says. */
  readonly text: string | undefined;
}

/** One choice of a stream: what has come of it, and its finish once that has. */
export class PassedChoice {
  readonly #index: number;
  readonly #calls = new PassedCalls();
  #hasRole = false;
  #held: FinishChunk | undefined;

  /** Begins the choice of this number. */
  constructor(index: number) {
    this.#index = index;
  }

  /** Whether a finish reason has come. */
  get isFinished(): boolean {
    return this.#held !== undefined;
  }

  /**
   * Mends a chunk's choice in place: the number, the delta (J24), the role in
   * the first delta only (A9), content, thought and tool calls.
   *
   * @returns Whether something was changed.
   */
  mend(choice: MutableJson): boolean {
    let changed = false;
    if (choice.index !== this.#index) {
      choice.index = this.#index;
      changed = true;
    }
    if (choice.finish_reason === "") {
      choice.finish_reason = null;
      changed = true;
    }
    if (!isMutableJson(choice.delta)) {
      // Some servers put a whole message into a stream of one event.
      const { message } = choice;
      choice.delta = isMutableJson(message) && !this.#hasRole ? message : {};
      choice.message = undefined;
      changed = true;
    }
    return this.#mendDelta(choice.delta as MutableJson) || changed;
  }

  #mendDelta(delta: MutableJson): boolean {
    let changed = mendContent(delta);
    if (!this.#hasRole) {
      this.#hasRole = true;
      if (delta.role !== "assistant") {
        delta.role = "assistant";
        changed = true;
      }
    } else if (delta.role !== undefined) {
      delta.role = undefined;
      changed = true;
    }
    const { tool_calls: fragments } = delta;
    if (fragments === undefined || fragments === null) return changed;
    if (!Array.isArray(fragments)) {
      throw invalidAnswer("has tool calls of the wrong type");
    }
    if (fragments.length > 0) return this.#calls.mend(fragments) || changed;
    // An empty list is no tool turn (J20).
    delta.tool_calls = undefined;
    return true;
  }

  /**
   * Keeps the first finish, until the stream is known to be whole (A17).
   *
   * @throws {UpstreamError} when the finish is an error (J2).
   */
  hold(held: FinishChunk): void {
    passFinish(held.choice, false);
    this.#held ??= held;
  }

  /**
   * What is left to send: arguments for calls without any (A13), then the
   * finish. There must be one.
   *
   * @param head What all chunks have in common (A8).
   */
  release(head: MutableJson): { text: string; finish: FinishClass } {
    if (!this.#held) throw invalidAnswer("has a choice without a finish");
    const { chunk, choice, text } = this.#held;
    const { reason, finish } = passFinish(choice, this.#calls.any);
    const isSame = text !== undefined && reason === choice.finish_reason;
    choice.finish_reason = reason;
    const end = isSame ? text : `data: ${encodeJson(chunk)}\n\n`;
    // A call that was cut short must not look whole (L7).
    const missing = finish === "tool" ? this.#calls.missingArguments() : [];
    if (missing.length === 0) return { text: end, finish };
    const delta = { tool_calls: missing };
    const choices = [{ index: this.#index, delta, finish_reason: null }];
    const rest = encodeJson({ ...head, choices });
    return { text: `data: ${rest}\n\n${end}`, finish };
  }
}

/** Whether a choice's delta carries content: text, thought, a refusal, sound, a tool call. */
export function hasContent({ delta }: MutableJson): boolean {
  if (!isMutableJson(delta)) return false;
  return isFilled(delta.content) || isFilled(delta.reasoning_content) ||
    isFilled(delta.tool_calls) || isFilled(delta.reasoning) ||
    isFilled(delta.reasoning_details) || isFilled(delta.refusal) ||
    isFilled(delta.audio) || isFilled(delta.images) ||
    isFilled(delta.function_call);
}

function isFilled(value: unknown): boolean {
  if (typeof value === "string") return value !== "";
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === "object" && value !== null;
}
