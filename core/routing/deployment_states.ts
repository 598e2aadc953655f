import type { Deployment } from "./deployment.ts";
import { DeploymentMap } from "./_deployment_map.ts";
import {
  DeploymentState,
  type DeploymentStateView,
} from "./deployment_state.ts";

/** How {@linkcode DeploymentStates} keeps what it knows. */
export interface DeploymentStatesOptions {
  /** A clock that never goes back, in ms. @default {performance.now} */
  readonly now?: () => number;
  /**
   * How many are remembered of the deployments whose models only callers name;
   * those of the config always are. @default {10_000}
   */
  readonly capacity?: number;
}

/**
 * The states of all deployments, by their ids: they outlive a reload of the
 * config, which makes the deployments anew (F5).
 *
 * @example The same state after a reload
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { createDeployment, DeploymentStates } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const states = new DeploymentStates();
 * states.of(createDeployment({ provider, model: "echo" })).start().failed();
 * assertEquals(states.of(createDeployment({ provider, model: "echo" })).failures, 1);
 * factory.close();
 * ```
 */
export class DeploymentStates {
  readonly #states: DeploymentMap<DeploymentState>;
  readonly #now: () => number;

  /**
   * Begins with nothing known.
   *
   * @throws {RangeError} when the capacity is less than 1.
   */
  constructor(options: DeploymentStatesOptions = {}) {
    const { capacity = 10_000 } = options;
    this.#states = new DeploymentMap({
      capacity,
      isBusy: ({ inFlight }) => inFlight > 0,
    });
    this.#now = options.now ?? (() => performance.now());
  }

  /** How many deployments are remembered. */
  get size(): number {
    return this.#states.size;
  }

  /** The state of a deployment, a new one at the first call. */
  of(deployment: Deployment): DeploymentState {
    const known = this.#states.get(deployment);
    if (known !== undefined) return known;
    const state = new DeploymentState(this.#now);
    this.#states.set(deployment, state);
    return state;
  }

  /** The state of a deployment, where it has one; makes none. */
  peek(deployment: Deployment): DeploymentStateView | undefined {
    return this.#states.get(deployment);
  }

  /** Forgets what the config no longer has; what is under way still ends well. */
  retain(deployments: Iterable<Deployment>): void {
    this.#states.retain(deployments);
  }
}
