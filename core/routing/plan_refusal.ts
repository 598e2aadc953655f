import { GatewayError } from "../errors.ts";
import { retryAfterHeaders } from "../retry_after.ts";
import { backAt } from "./_back_at.ts";
import type { RoutePlan, SkippedCandidate } from "./plan_route.ts";

/** What a client is told to wait where nobody knows, in ms. */
const DEFAULT_WAIT = 1_000;

/** What {@linkcode planRefusal} goes by. */
export interface PlanRefusalOptions {
  /** The clock of the plans, in ms. */
  readonly now: number;
}

/**
 * What to tell a client whose request can't go anywhere.
 *
 * Where anything is only unavailable: 503 with the time until the first is back
 * (U19). Else the request fits no deployment: 400 `context_length_exceeded`
 * where it is too long for one (K15), 400 `unsupported_by_model` where none can
 * do what it needs. What was tried already says nothing here: then the failure
 * of the last attempt is the answer.
 *
 * @param plans The plan of the request and those of its fallbacks.
 * @returns `undefined` where a plan has candidates, or all were tried.
 *
 * @example The request is too long
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { buildRouteTable, DeploymentStates, planRefusal, planRoute } from "@llm-proxy/core/routing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const settings = { contextWindow: 100 };
 * const built = buildRouteTable([], { providers: [{ provider, settings }] });
 * assert(built.ok);
 * const plan = planRoute({ model: "mock/echo", inputTokens: 101 }, {
 *   table: built.table,
 *   states: new DeploymentStates(),
 *   now: 0,
 * });
 * assertEquals(planRefusal([plan], { now: 0 })?.code, "context_length_exceeded");
 * factory.close();
 * ```
 */
export function planRefusal(
  plans: readonly RoutePlan[],
  { now }: PlanRefusalOptions,
): GatewayError | undefined {
  if (plans.some(({ candidates }) => candidates.length > 0)) return undefined;
  const skipped = plans.flatMap(({ skipped }) => skipped);
  const asked = plans[0]?.model.slice(0, 200) ?? "";
  const unavailable = skipped.filter(({ code }) => code === "unavailable");
  if (unavailable.length > 0) {
    return new GatewayError(
      "overloaded",
      `No deployment of '${asked}' can be used now`,
      {
        code: "no_deployment_available",
        headers: retryAfterHeaders(earliest(unavailable, now)),
      },
    );
  }
  const long = skipped.find(({ code }) => code === "context_window");
  if (long !== undefined) {
    return new GatewayError(
      "invalid_request",
      `The request is too long for '${asked}': ${long.reason}`,
      { code: "context_length_exceeded", param: "messages" },
    );
  }
  const unfit = skipped.find(({ code }) => code !== "tried");
  if (unfit === undefined) return undefined;
  return new GatewayError(
    "invalid_request",
    `No deployment of '${asked}' can serve the request: ${unfit.reason}`,
    {
      code: unfit.code === "endpoint"
        ? "unsupported_endpoint"
        : "unsupported_by_model",
      param: unfit.param ?? "model",
    },
  );
}

function earliest(
  skipped: readonly SkippedCandidate[],
  now: number,
): number {
  let first = Infinity;
  for (const skip of skipped) first = Math.min(first, backAt(skip));
  return first === Infinity ? DEFAULT_WAIT : Math.max(0, first - now);
}
