import { checkNumber } from "./_check_number.ts";
import type { BreakerStrategy } from "./breaker_strategy.ts";
import { ConsecutiveStrategy } from "./consecutive_strategy.ts";

/** How a {@linkcode CircuitBreaker} behaves; times in milliseconds. */
export interface CircuitBreakerOptions {
  /**
   * Failures in a row that open the circuit; `failure_threshold` of the config.
   * Not looked at where a `strategy` is given.
   *
   * @default {5}
   */
  readonly failureThreshold?: number;
  /** What opens the circuit, not shared with another breaker. @default {a ConsecutiveStrategy} */
  readonly strategy?: BreakerStrategy;
  /** How long the circuit stays open the first time; `recovery_timeout` of the config. @default {30_000} */
  readonly recoveryTimeout?: number;
  /** What the doubling of the open time stops at. @default {300_000, or recoveryTimeout if longer} */
  readonly maxOpenTime?: number;
  /**
   * The share of an open time that is added to it at random, from 0 to 1, so
   * that many breakers do not probe together.
   *
   * @default {0.2}
   */
  readonly jitter?: number;
  /** After how long a closed time the next open time is the first one again. @default {120_000} */
  readonly stableAfter?: number;
  /** How many probes may run at once; `half_open_max_calls` of the config. @default {1} */
  readonly halfOpenMaxCalls?: number;
  /** How many probes must go well to close the circuit. @default {halfOpenMaxCalls} */
  readonly successThreshold?: number;
  /**
   * After how long all probes that run are given up for lost, should their
   * permits never be ended. Longer than any attempt may take.
   *
   * @default {900_000}
   */
  readonly probeTimeout?: number;
  /**
   * How long at least between two last-resort probes, the jitter aside.
   *
   * @default {recoveryTimeout / (1 + jitter), so that it is not exceeded}
   */
  readonly lastResortInterval?: number;
  /** A monotonic clock in milliseconds. @default {performance.now} */
  readonly now?: () => number;
  /** The wall clock in milliseconds since 1970, for snapshots only. @default {Date.now} */
  readonly wallNow?: () => number;
  /** Random numbers from 0 up to 1. @default {Math.random} */
  readonly random?: () => number;
}

/** Options that are complete and were checked. */
export type CheckedBreakerOptions = Required<
  Omit<CircuitBreakerOptions, "failureThreshold">
>;

const HOUR = 3_600_000;
const MAX_PROBES = 1_000;
const monotonicNow = (): number => performance.now();

/**
 * Completes and checks options.
 *
 * @throws {RangeError} naming the option at fault.
 */
export function checkBreakerOptions(
  options: CircuitBreakerOptions,
): CheckedBreakerOptions {
  const {
    failureThreshold = 5,
    recoveryTimeout = 30_000,
    maxOpenTime = Math.max(300_000, recoveryTimeout),
    jitter = 0.2,
    stableAfter = 120_000,
    halfOpenMaxCalls = 1,
    successThreshold = halfOpenMaxCalls,
    probeTimeout = 900_000,
    lastResortInterval = Math.max(1, recoveryTimeout / (1 + jitter)),
  } = options;
  // A jitter above 1 could make an open time shorter than the one before it.
  check("jitter", jitter, { least: 0, most: 1 });
  check("recoveryTimeout", recoveryTimeout, { least: 1, most: 24 * HOUR });
  check("maxOpenTime", maxOpenTime, {
    least: recoveryTimeout,
    most: 24 * HOUR,
  });
  check("stableAfter", stableAfter, { least: 0 });
  const probes = { least: 1, most: MAX_PROBES, whole: true };
  check("halfOpenMaxCalls", halfOpenMaxCalls, probes);
  check("successThreshold", successThreshold, probes);
  check("probeTimeout", probeTimeout, { least: 1 });
  check("lastResortInterval", lastResortInterval, { least: 1 });
  check("failureThreshold", failureThreshold, { least: 1, whole: true });
  return {
    strategy: options.strategy ?? new ConsecutiveStrategy(failureThreshold),
    recoveryTimeout,
    maxOpenTime,
    jitter,
    stableAfter,
    halfOpenMaxCalls,
    successThreshold,
    probeTimeout,
    lastResortInterval,
    now: options.now ?? monotonicNow,
    wallNow: options.wallNow ?? Date.now,
    random: options.random ?? Math.random,
  };
}

function check(
  name: string,
  value: number,
  rule: Parameters<typeof checkNumber>[2],
): void {
  checkNumber(`CircuitBreaker: '${name}'`, value, rule);
}
