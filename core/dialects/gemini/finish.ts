import type { FinishClass } from "../../answer.ts";

/** Classes of the reasons to stop (D13, D15, O1). */
const CLASSES: ReadonlyMap<string, FinishClass> = new Map([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["CONTINUATION", "length"],
  ["SAFETY", "filter"],
  ["RECITATION", "filter"],
  ["LANGUAGE", "filter"],
  ["BLOCKLIST", "filter"],
  ["PROHIBITED_CONTENT", "filter"],
  ["SPII", "filter"],
  ["MODEL_ARMOR", "filter"],
  ["IMAGE_SAFETY", "filter"],
  ["IMAGE_PROHIBITED_CONTENT", "filter"],
  ["IMAGE_RECITATION", "filter"],
]);

/**
 * The class of a `finishReason`. Well is only what ends with `STOP`: all
 * reasons without a class of their own, such as `MALFORMED_FUNCTION_CALL` and
 * those that came later than this table, are an `error`. Tool calls make
 * `tool` of `stop` (A16, D13).
 */
export function finishClass(
  finishReason: string,
  hasToolCalls: boolean,
): FinishClass {
  const finish = CLASSES.get(finishReason) ?? "error";
  return finish === "stop" && hasToolCalls ? "tool" : finish;
}
