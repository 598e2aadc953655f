import { CircuitBreaker } from "../circuit_breaker.ts";
import type { CircuitBreakerOptions } from "../circuit_breaker_options.ts";
import { CompositeStrategy } from "../composite_strategy.ts";
import { ConsecutiveStrategy } from "../consecutive_strategy.ts";
import { RatioStrategy } from "../ratio_strategy.ts";
import type { BreakerState, BreakerStateChange } from "../breaker_state.ts";
import type { Availability, AvailabilityView } from "./availability.ts";
import type { Deployment } from "./deployment.ts";
import { DeploymentMap } from "./_deployment_map.ts";

/** How {@linkcode Breakers} are made. */
export interface BreakersOptions
  extends Omit<CircuitBreakerOptions, "strategy" | "wallNow"> {
  /**
   * Makes the strategy of one breaker.
   *
   * @default {so many failures in a row, or half of at least 20 attempts in 10 seconds}
   */
  readonly strategy?: () => CompositeStrategy;
  /**
   * How many deployments have one whose models only callers name; those of the
   * config always do. @default {10_000}
   */
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
  readonly #breakers: DeploymentMap<CircuitBreaker>;
  /** How many are not closed; 0 spares a plan the look at each. Forgotten ones go on counting. */
  #unwell = 0;

  /**
   * Begins with none.
   *
   * @throws {RangeError} when the capacity is less than 1.
   */
  constructor(options: BreakersOptions = {}) {
    this.#options = options;
    this.#breakers = new DeploymentMap({
      capacity: options.capacity ?? 10_000,
      isBusy: ({ state }) => state !== "closed",
    });
  }

  /** The breaker of a deployment, made at the first call; `undefined` for a mock. */
  of(deployment: Deployment): CircuitBreaker | undefined {
    const known = this.#breakers.get(deployment);
    if (known !== undefined) return known;
    if (deployment.provider.type === "mock") return undefined;
    const breaker = this.#make(deployment.id);
    this.#breakers.set(deployment, breaker);
    return breaker;
  }

  /** Whether the breaker lets an attempt through. */
  isAvailable(deployment: Deployment): Availability {
    if (this.#unwell === 0) return true;
    const breaker = this.#breakers.get(deployment);
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
  stateOf(deployment: Deployment): BreakerState {
    return this.#breakers.get(deployment)?.state ?? "closed";
  }

  /** Forgets what the config no longer has. */
  retain(deployments: Iterable<Deployment>): void {
    this.#breakers.retain(deployments);
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
    breaker.onStateChange((change) => {
      if (change.from === "closed") this.#unwell++;
      if (change.to === "closed") this.#unwell--;
      onStateChange?.(id, change);
    });
    return breaker;
  }
}
