import { clearTimeout, setTimeout } from "node:timers";
import { checkNumber } from "./_check_number.ts";
import { checkProvider } from "./check_provider.ts";
import type { Provider } from "./provider.ts";
import type { ProviderHealth } from "./provider_health.ts";

/** How {@linkcode ProviderChecks} works. */
export interface ProviderChecksOptions {
  /** What learns of the checks. */
  readonly health: ProviderHealth;
  /** Milliseconds between the end of a check and the next, give or take a tenth. @default {60_000} */
  readonly interval?: number;
  /** How long a check may take, in milliseconds. @default {10_000} */
  readonly timeout?: number;
  /** Ends all checks for good, as `close()` does. */
  readonly signal?: AbortSignal;
  /**
   * Gives numbers from 0 up to but not including 1.
   *
   * @default {Math.random}
   */
  readonly random?: () => number;
}

/** By which part of the interval a check may be early or late. */
const JITTER = 0.1;

/**
 * Checks providers on an interval with {@linkcode checkProvider}.
 *
 * Each provider has a rhythm of its own, with one check under way at most; the
 * first comes at some moment of the first interval, so that many providers are
 * not asked at once. Its timers keep no process alive.
 *
 * @example As long as the gateway runs
 * ```ts
 * import { ProviderChecks, ProviderFactory, ProviderHealth } from "@llm-proxy/core";
 *
 * const factory = new ProviderFactory();
 * const providers = [factory.create({ name: "mock", type: "mock" })];
 * const health = new ProviderHealth();
 * health.watch(providers);
 * const checks = new ProviderChecks({ health, interval: 30_000 });
 * checks.watch(providers);
 * checks.close();
 * factory.close();
 * ```
 */
export class ProviderChecks {
  readonly #rhythm: Rhythm;
  readonly #signal: AbortSignal | undefined;
  #series: ReadonlyMap<Provider, CheckSeries> = new Map();
  #closed = false;

  /**
   * Checks nothing yet.
   *
   * @throws {RangeError} when `interval` or `timeout` is out of its range.
   */
  constructor(options: ProviderChecksOptions) {
    const { health, interval = 60_000, timeout = 10_000 } = options;
    const rule = { least: 1, most: 86_400_000 };
    this.#rhythm = {
      health,
      interval: checkNumber("ProviderChecks: 'interval'", interval, rule),
      timeout: checkNumber("ProviderChecks: 'timeout'", timeout, rule),
      random: options.random ?? Math.random,
    };
    this.#signal = options.signal;
    this.#signal?.addEventListener("abort", this.#onAbort);
    if (this.#signal?.aborted) this.close();
  }

  /** Makes these the providers that are checked; those that were keep their rhythm. */
  watch(providers: Iterable<Provider>): void {
    if (this.#closed) return;
    const next = new Map<Provider, CheckSeries>();
    for (const provider of providers) {
      const known = this.#series.get(provider) ?? next.get(provider);
      next.set(provider, known ?? new CheckSeries(provider, this.#rhythm));
    }
    for (const [provider, series] of this.#series) {
      if (!next.has(provider)) series.stop();
    }
    this.#series = next;
  }

  /** Ends all checks, those under way included, for good. */
  close(): void {
    this.#closed = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    for (const series of this.#series.values()) series.stop();
    this.#series = new Map();
  }

  readonly #onAbort = (): void => this.close();
}

/** What all series have in common. */
interface Rhythm {
  readonly health: ProviderHealth;
  readonly interval: number;
  readonly timeout: number;
  readonly random: () => number;
}

/** The checks of one provider, one after the other. */
class CheckSeries {
  readonly #provider: Provider;
  readonly #rhythm: Rhythm;
  readonly #stopped = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(provider: Provider, rhythm: Rhythm) {
    this.#provider = provider;
    this.#rhythm = rhythm;
    this.#arm(rhythm.random());
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped.abort();
  }

  #arm(intervals: number): void {
    const ms = this.#rhythm.interval * intervals;
    this.#timer = setTimeout(() => void this.#check(), ms);
    this.#timer.unref();
  }

  async #check(): Promise<void> {
    const { health, timeout, random } = this.#rhythm;
    const { signal } = this.#stopped;
    const failure = await checkProvider(this.#provider, { signal, timeout });
    if (signal.aborted) return;
    health.checked(this.#provider, failure);
    this.#arm(1 - JITTER + 2 * JITTER * random());
  }
}
