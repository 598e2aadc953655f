import { GatewayError } from "../errors.ts";
import { backAt } from "./_back_at.ts";
import type {
  Availability,
  AvailabilityView,
  Unavailable,
} from "./availability.ts";
import { armOf, isShadowed } from "./canary.ts";
import { CapabilityFilter, type SkipReason } from "./capability_filter.ts";
import type { Deployment } from "./deployment.ts";
import type { DeploymentStateView } from "./deployment_state.ts";
import { orderCandidates } from "./_order_candidates.ts";
import type { Candidate, FallbackChains, FoundRoute, Route } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";
import type { RouteTable } from "./route_table.ts";

const NO_VIEWS: readonly AvailabilityView[] = [];
const NONE: readonly SkippedCandidate[] = [];

/** What a plan is made on. Nothing of it is changed. */
export interface PlanContext {
  /** The routes. */
  readonly table: RouteTable;
  /** How a deployment does; `DeploymentStates` has it. */
  readonly states: { of(deployment: Deployment): DeploymentStateView };
  /** What else may keep a deployment from being used: breakers, cooldowns, limits. @default {[]} */
  readonly views?: readonly AvailabilityView[];
  /** A clock that never goes back, in ms: that of states and views. */
  readonly now: number;
  /** Gives numbers from 0 up to but not including 1. @default {Math.random} */
  readonly random?: () => number;
  /**
   * Gives a route's next number of that kind for choices by weight: take
   * `SmoothDraws.next`, or `peek` for a plan that is only looked at. @default {random}
   */
  readonly draw?: (route: Route) => number;
}

/** What of a request is another, once its first plan has led nowhere. */
export interface PlanStep {
  /** The name to plan for. @default {that of the request} */
  readonly model?: string | undefined;
  /** The ids of the deployments that were tried for it: they are not tried again (U20). @default {none} */
  readonly tried?: ReadonlySet<string> | undefined;
}

const FIRST_STEP: PlanStep = {};

/** A candidate that is passed over, and why. */
export interface SkippedCandidate extends SkipReason {
  /** The candidate. */
  readonly candidate: Candidate;
}

/** Where a request goes, and what comes when that fails. */
export interface RoutePlan {
  /** The name that was asked for. */
  readonly model: string;
  /** The route that was found. */
  readonly route: Route;
  /** The arm of the route's experiment, where the request is in one. */
  readonly arm: string | undefined;
  /** Where to try it, in this order. */
  readonly candidates: readonly Candidate[];
  /** What is passed over, and why. */
  readonly skipped: readonly SkippedCandidate[];
  /**
   * Where there are no candidates, the one that could serve the request and is
   * back first. Not everything may be out at once: try it when the fallbacks
   * are through too (U19).
   */
  readonly lastResort: SkippedCandidate | undefined;
  /** The names to plan for next, by the way the candidates failed. */
  readonly fallbacks: FallbackChains;
  /** Where a copy of the request goes, its answer thrown away. */
  readonly shadow: Candidate | undefined;
}

/**
 * Decides where a request goes, without calling or changing anything. The same
 * plan serves to send a request and to explain what would be done with it.
 *
 * Candidates that can't serve the request are passed over first, then those
 * that are not available; the rest is ordered: by rank, within a rank by the
 * route's strategy, the home of a sticky session first.
 *
 * @param step What is other for a further plan of the same request.
 * @throws {GatewayError} 404 `model_not_found` when no route has the name (K16).
 *
 * @example One of two can read pictures
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { buildRouteTable, DeploymentStates, planRoute } from "@llm-proxy/core/routing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const models = new Map([["blind", { capabilities: { vision: false } }]]);
 * const built = buildRouteTable([
 *   { match: "fast", targets: ["mock/blind", "mock/seeing"] },
 * ], { providers: [{ provider, models }] });
 * assert(built.ok);
 * const plan = planRoute({ model: "fast", needs: ["vision"] }, {
 *   table: built.table,
 *   states: new DeploymentStates(),
 *   now: 0,
 * });
 * assertEquals(plan.candidates.map(({ model }) => model), ["seeing"]);
 * assertEquals(plan.skipped[0]?.reason, "it can't do: vision");
 * factory.close();
 * ```
 */
export function planRoute(
  request: RouteRequest,
  context: PlanContext,
  step: PlanStep = FIRST_STEP,
): RoutePlan {
  const { model = request.model, tried } = step;
  const match = context.table.match(model);
  if (match === undefined) throw unknownModel(model);
  const { route } = match;
  const { views = NO_VIEWS, random = Math.random } = context;
  const arm = armOf(route, request, random);
  const filter = new CapabilityFilter(request, tried);
  const all = candidatesOf(match, context.table, arm?.targets);
  // Most often nothing is passed over, and the list is good as it is.
  let usable: Candidate[] | undefined;
  let skipped: SkippedCandidate[] | undefined;
  let lastResort: SkippedCandidate | undefined;
  for (let at = 0; at < all.length; at++) {
    const candidate = all[at] as Candidate;
    const skip = skipOf(candidate, filter, views);
    if (skip === undefined) {
      usable?.push(candidate);
      continue;
    }
    usable ??= all.slice(0, at);
    (skipped ??= []).push(skip);
    if (skip.code !== "unavailable") continue;
    if (lastResort === undefined || backAt(skip) < backAt(lastResort)) {
      lastResort = skip;
    }
  }
  return {
    model,
    route,
    arm: arm?.name,
    candidates: orderCandidates(usable ?? all, { route, request, context }),
    skipped: skipped ?? NONE,
    lastResort: usable?.length === 0 ? lastResort : undefined,
    fallbacks: match.fallbacks,
    shadow: isShadowed(route, request, random)
      ? shadowOf(match, { filter, views, table: context.table })
      : undefined,
  };
}

/** Why a candidate is passed over; nothing where it is not. */
function skipOf(
  candidate: Candidate,
  filter: CapabilityFilter,
  views: readonly AvailabilityView[],
): SkippedCandidate | undefined {
  const refusal = filter.refuse(candidate);
  if (refusal !== undefined) return { ...refusal, candidate };
  const availability = availabilityOf(candidate.deployment, views);
  if (availability === true) return undefined;
  return { code: "unavailable", ...availability, candidate };
}

/** The candidates of a route; those of an arm come first, and once. */
function candidatesOf(
  { candidates: own, capture }: FoundRoute,
  table: RouteTable,
  first: Route["targets"] | undefined,
): readonly Candidate[] {
  if (first === undefined) return own;
  const ahead = table.candidates(first, capture);
  const lowest = ahead.at(-1)?.rank ?? 0;
  const behind = own.filter((it) =>
    !ahead.some(({ deployment, model }) =>
      deployment.id === it.deployment.id && model === it.model
    )
  );
  const start = (behind[0]?.rank ?? 0) - lowest - 1;
  return [
    ...ahead.map((it) => ({ ...it, rank: it.rank + start })),
    ...behind,
  ];
}

/** Of several reasons the one that lasts longest counts, and none is probed while another stands. */
function availabilityOf(
  deployment: Deployment,
  views: readonly AvailabilityView[],
): Availability {
  let longest: Availability = true;
  for (const view of views) {
    const availability = view.isAvailable(deployment);
    if (availability === true) continue;
    longest = longest === true ? availability : laterOf(longest, availability);
  }
  return longest;
}

function laterOf(one: Unavailable, other: Unavailable): Unavailable {
  const isLater = (other.retryAt ?? 0) > (one.retryAt ?? 0);
  const { probeAt: _, ...later } = isLater ? other : one;
  return later;
}

function shadowOf(
  { route, capture }: FoundRoute,
  { filter, views, table }: {
    readonly filter: CapabilityFilter;
    readonly views: readonly AvailabilityView[];
    readonly table: RouteTable;
  },
): Candidate | undefined {
  return table.candidates(route.shadow?.targets ?? [], capture)
    .find((candidate) =>
      filter.refuse(candidate) === undefined &&
      availabilityOf(candidate.deployment, views) === true
    );
}

function unknownModel(name: string): GatewayError {
  return new GatewayError(
    "not_found",
    `The model '${
      name.slice(0, 200)
    }' does not exist: address it as 'provider/model', GET /v1/models lists what there is`,
    { code: "model_not_found", param: "model" },
  );
}
