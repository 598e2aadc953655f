import type { Part } from "../conversation.ts";
import type { LossReport } from "../loss_report.ts";

/** The fields of a chat message that hold the parts of an answer, in the order in which clients give them back. */
const PLACES: Readonly<
  Partial<Record<Part["type"], readonly [place: number, field: string]>>
> = {
  reasoning: [0, "reasoning_content"],
  text: [1, "content"],
  refusal: [1, "refusal"],
  image: [1, "images"],
  tool_call: [2, "tool_calls"],
};

/**
 * Notes parts that lose their place: a chat message holds thought, words and
 * tool calls apart, so thought behind words, or words behind a call, come back
 * in front of them.
 */
export class PartOrder {
  readonly #losses: LossReport | undefined;
  readonly #message: string;
  #last = 0;

  /** Starts an answer, or a turn of the conversation: `message` names it. */
  constructor(losses: LossReport | undefined, message = "answer") {
    this.#losses = losses;
    this.#message = message;
  }

  /** Takes the next part. */
  add(kind: Part["type"]): void {
    const [place, field] = PLACES[kind] ?? [this.#last];
    if (place < this.#last) {
      const what = `${this.#message}.${field}`;
      this.#losses?.add("changed", what, "order of parts");
    } else this.#last = place;
  }
}
