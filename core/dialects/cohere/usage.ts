import type { FinishClass, Usage } from "../../answer.ts";
import { isObject, type JsonObject } from "../_json.ts";

const FINISHES: ReadonlyMap<unknown, FinishClass> = new Map([
  ["COMPLETE", "stop"],
  ["STOP_SEQUENCE", "stop"],
  ["MAX_TOKENS", "length"],
  ["TOOL_CALL", "tool"],
  ["ERROR", "error"],
  ["TIMEOUT", "error"],
  ["ERROR_TOXIC", "filter"],
]);

/** Reads why an answer ended (G5, O1). What is not known ends it like any other. */
export function readFinish(reason: unknown, hasCalls: boolean): FinishClass {
  const finish = FINISHES.get(reason) ?? "stop";
  return finish === "stop" && hasCalls ? "tool" : finish;
}

/** Reads the counts: tokens as they are, where they are told; what is billed leaves some out (G6, N5). */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const { tokens, billed_units: billed } = value;
  const told = hasCounts(tokens) ? tokens : billed;
  if (!hasCounts(told)) return undefined;
  const input = count(told.input_tokens);
  const output = count(told.output_tokens);
  return {
    input,
    cached: Math.min(input, count(value.cached_tokens)),
    cacheWrite: 0,
    cacheWrite1h: 0,
    output,
    reasoning: 0,
    total: input + output,
  };
}

function hasCounts(value: unknown): value is JsonObject {
  return isObject(value) &&
    ("input_tokens" in value || "output_tokens" in value);
}

function count(value: unknown): number {
  return typeof value === "number" && value > 0 ? Math.floor(value) : 0;
}
