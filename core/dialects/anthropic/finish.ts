import type { FinishClass } from "../../answer.ts";
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
