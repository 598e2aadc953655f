import { CircuitBreaker } from "../circuit_breaker.ts";
import type { CircuitBreakerOptions } from "../circuit_breaker_options.ts";
import { CompositeStrategy } from "../composite_strategy.ts";
import { ConsecutiveStrategy } from "../consecutive_strategy.ts";
import { RatioStrategy } from "../ratio_strategy.ts";
import type { BreakerState, BreakerStateChange } from "../breaker_state.ts";
import type { Availability, AvailabilityView } from "./availability.ts";
import type { Deployment } from "./deployment.ts";

/** How {@linkcode Breakers} are made. */
export interface BreakersOptions
  extends Omit<CircuitBreakerOptions, "strategy" | "wallNow"> {
  /**
   * Makes the strategy of one breaker.
   *
   * @default {so many failures in a row, or half of at least 20 attempts in 10 seconds}
   */
  readonly strategy?: () => CompositeStrategy;
  /** How many deployments have one; at more, the oldest that is closed goes. @default {10_000} */
  readonly capacity?: number;
  /** Called when a breaker changes its state. */
  readonly onStateChange?: (id: string, change: BreakerStateChange) => void;
}

/**
 * A circuit breaker for each deployment, by its id, so that they outlive a
 * reload. The mock provider has none: its errors were asked for.
 *
 * @example A deployment that failed five times in a row
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { Breakers, createDeployment } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "openai", type: "openai" });
 * const deployment = createDeployment({ provider, model: "gpt-5" });
 * const breakers = new Breakers();
 * for (let i = 0; i < 5; i++) breakers.of(deployment)?.tryAcquire()?.failure("fault");
 * assertEquals(breakers.isAvailable(deployment) === true, false);
 * factory.close();
 * ```
 */
export class Breakers implements AvailabilityView {
  readonly #options: BreakersOptions;
  readonly #capacity: number;
  readonly #breakers = new Map<string, CircuitBreaker>();

  /** Begins with none. */
  constructor(options: BreakersOptions = {}) {
    this.#options = options;
    this.#capacity = options.capacity ?? 10_000;
  }

  /** The breaker of a deployment, made at the first call; `undefined` for a mock. */
  of({ id, provider }: Deployment): CircuitBreaker | undefined {
    const known = this.#breakers.get(id);
    if (known !== undefined) return known;
    if (provider.type === "mock") return undefined;
    if (this.#breakers.size >= this.#capacity) this.#forgetOne();
    const breaker = this.#make(id);
    this.#breakers.set(id, breaker);
    return breaker;
  }

  /** Whether the breaker lets an attempt through. */
  isAvailable({ id }: Deployment): Availability {
    const breaker = this.#breakers.get(id);
    if (breaker === undefined || breaker.admits) return true;
    const { openUntil: retryAt, probeDue: probeAt } = breaker;
    return {
      reason: retryAt === undefined
        ? "its circuit breaker waits for a probe"
        : "its circuit breaker is open",
      ...(retryAt !== undefined && { retryAt }),
      ...(probeAt !== undefined && { probeAt }),
    };
  }

  /** How the breaker of a deployment stands; `closed` where it has none. Makes none. */
  stateOf({ id }: Deployment): BreakerState {
    return this.#breakers.get(id)?.state ?? "closed";
  }

  /** The breakers that were made, by the ids of their deployments. */
  entries(): Iterable<readonly [string, CircuitBreaker]> {
    return this.#breakers.entries();
  }

  #make(id: string): CircuitBreaker {
    const { strategy, onStateChange, capacity: _, ...options } = this.#options;
    const { failureThreshold = 5 } = options;
    const breaker = new CircuitBreaker({
      ...options,
      strategy: strategy?.() ?? new CompositeStrategy([
        new ConsecutiveStrategy(failureThreshold),
        new RatioStrategy(),
      ]),
    });
    if (onStateChange) {
      breaker.onStateChange((change) => onStateChange(id, change));
    }
    return breaker;
  }

  #forgetOne(): void {
    for (const [id, { state }] of this.#breakers) {
      if (state === "closed") return void this.#breakers.delete(id);
    }
    const [oldest] = this.#breakers.keys();
    if (oldest !== undefined) this.#breakers.delete(oldest);
  }
}
