import { assertLessOrEqual } from "@std/assert";
import { percentile } from "./_rig.ts";

/**
 * How much more than its target a single time may be, in ms. The machines that
 * tests run on stall at times; the target itself is held against the median.
 */
export const STALL_MS = 2_000;

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

/** Fails where the median is over the target, or one time is far over it. */
export function areWithin(times: readonly number[], target: number): void {
  assertLessOrEqual(percentile(times, 0.5), target, shown(times));
  assertLessOrEqual(percentile(times, 1), target + STALL_MS, shown(times));
}
