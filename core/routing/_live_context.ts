import type { AvailabilityView } from "./availability.ts";
import type { DeploymentStates } from "./deployment_states.ts";
import {
  type PlanContext,
  planRoute,
  type PlanStep,
  type RoutePlan,
} from "./plan_route.ts";
import type { Route } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";
import type { RouteTable } from "./route_table.ts";

/** What a {@linkcode LiveContext} is made of. */
export interface LiveContextParts {
  readonly table: RouteTable;
  readonly states: DeploymentStates;
  readonly views: readonly AvailabilityView[];
  readonly random: () => number;
  readonly draw: (route: Route) => number;
  readonly now: () => number;
}

/** What plans are made on, whenever that is. Most do not go by time: the clock is read where it is asked for. */
export class LiveContext implements PlanContext {
  readonly table: RouteTable;
  readonly states: DeploymentStates;
  readonly views: readonly AvailabilityView[];
  readonly random: () => number;
  readonly draw: (route: Route) => number;
  readonly #now: () => number;
  /** The time of the plan that is being made, where it is known. */
  #at: number | undefined;

  /** Takes the parts as they are. */
  constructor(parts: LiveContextParts) {
    this.table = parts.table;
    this.states = parts.states;
    this.views = parts.views;
    this.random = parts.random;
    this.draw = parts.draw;
    this.#now = parts.now;
  }

  get now(): number {
    return this.#at ?? this.#now();
  }

  /**
   * Plans a request.
   *
   * @param step What is other for a further plan, and the time, where it is
   * known, on the clock of the plans.
   * @throws {GatewayError} 404 `model_not_found`.
   */
  plan(
    request: RouteRequest,
    step: PlanStep & { readonly at?: number } = {},
  ): RoutePlan {
    this.#at = step.at;
    try {
      return planRoute(request, this, step);
    } finally {
      this.#at = undefined;
    }
  }
}
