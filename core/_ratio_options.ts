import { BucketWindow } from "./_bucket_window.ts";
import { checkNumber } from "./_check_number.ts";
import type { RatioStrategyOptions } from "./ratio_strategy.ts";

/** Options that are complete and were checked. */
export interface CheckedRatio {
  readonly ratio: number;
  readonly minimum: number;
  readonly counts: BucketWindow;
}

/**
 * Checks the options of the strategies that work by share.
 *
 * @throws {RangeError} naming the option at fault.
 */
export function checkRatioOptions(
  owner: string,
  { ratio = 0.5, minimum = 20, window = 10_000, buckets = 10 }:
    RatioStrategyOptions,
): CheckedRatio {
  checkNumber(`${owner}: 'ratio'`, ratio, { least: 0.001, most: 1 });
  const whole = true;
  // With a sample of one, one failure would be all of it.
  checkNumber(`${owner}: 'minimum'`, minimum, { least: 2, whole });
  checkNumber(`${owner}: 'window'`, window, { least: 100, most: 3_600_000 });
  checkNumber(`${owner}: 'buckets'`, buckets, { least: 1, most: 60, whole });
  return { ratio, minimum, counts: new BucketWindow(window, buckets) };
}
