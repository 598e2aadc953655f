import type { Usage } from "./answer.ts";
import { addDetails } from "./_usage_details.ts";

/**
 * What two answers, or two halves of one, came to together; `undefined` where
 * neither told.
 *
 * @example Two halves
 * ```ts
 * import { addUsage, type Usage } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const half: Usage = {
 *   input: 10,
 *   cached: 4,
 *   cacheWrite: 0,
 *   cacheWrite1h: 0,
 *   output: 5,
 *   reasoning: 0,
 *   total: 15,
 * };
 * assertEquals(addUsage(half, half)?.total, 30);
 * assertEquals(addUsage(undefined, half), half);
 * ```
 */
export function addUsage(
  one: Usage | undefined,
  other: Usage | undefined,
): Usage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    input: one.input + other.input,
    cached: one.cached + other.cached,
    cacheWrite: one.cacheWrite + other.cacheWrite,
    cacheWrite1h: one.cacheWrite1h + other.cacheWrite1h,
    output: one.output + other.output,
    reasoning: one.reasoning + other.reasoning,
    total: one.total + other.total,
    ...addDetails(one, other),
  };
}
