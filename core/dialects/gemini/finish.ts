import type { FinishClass } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";

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

/**
 * Writes a `finishReason` (O1). Calls of tools end with `STOP`, too.
 *
 * @throws {UpstreamError} when the answer ended with an error: the reasons for
 * that tell of faults that only the provider itself has.
 */
export function encodeFinishReason(finish: FinishClass): string {
  switch (finish) {
    case "stop":
    case "tool":
      return "STOP";
    case "length":
      return "MAX_TOKENS";
    case "filter":
    case "refusal":
      return "SAFETY";
    case "error":
      throw new UpstreamError(
        "upstream",
        "The provider ended its answer with an error",
        { code: "upstream_error" },
      );
  }
}
