import { assertLessOrEqual } from "@std/assert";
import { percentile } from "./_rig.ts";

/**
 * How much more than its target a single time may be, in ms: the machines that
 * tests run on stall at times.
 */
export const STALL_MS = 2_000;
/**
 * How much more the median may be, in ms: where others use the machine as well
 * all of a few times may fall into one stall. What was measured is told, and
 * to be held against the target itself where the machine is quiet.
 */
const BUSY_MS = 500;

/** Says in the test's output what was measured. */
export function tell(check: string, figures: string): void {
  // deno-lint-ignore no-console
  console.log(`${check}: ${figures}`);
}

/** The median and the largest of some times, in ms. */
export function shown(times: readonly number[]): string {
  const [median, most] = [percentile(times, 0.5), percentile(times, 1)];
  return `median ${median.toFixed(1)} ms, most ${
    most.toFixed(1)
  } ms of ${times.length}`;
}

/** Fails where the median is well over the target, or one time is far over it. */
export function areWithin(times: readonly number[], target: number): void {
  assertLessOrEqual(percentile(times, 0.5), target + BUSY_MS, shown(times));
  assertLessOrEqual(percentile(times, 1), target + STALL_MS, shown(times));
}
