import { AdaptiveLimit, type AdaptiveLimitOptions } from "./adaptive_limit.ts";
import {
  type ConcurrencyBounds,
  ConcurrencyLimit,
  type ConcurrencyLimitOptions,
} from "./concurrency_limit.ts";
import type { Deployment } from "./deployment.ts";
import { DeploymentMap } from "./_deployment_map.ts";
import type { Availability, AvailabilityView } from "./availability.ts";

/** What is the same for all limits of {@linkcode Bulkheads}. */
export interface BulkheadsOptions
  extends Pick<ConcurrencyLimitOptions, "maxQueue" | "maxWaitMs" | "now"> {
  /** How limits find themselves; their `max` is the deployment's own. */
  readonly adaptive?: Omit<AdaptiveLimitOptions, "max">;
}

/** The most that an adaptive limit grows to where the deployment has no bound. */
const ADAPTIVE_MAX = 200;
/** How many deployments have one whose models only callers name. */
const CAPACITY = 10_000;

interface Bulkhead {
  readonly limit: ConcurrencyLimit;
  /** By whose settings it was made, or is as good as. */
  deployment: Deployment;
}

/**
 * A concurrency limit for each deployment that has one, by its id, so that they
 * outlive a reload. A deployment without a bound of its own is not limited.
 *
 * @example A deployment for one request at a time
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { Bulkheads, createDeployment } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const deployment = createDeployment({ provider, model: "echo", maxConcurrency: 1 });
 * const bulkheads = new Bulkheads({ maxQueue: 0 });
 * const slot = bulkheads.of(deployment)?.tryAcquire();
 * assertEquals(bulkheads.isAvailable(deployment) === true, false);
 * slot?.release();
 * assertEquals(bulkheads.isAvailable(deployment), true);
 * factory.close();
 * ```
 */
export class Bulkheads implements AvailabilityView {
  readonly #options: BulkheadsOptions;
  readonly #bulkheads = new DeploymentMap<Bulkhead>({
    capacity: CAPACITY,
    isBusy: ({ limit }) => limit.inFlight > 0 || limit.queued > 0,
  });

  /** How many have somebody waiting. */
  #queues = 0;
  /** Whether one is full without anybody waiting. */
  #hasNoQueue = false;
  readonly #onQueue = (waits: boolean): void => {
    this.#queues += waits ? 1 : -1;
  };

  /** Begins with none. */
  constructor(options: BulkheadsOptions = {}) {
    this.#options = options;
  }

  /** The limit of a deployment; `undefined` where it has none. */
  of(deployment: Deployment): ConcurrencyLimit | undefined {
    const { maxConcurrency, adaptive } = deployment;
    if (maxConcurrency === Infinity && !adaptive) return undefined;
    const known = this.#bulkheads.get(deployment);
    if (known === undefined) {
      const bounds = this.#boundsOf(deployment);
      const { now } = this.#options;
      const limit = new ConcurrencyLimit({
        ...bounds,
        name: deployment.id,
        onQueue: this.#onQueue,
        ...(now !== undefined && { now }),
      });
      this.#bulkheads.set(deployment, { limit, deployment });
      return limit;
    }
    if (known.deployment !== deployment) {
      // What is under way counts on, whatever the config says by now (F5).
      if (!isLimitedAlike(known.deployment, deployment)) {
        known.limit.change(this.#boundsOf(deployment));
      }
      known.deployment = deployment;
    }
    return known.limit;
  }

  /** Whether a request can begin, or wait for its turn. */
  isAvailable(deployment: Deployment): Availability {
    const { maxConcurrency, adaptive } = deployment;
    if (maxConcurrency === Infinity && !adaptive) return true;
    // Most often nobody waits anywhere, which spares a plan the look at each.
    if (this.#queues === 0 && !this.#hasNoQueue) return true;
    const limit = this.#bulkheads.get(deployment)?.limit;
    if (limit === undefined || !limit.full) return true;
    return {
      reason: `all ${limit.limit} of its slots and its queue are taken`,
    };
  }

  /** Forgets what the config no longer has; slots that are taken still end well. */
  retain(deployments: Iterable<Deployment>): void {
    this.#bulkheads.retain(deployments);
  }

  #boundsOf(deployment: Deployment): ConcurrencyBounds {
    const { maxConcurrency, adaptive } = deployment;
    const { maxQueue = this.#options.maxQueue } = deployment;
    const { maxWaitMs = this.#options.maxWaitMs } = deployment;
    if (maxQueue === 0) this.#hasNoQueue = true;
    const max = maxConcurrency === Infinity ? ADAPTIVE_MAX : maxConcurrency;
    return {
      limit: adaptive
        ? new AdaptiveLimit({ ...this.#options.adaptive, max })
        : max,
      ...(maxQueue !== undefined && { maxQueue }),
      ...(maxWaitMs !== undefined && { maxWaitMs }),
    };
  }
}

function isLimitedAlike(one: Deployment, other: Deployment): boolean {
  return one.maxConcurrency === other.maxConcurrency &&
    one.adaptive === other.adaptive && one.maxQueue === other.maxQueue &&
    one.maxWaitMs === other.maxWaitMs;
}
