import type { AnswerPart } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";

/** The fields of a chat message that hold the parts of an answer, in the order in which clients give them back. */
const PLACES: Readonly<
  Record<AnswerPart["type"], readonly [place: number, field: string]>
> = {
  reasoning: [0, "reasoning_content"],
  text: [1, "content"],
  refusal: [1, "refusal"],
  tool_call: [2, "tool_calls"],
};

/**
 * Notes parts that lose their place: a chat message holds thought, words and
 * tool calls apart, so thought behind words, or words behind a call, come back
 * in front of them.
 */
export class PartOrder {
  readonly #losses: LossReport | undefined;
  #last = 0;

  /** Starts an answer. */
  constructor(losses: LossReport | undefined) {
    this.#losses = losses;
  }

  /** Takes the next part. */
  add(kind: AnswerPart["type"]): void {
    const [place, field] = PLACES[kind];
    if (place < this.#last) {
      this.#losses?.add("changed", `answer.${field}`, "order of parts");
    } else this.#last = place;
  }
}
