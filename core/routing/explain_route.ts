import type { LimitUnit } from "../rate_limit.ts";
import type { Deployment } from "./deployment.ts";
import { type PlanContext, planRoute, type RoutePlan } from "./plan_route.ts";
import type { SkipCode } from "./capability_filter.ts";
import { answerKind } from "./latency.ts";
import type { Candidate, FallbackChains } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";
import { estimateCost } from "./token_cost.ts";

/** What a deployment has room for now. */
export interface DeploymentRoom {
  /** How many requests could begin at once; `null` where they are not limited. */
  readonly freeSlots: number | null;
  /** What the gateway's own limits leave of its account. */
  readonly accountLimits: readonly {
    /** What is counted. */
    readonly unit: LimitUnit;
    /** How many there are in all. */
    readonly limit: number;
    /** How many are left. */
    readonly remaining: number;
  }[];
}

/** What a request is explained on. */
export interface ExplainContext extends PlanContext {
  /** What a deployment has room for. @default {nothing is limited} */
  readonly roomOf?: (deployment: Deployment) => DeploymentRoom;
}

/** One candidate, to be shown: no credential in it. */
export interface ExplainedCandidate extends DeploymentRoom {
  /** The deployment's id. */
  readonly id: string;
  /** The provider's name. */
  readonly provider: string;
  /** The model that would be asked for. */
  readonly model: string;
  /** Which of the provider's keys, from 0. */
  readonly keyIndex: number;
  /** Its share within its rank. */
  readonly weight: number;
  /** All of a lower rank come first. */
  readonly rank: number;
  /** What the request would cost about, in millionths of a US dollar; `null` where unknown. */
  readonly estimatedCost: number | null;
  /** Attempts under way. */
  readonly inFlight: number;
  /** The mean time to the first token, or of a whole answer where that is asked for, in ms; `null` where unknown. */
  readonly firstTokenMs: number | null;
  /** The requests its account has left, as told last; `null` where unknown. */
  readonly remainingRequests: number | null;
  /** The tokens its account has left, as told last; `null` where unknown. */
  readonly remainingTokens: number | null;
}

/** One candidate that is passed over. */
export interface ExplainedSkip {
  /** The deployment's id. */
  readonly id: string;
  /** The model that would be asked for. */
  readonly model: string;
  /** Why, in a word for programs. */
  readonly code: SkipCode;
  /** Why, in words for people. */
  readonly reason: string;
  /** When it may be used again, in ms from now; `null` where unknown. */
  readonly retryInMs: number | null;
}

/** What would be done with one name. */
export interface ExplainedPlan {
  /** The name. */
  readonly model: string;
  /** The route that is found for it. */
  readonly route: string;
  /** The arm of the route's experiment. */
  readonly arm: string | null;
  /** In the order in which they would be tried. */
  readonly candidates: readonly ExplainedCandidate[];
  /** What is passed over, and why. */
  readonly skipped: readonly ExplainedSkip[];
  /** The id of what is tried when everything is out. */
  readonly lastResort: string | null;
  /** The id of what gets a copy. */
  readonly shadow: string | null;
}

/** What would be done with a request: plain data, fit for JSON. */
export interface RouteExplanation extends ExplainedPlan {
  /** The estimate of the input's tokens; `null` where unknown. */
  readonly estimatedTokens: number | null;
  /** The names that come next, by the way the candidates fail. */
  readonly fallbacks: FallbackChains;
  /** What would be done with each of these, once for each name. */
  readonly followers: readonly ExplainedPlan[];
}

/**
 * Explains what would be done with a request, without calling or changing
 * anything: the candidates in order, what is passed over and why, what comes
 * after a failure. It shows no credential. Give `SmoothDraws.peek` as `draw`:
 * strategies that draw at random show one draw.
 *
 * @throws {GatewayError} 404 `model_not_found` when no route has the name (K16).
 *
 * @example A model with a price
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { buildRouteTable, DeploymentStates, explainRoute } from "@llm-proxy/core/routing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const settings = { prices: { input: 2.5, output: 10 } };
 * const built = buildRouteTable([], { providers: [{ provider, settings }] });
 * assert(built.ok);
 * const explanation = explainRoute(
 *   { model: "mock/echo", inputTokens: 1000, outputTokens: 100 },
 *   { table: built.table, states: new DeploymentStates(), now: 0 },
 * );
 * assertEquals(explanation.candidates[0]?.estimatedCost, 3500);
 * factory.close();
 * ```
 */
export function explainRoute(
  request: RouteRequest,
  context: ExplainContext,
): RouteExplanation {
  return explainPlan(planRoute(request, context), { request, context });
}

/** Explains a plan that was made of these. */
export function explainPlan(
  plan: RoutePlan,
  { request, context }: {
    readonly request: RouteRequest;
    readonly context: ExplainContext;
  },
): RouteExplanation {
  const { error, contextWindow, contentPolicy } = plan.fallbacks;
  const names = new Set([...error, ...contextWindow, ...contentPolicy]);
  return {
    ...explained(plan, request, context),
    estimatedTokens: request.inputTokens ?? null,
    fallbacks: plan.fallbacks,
    followers: [...names].map((model) => {
      const next = planRoute(request, context, { model });
      return explained(next, request, context);
    }),
  };
}

function explained(
  { model, route, arm, candidates, skipped, lastResort, shadow }: RoutePlan,
  request: RouteRequest,
  context: ExplainContext,
): ExplainedPlan {
  const { now } = context;
  return {
    model,
    route: route.name,
    arm: arm ?? null,
    candidates: candidates.map((candidate) =>
      shown(candidate, request, context)
    ),
    skipped: skipped.map(({ candidate, code, reason, retryAt }) => ({
      id: candidate.deployment.id,
      model: candidate.model,
      code,
      reason,
      retryInMs: retryAt === undefined ? null : Math.max(0, retryAt - now),
    })),
    lastResort: lastResort?.candidate.deployment.id ?? null,
    shadow: shadow?.deployment.id ?? null,
  };
}

function shown(
  { deployment, provider, model, weight, rank }: Candidate,
  request: RouteRequest,
  { states, now, roomOf }: ExplainContext,
): ExplainedCandidate {
  const state = states.of(deployment);
  return {
    id: deployment.id,
    provider: provider.name,
    model,
    keyIndex: deployment.keyIndex,
    weight,
    rank,
    estimatedCost: estimateCost(request, deployment.prices) ?? null,
    inFlight: state.inFlight,
    firstTokenMs: state[answerKind(request)].average(now) ?? null,
    remainingRequests: state.upstreamLimits?.requests?.remaining ?? null,
    remainingTokens: state.upstreamLimits?.tokens?.remaining ?? null,
    ...roomOf?.(deployment) ?? { freeSlots: null, accountLimits: [] },
  };
}
