import { checkNumber } from "./_check_number.ts";
import type { LimitStore } from "./limit_store.ts";

/**
 * How limiters share limits through a {@linkcode LimitStore}.
 *
 * @example Half of each limit while the store is out of reach
 * ```ts
 * import { MemoryLimitStore, RateLimiter } from "@llm-proxy/core";
 * import type { SharedLimitOptions } from "@llm-proxy/core";
 *
 * const shared: SharedLimitOptions = {
 *   store: new MemoryLimitStore(),
 *   offlineShare: 0.5,
 * };
 * const limiter = new RateLimiter({ shared });
 * await limiter.close();
 * ```
 */
export interface SharedLimitOptions {
  /** Where the counts are. */
  readonly store: LimitStore;
  /**
   * What a process may use of a limit before the store has answered, as a
   * share of it; one request in any case. Only this much, for each process, can
   * come on top of a limit.
   *
   * @default {0.025}
   */
  readonly creditShare?: number;
  /**
   * What a process may use of a limit while the store is out of reach, as a
   * share of it; 0 refuses all that was not leased.
   *
   * @default {0.5}
   */
  readonly offlineShare?: number;
  /**
   * How long a call to the store may take, in milliseconds.
   *
   * @default {1_000}
   */
  readonly timeoutMs?: number;
  /**
   * How long a store that failed is left alone, in milliseconds.
   *
   * @default {1_000}
   */
  readonly retryMs?: number;
  /**
   * How long sums are gathered before they are reported, in milliseconds.
   *
   * @default {100}
   */
  readonly reportMs?: number;
  /**
   * The clock that all processes have in common, in milliseconds since 1970.
   *
   * @default {Date.now}
   */
  readonly date?: () => number;
  /**
   * Runs something later and gives back what prevents it.
   *
   * @default {setTimeout}
   */
  readonly schedule?: (run: () => void, ms: number) => () => void;
  /**
   * Told when the store gets out of reach, and with `undefined` when it is back.
   *
   * @default {nobody}
   */
  readonly onStore?: (failure: { readonly cause: unknown } | undefined) => void;
}

/** The options with nothing left out. */
export type SharedLimitSettings = Required<SharedLimitOptions>;

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} when a number is out of its range.
 */
export function sharedLimitSettings(
  options: SharedLimitOptions,
): SharedLimitSettings {
  const { creditShare, offlineShare, timeoutMs, retryMs, reportMs } = options;
  const share = { least: 0, most: 1 };
  const time = { least: 1, most: 3_600_000 };
  const name = "RateLimiter: 'shared.";
  return {
    store: options.store,
    creditShare: checkNumber(
      `${name}creditShare'`,
      creditShare ?? 0.025,
      share,
    ),
    offlineShare: checkNumber(
      `${name}offlineShare'`,
      offlineShare ?? 0.5,
      share,
    ),
    timeoutMs: checkNumber(`${name}timeoutMs'`, timeoutMs ?? 1_000, time),
    retryMs: checkNumber(`${name}retryMs'`, retryMs ?? 1_000, time),
    reportMs: checkNumber(`${name}reportMs'`, reportMs ?? 100, time),
    date: options.date ?? Date.now,
    schedule: options.schedule ?? runLater,
    onStore: options.onStore ?? (() => {}),
  };
}

function runLater(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
