import type { FinishClass } from "../../answer.ts";

const CLASSES: ReadonlyMap<string, FinishClass> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["model_length", "length"],
  ["tool_calls", "tool"],
  ["function_call", "tool"],
  ["max_tokens", "length"],
  ["max_output_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["content_filter", "filter"],
  ["safety", "filter"],
  ["recitation", "filter"],
  ["blocklist", "filter"],
  ["prohibited_content", "filter"],
  ["spii", "filter"],
  ["image_safety", "filter"],
  ["guardrail_intervened", "filter"],
  ["refusal", "refusal"],
  // What z.ai says of words that it does not let through.
  ["sensitive", "filter"],
  ["error", "error"],
  // What local servers say of an answer that was cut off.
  ["abort", "error"],
  ["aborted", "error"],
  ["cancelled", "error"],
  ["canceled", "error"],
  ["timeout", "error"],
  ["insufficient_system_resource", "error"],
  ["network_error", "error"],
  ["malformed_function_call", "error"],
]);

const REASONS: Readonly<Record<FinishClass, string>> = {
  stop: "stop",
  length: "length",
  tool: "tool_calls",
  filter: "content_filter",
  refusal: "content_filter",
  error: "error",
};

/**
 * Reads a chat `finish_reason` (O1, H11), whatever its case. A reason that is not known ends an
 * answer like any other: `stop`.
 *
 * @returns `undefined` where none is given.
 */
export function decodeChatFinish(reason: unknown): FinishClass | undefined {
  if (typeof reason !== "string" || reason === "") return undefined;
  return CLASSES.get(reason) ?? CLASSES.get(reason.toLowerCase()) ?? "stop";
}

/**
 * Writes a chat `finish_reason` (O1). Whether there are tool calls decides
 * between `stop` and `tool_calls`, whatever the provider said (A16, J20).
 */
export function encodeChatFinish(
  finish: FinishClass,
  hasToolCalls: boolean,
): string {
  if (finish === "stop" || finish === "tool") {
    return hasToolCalls ? "tool_calls" : "stop";
  }
  return REASONS[finish];
}
