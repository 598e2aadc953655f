import type { Deployment } from "./deployment.ts";
import {
  DeploymentState,
  type DeploymentStateView,
} from "./deployment_state.ts";

/** How {@linkcode DeploymentStates} keeps what it knows. */
export interface DeploymentStatesOptions {
  /** A clock that never goes back, in ms. @default {performance.now} */
  readonly now?: () => number;
  /**
   * How many deployments are remembered; at more, the one that is known
   * longest and has nothing under way is forgotten. @default {10_000}
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
  readonly #states = new Map<string, DeploymentState>();
  readonly #now: () => number;
  readonly #capacity: number;

  /**
   * Begins with nothing known.
   *
   * @throws {RangeError} when the capacity is less than 1.
   */
  constructor(options: DeploymentStatesOptions = {}) {
    const { capacity = 10_000 } = options;
    if (!(capacity >= 1)) {
      throw new RangeError(`'capacity' must be 1 or more, not ${capacity}`);
    }
    this.#capacity = capacity;
    this.#now = options.now ?? (() => performance.now());
  }

  /** How many deployments are remembered. */
  get size(): number {
    return this.#states.size;
  }

  /** The state of a deployment, a new one at the first call. */
  of(deployment: Deployment): DeploymentState {
    const known = this.#states.get(deployment.id);
    if (known !== undefined) return known;
    if (this.#states.size >= this.#capacity) this.#forgetOne();
    const state = new DeploymentState(this.#now);
    this.#states.set(deployment.id, state);
    return state;
  }

  /** The state of a deployment, where it has one; makes none. */
  peek({ id }: Deployment): DeploymentStateView | undefined {
    return this.#states.get(id);
  }

  /** Forgets all deployments but these; what is under way still ends well. */
  retain(deployments: Iterable<Deployment>): void {
    const kept = new Set<string>();
    for (const { id } of deployments) kept.add(id);
    for (const id of this.#states.keys()) {
      if (!kept.has(id)) this.#states.delete(id);
    }
  }

  #forgetOne(): void {
    for (const [id, { inFlight }] of this.#states) {
      if (inFlight === 0) return void this.#states.delete(id);
    }
    const [oldest] = this.#states.keys();
    if (oldest !== undefined) this.#states.delete(oldest);
  }
}
