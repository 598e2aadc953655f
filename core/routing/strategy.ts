import type { Deployment } from "./deployment.ts";
import type { DeploymentStateView } from "./deployment_state.ts";
import { leastBusy } from "./least_busy.ts";
import { leastLatency } from "./least_latency.ts";
import { lowestCost } from "./lowest_cost.ts";
import { quotaAware } from "./quota_aware.ts";
import type { Candidate } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";
import { weighted } from "./weighted.ts";

/** What a strategy may go by. */
export interface StrategyContext {
  /** The request. */
  readonly request: RouteRequest;
  /** How a deployment does. */
  readonly stateOf: (deployment: Deployment) => DeploymentStateView;
  /** A clock that never goes back, in ms. */
  readonly now: number;
  /** Gives numbers from 0 up to but not including 1. */
  readonly random: () => number;
  /** Gives the route's next number of that kind: evenly spread, so that shares hold in short runs too. */
  readonly draw: () => number;
}

/**
 * Orders candidates of one rank, the best first. Gives a list of its own with
 * the same candidates, and changes nothing.
 */
export type Strategy = (
  candidates: readonly Candidate[],
  context: StrategyContext,
) => readonly Candidate[];

/** The names of the strategies that are built in. */
export type StrategyName =
  | "ordered"
  | "weighted"
  | "least_latency"
  | "least_busy"
  | "lowest_cost"
  | "quota_aware";

/**
 * The strategies that are built in, by name. `ordered` gives each target a rank
 * of its own, in the order of the list; what it then orders by weight are the
 * keys of one target.
 *
 * @example A strategy of one's own is a function
 * ```ts
 * import { type Strategy, strategies } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const cheapestThenLast: Strategy = (candidates, context) =>
 *   strategies.get("lowest_cost")?.(candidates, context).toReversed() ?? [];
 * assertEquals(typeof cheapestThenLast, "function");
 * assertEquals([...strategies.keys()].length, 6);
 * ```
 */
export const strategies: ReadonlyMap<StrategyName, Strategy> = new Map<
  StrategyName,
  Strategy
>([
  ["ordered", weighted],
  ["weighted", weighted],
  ["least_latency", leastLatency],
  ["least_busy", leastBusy],
  ["lowest_cost", lowestCost],
  ["quota_aware", quotaAware],
]);
