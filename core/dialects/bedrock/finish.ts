import type { FinishClass } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";

/** Classes of the reasons to stop (E11, O1). */
const CLASSES: ReadonlyMap<string, FinishClass> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool"],
  ["guardrail_intervened", "filter"],
  ["content_filtered", "filter"],
  ["refusal", "refusal"],
  ["malformed_model_output", "error"],
  ["malformed_tool_use", "error"],
]);

/**
 * The class of a `stopReason`. Reasons that came later than this table count
 * as `stop`; tool calls make it `tool` whatever the provider says (A16).
 */
export function finishClass(
  stopReason: string,
  hasToolCalls: boolean,
  losses?: LossReport,
): FinishClass {
  const known = CLASSES.get(stopReason);
  if (known === undefined) {
    losses?.add("approximated", "answer.stop_reason", stopReason);
  }
  const finish = known ?? "stop";
  return finish === "stop" && hasToolCalls ? "tool" : finish;
}
