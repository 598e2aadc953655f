import type { LossReport } from "../../loss_report.ts";
import { asText, isObject } from "../_json.ts";

/** The `stop_details` beside a `stop_reason`: of a refusal, its words (A26). */
export function stopDetailsJson(reason: string, words: string): string {
  if (reason !== "refusal") return "null";
  const explanation = words === "" ? null : words;
  return JSON.stringify({ type: "refusal", category: null, explanation });
}

/** The words of a refusal, or `""`; its category has no word elsewhere (C22). */
export function readStopDetails(
  details: unknown,
  losses: LossReport | undefined,
): string {
  if (!isObject(details)) return "";
  const category = asText(details.category);
  if (category !== "") {
    losses?.add("dropped", "answer.stop_details.category", category);
  }
  return asText(details.explanation);
}
