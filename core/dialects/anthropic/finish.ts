import type { FinishClass } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import type { LossReport } from "../../loss_report.ts";

/**
 * Classes of the reasons to stop (O1, C20–C22).
 *
 * `pause_turn` means that the provider stopped in the middle of its own tools
 * and wants to be asked again: an answer that is cut, not one that is done.
 */
const CLASSES: ReadonlyMap<string, FinishClass> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["pause_turn", "length"],
  ["tool_use", "tool"],
  ["refusal", "refusal"],
]);

/**
 * The class of a `stop_reason`. Reasons that came later than this table count
 * as `stop` (C20); tool calls make it `tool` whatever the provider says (A16).
 */
export function finishClass(
  stopReason: string,
  hasToolCalls: boolean,
  losses?: LossReport,
): FinishClass {
  const known = CLASSES.get(stopReason);
  if (known === undefined || stopReason === "pause_turn") {
    losses?.add("approximated", "answer.stop_reason", stopReason);
  }
  const finish = known ?? "stop";
  return finish === "stop" && hasToolCalls ? "tool" : finish;
}

/** What decides on a `stop_reason` besides the class. */
export interface StopFacts {
  readonly hasToolCalls: boolean;
  /** The model declined in words, whatever its provider said of the end. */
  readonly hasRefusal: boolean;
  readonly stopSequence: string | undefined;
}

/**
 * Writes a `stop_reason` (O1). Whether there are tool calls decides between
 * `end_turn` and `tool_use`, whatever the provider said (A16).
 *
 * @throws {UpstreamError} when the answer ended with an error, for which the
 * dialect has no reason.
 */
export function encodeStopReason(
  finish: FinishClass,
  { hasToolCalls, hasRefusal, stopSequence }: StopFacts,
): string {
  switch (finish) {
    case "length":
      return "max_tokens";
    case "filter":
    case "refusal":
      return "refusal";
    case "error":
      throw new UpstreamError(
        "upstream",
        "The provider ended its answer with an error",
        { code: "upstream_error" },
      );
  }
  if (hasToolCalls) return "tool_use";
  if (hasRefusal) return "refusal";
  return stopSequence === undefined ? "end_turn" : "stop_sequence";
}
