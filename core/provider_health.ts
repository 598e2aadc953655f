import { checkNumber } from "./_check_number.ts";
import { type OutcomeRules, ProviderOutcomes } from "./_provider_outcomes.ts";
import type { FailureClass } from "./failure_class.ts";
import type { Provider } from "./provider.ts";

/** How a provider does: well, with errors among its answers, or mostly not at all. */
export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** How an attempt at a provider failed. */
export interface ProviderFailure {
  /** Whose making it was; see {@linkcode classifyFailure}. */
  readonly failureClass: FailureClass;
  /** The code of the error, for example `upstream_reset`. */
  readonly code: string;
}

/** When {@linkcode ProviderHealth} calls a provider what. */
export interface ProviderHealthOptions {
  /** How long an outcome counts, in milliseconds. @default {60_000} */
  readonly window?: number;
  /**
   * How many outcomes the window must hold for shares to mean something; with
   * fewer, the latest outcomes decide.
   *
   * @default {10}
   */
  readonly minimum?: number;
  /** The share of errors from which on a provider is degraded, above 0 up to 1. @default {0.1} */
  readonly degradedShare?: number;
  /** The share of faults from which on it is unhealthy, above 0 up to 1. @default {0.5} */
  readonly unhealthyShare?: number;
  /** How many faults in a row make it unhealthy below the minimum. @default {3} */
  readonly faultsInARow?: number;
  /**
   * A clock that never goes back, in milliseconds.
   *
   * @default {performance.now}
   */
  readonly now?: () => number;
}

/** How one provider does, as of the moment of reading. */
export interface ProviderHealthReading {
  /** The provider's name. */
  readonly provider: string;
  /** What to call it. */
  readonly status: HealthStatus;
  /** How many outcomes the window holds. */
  readonly sample: number;
  /** The share of them that were faults, throttled, or refused credentials; 0 to 1. */
  readonly errorShare: number;
  /** Faults since the last success. */
  readonly faultsInARow: number;
  /** How long ago it last answered well, in milliseconds; `undefined`: never. */
  readonly lastSuccessAgo: number | undefined;
  /** Its last failure, and how long ago that was, in milliseconds. */
  readonly lastFailure: ProviderFailure & { readonly ago: number } | undefined;
  /** The last check that told something, and how long ago it ended, in milliseconds. */
  readonly lastCheck:
    | { readonly ok: boolean; readonly ago: number }
    | undefined;
}

/** One change of a provider's status. */
export interface ProviderHealthChange {
  /** The provider. */
  readonly provider: Provider;
  /** The status before. */
  readonly from: HealthStatus;
  /** The status from now on. */
  readonly to: HealthStatus;
  /** When, on the clock of the health, in milliseconds. */
  readonly at: number;
}

/** Whom it is told. */
type Listener = (change: ProviderHealthChange) => void;

/**
 * Knows how each provider does, from the outcomes of attempts and from checks.
 *
 * It counts what tells of the provider: successes, faults, and, as lesser
 * errors that make it `degraded` at most, throttling and refused credentials.
 * With enough traffic the shares within a sliding window decide; with little,
 * what came last: one error makes a provider degraded until its next success, a
 * few faults in a row make it unhealthy. It judges for people and pages; to
 * leave an upstream alone is a {@linkcode CircuitBreaker}'s work.
 *
 * Memory is about 1 KB for each provider that is watched, whatever the traffic.
 *
 * @example An outage and its end
 * ```ts
 * import { ProviderFactory, ProviderHealth } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const mock = factory.create({ name: "mock", type: "mock" });
 * const health = new ProviderHealth();
 * health.watch([mock]);
 * const told: string[] = [];
 * health.onChange(({ to }) => told.push(to));
 * for (let i = 0; i < 3; i++) {
 *   health.failed(mock, { failureClass: "fault", code: "upstream_reset" });
 * }
 * assertEquals(health.read(mock)?.lastFailure?.code, "upstream_reset");
 * health.succeeded(mock);
 * assertEquals(told, ["degraded", "unhealthy", "healthy"]);
 * factory.close();
 * ```
 */
export class ProviderHealth {
  readonly #rules: OutcomeRules;
  readonly #now: () => number;
  #outcomes: ReadonlyMap<Provider, ProviderOutcomes> = new Map();
  #listeners: readonly Listener[] = [];

  /**
   * Watches nothing yet.
   *
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(options: ProviderHealthOptions = {}) {
    const check = (
      key: keyof OutcomeRules,
      rule: { least: number; most?: number; whole?: boolean; value: number },
    ): number => checkNumber(`ProviderHealth: '${key}'`, rule.value, rule);
    const share = { least: 0.001, most: 1 };
    const count = { least: 1, whole: true };
    const { window = 60_000, minimum = 10, faultsInARow = 3 } = options;
    const { degradedShare = 0.1, unhealthyShare = 0.5 } = options;
    this.#rules = {
      window: check("window", { value: window, least: 100, most: 86_400_000 }),
      minimum: check("minimum", { value: minimum, ...count }),
      faultsInARow: check("faultsInARow", { value: faultsInARow, ...count }),
      degradedShare: check("degradedShare", { value: degradedShare, ...share }),
      unhealthyShare: check("unhealthyShare", {
        value: unhealthyShare,
        ...share,
      }),
    };
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Makes these the providers that are watched. What is known of one that was
   * watched before stays known; a replaced provider begins anew.
   */
  watch(providers: Iterable<Provider>): void {
    const next = new Map<Provider, ProviderOutcomes>();
    for (const provider of providers) {
      const known = this.#outcomes.get(provider);
      next.set(provider, known ?? new ProviderOutcomes(this.#rules));
    }
    this.#outcomes = next;
  }

  /** Notes an attempt that went well. Of a provider that is not watched nothing is noted, here and below. */
  succeeded(provider: Provider): void {
    const outcomes = this.#outcomes.get(provider);
    if (outcomes === undefined) return;
    const now = this.#now();
    outcomes.succeeded(now);
    this.#settle(provider, outcomes, now);
  }

  /** Notes an attempt that failed; failures of a caller's or the gateway's making count nothing. */
  failed(provider: Provider, failure: ProviderFailure): void {
    const outcomes = this.#outcomes.get(provider);
    if (outcomes === undefined) return;
    const now = this.#now();
    if (outcomes.failed(now, failure)) this.#settle(provider, outcomes, now);
  }

  /** Notes a check, such as one of {@linkcode checkProvider}; here refused credentials count as a fault. */
  checked(provider: Provider, failure?: ProviderFailure): void {
    const outcomes = this.#outcomes.get(provider);
    if (outcomes === undefined) return;
    const now = this.#now();
    if (outcomes.checked(now, failure)) this.#settle(provider, outcomes, now);
  }

  /** How a provider does; `undefined` where it is not watched. */
  read(provider: Provider): ProviderHealthReading | undefined {
    const outcomes = this.#outcomes.get(provider);
    return outcomes && this.#read(provider, outcomes);
  }

  /** How all do, in the order in which they were given to `watch()`. */
  list(): ProviderHealthReading[] {
    return [...this.#outcomes].map(([provider, it]) =>
      this.#read(provider, it)
    );
  }

  /**
   * Has `listener` called after each change of a status, at once and in the
   * middle of the call that caused it, or that found that errors have grown
   * old. What it throws is dropped.
   *
   * @returns Ends that.
   */
  onChange(listener: (change: ProviderHealthChange) => void): () => void {
    // One function may listen twice, and each leaves for itself.
    const entry: Listener = (change) => listener(change);
    this.#listeners = [...this.#listeners, entry];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== entry);
    };
  }

  #read(provider: Provider, outcomes: ProviderOutcomes): ProviderHealthReading {
    const now = this.#now();
    this.#settle(provider, outcomes, now);
    const { lastSuccessAt, lastFailure, lastCheck } = outcomes;
    return {
      provider: provider.name,
      status: outcomes.status,
      sample: outcomes.sample,
      errorShare: outcomes.errorShare,
      faultsInARow: outcomes.faultsInARow,
      lastSuccessAgo: lastSuccessAt === undefined
        ? undefined
        : now - lastSuccessAt,
      lastFailure: lastFailure && {
        failureClass: lastFailure.failureClass,
        code: lastFailure.code,
        ago: now - lastFailure.at,
      },
      lastCheck: lastCheck && { ok: lastCheck.ok, ago: now - lastCheck.at },
    };
  }

  #settle(provider: Provider, outcomes: ProviderOutcomes, now: number): void {
    const from = outcomes.status;
    const to = outcomes.look(now);
    if (from === to) return;
    outcomes.status = to;
    for (const listener of this.#listeners) {
      try {
        listener({ provider, from, to, at: now });
      } catch {
        // A listener's fault is not the request's.
      }
    }
  }
}
