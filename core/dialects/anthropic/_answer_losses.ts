import type { LossReport } from "../../loss_report.ts";
import { asText, type JsonObject } from "../_json.ts";

/** What kinds of part the blocks become; others become none (C32). */
export const BLOCK_KINDS: ReadonlyMap<
  unknown,
  "text" | "reasoning" | "tool_call"
> = new Map([
  ["text", "text"],
  ["thinking", "reasoning"],
  ["redacted_thinking", "reasoning"],
  ["tool_use", "tool_call"],
]);

/** Notes a block that becomes no part, by its type. */
export function reportBlock(
  { type }: JsonObject,
  losses: LossReport | undefined,
): void {
  if (!BLOCK_KINDS.has(type)) reportLeftOut(asText(type), losses);
}

/** Notes a delta that becomes nothing. */
export function reportDelta(
  type: unknown,
  losses: LossReport | undefined,
): void {
  reportLeftOut(asText(type), losses);
}

function reportLeftOut(what: string, losses: LossReport | undefined): void {
  losses?.add("dropped", `answer.${what}`, "left out");
}
