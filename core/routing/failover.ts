import type { LateAbort } from "../late_abort.ts";
import type { AttemptLog } from "../attempt_log.ts";
import type { BreakerState } from "../breaker_state.ts";
import type { RetryBudget } from "../retry_budget.ts";
import type { RetryPolicyOptions } from "../retry_policy.ts";
import type { Breakers } from "./breakers.ts";
import type { Bulkheads } from "./bulkheads.ts";
import type { Cooldowns } from "./cooldowns.ts";
import type { Deployment } from "./deployment.ts";
import type { DeploymentStates } from "./deployment_states.ts";
import type { DeploymentRoom, ExplainContext } from "./explain_route.ts";
import type { FailoverParts } from "./_failover_parts.ts";
import { FailoverRun } from "./_failover_run.ts";
import type { Hedges } from "./hedges.ts";
import { LiveContext } from "./_live_context.ts";
import type { RoutePlan } from "./plan_route.ts";
import type { ProviderLimits } from "./provider_limits.ts";
import type { RouteRequest } from "./route_request.ts";
import type { RouteTable } from "./route_table.ts";
import type { RoutedAttempt } from "./routed_attempt.ts";
import { SmoothDraws } from "./smooth_draws.ts";

/** What decides where requests go and what follows a failure. All of it but the table outlives a reload. */
export interface FailoverOptions {
  /** The routes. */
  readonly table: RouteTable;
  /** How deployments do. */
  readonly states: DeploymentStates;
  /** A circuit breaker for each deployment. */
  readonly breakers: Breakers;
  /** What asked to be left alone. */
  readonly cooldowns: Cooldowns;
  /** Concurrency limits. */
  readonly bulkheads: Bulkheads;
  /** The limits of accounts at providers. @default {none} */
  readonly limits?: ProviderLimits;
  /** What bounds all extra attempts together. */
  readonly budget: RetryBudget;
  /** When slow requests are sent a second time. */
  readonly hedges: Hedges;
  /** How retries are made; how long they wait, deployments say. @default {{}} */
  readonly retry?: Omit<RetryPolicyOptions, "backoff">;
  /** A clock that never goes back, in ms: that of all the above. @default {performance.now} */
  readonly now?: () => number;
  /** Gives numbers from 0 up to but not including 1. @default {Math.random} */
  readonly random?: () => number;
}

/** One request to be carried somewhere. */
export interface FailoverRequest {
  /** What routing knows of it. */
  readonly request: RouteRequest;
  /** The model that is meant by the request's. @default {just that} */
  readonly model?: string | undefined;
  /** Aborted when the caller has left: then nothing is sent any more (C3). */
  readonly signal: AbortSignal | LateAbort;
  /** Takes note of every attempt. */
  readonly log: AttemptLog;
  /**
   * Makes one attempt, from sending the request to the last byte of the
   * caller's answer. It calls `commit()` on the attempt right before the first
   * byte; until then whatever it throws may be followed by another attempt,
   * and after it only where it calls `handOn()` before it throws.
   * Two may run at a time where the route hedges.
   */
  readonly work: (attempt: RoutedAttempt) => Promise<void>;
}

/**
 * Carries requests to deployments: it plans, admits, watches each attempt and,
 * where one fails before anything has reached the caller, goes on to the next:
 * another deployment or key, a fallback, or the same one after a wait.
 *
 * A request has three attempts at most, whatever its routes say (U20), all
 * extra ones come out of one budget (U16), and every slot, permit and count is
 * given back however a request ends (L9).
 *
 * @example The first deployment is down
 * ```ts
 * import { AttemptLog, ProviderFactory, RetryBudget, UpstreamError } from "@llm-proxy/core";
 * import {
 *   Breakers,
 *   buildRouteTable,
 *   Bulkheads,
 *   Cooldowns,
 *   DeploymentStates,
 *   Failover,
 *   Hedges,
 * } from "@llm-proxy/core/routing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const built = buildRouteTable([
 *   { match: "fast", targets: ["mock/down", "mock/echo"] },
 * ], { providers: [{ provider }] });
 * assert(built.ok);
 * const failover = new Failover({
 *   table: built.table,
 *   states: new DeploymentStates(),
 *   breakers: new Breakers(),
 *   cooldowns: new Cooldowns(),
 *   bulkheads: new Bulkheads(),
 *   budget: new RetryBudget(),
 *   hedges: new Hedges(),
 * });
 * const log = new AttemptLog();
 * await failover.run({
 *   request: { model: "fast" },
 *   signal: new AbortController().signal,
 *   log,
 *   work: (attempt) => {
 *     if (attempt.candidate.model === "down") {
 *       throw new UpstreamError("upstream", "It is down", { code: "upstream_reset" });
 *     }
 *     attempt.commit();
 *     return Promise.resolve();
 *   },
 * });
 * assertEquals(log.records.map(({ deployment, reason }) => [deployment, reason]), [
 *   ["mock/down", "upstream_reset"],
 *   ["mock/echo", "ok"],
 * ]);
 * factory.close();
 * ```
 */
export class Failover {
  readonly #options: FailoverOptions;
  readonly #draws: SmoothDraws;
  readonly #parts: FailoverParts;

  /** Takes the parts as they are; see {@linkcode FailoverOptions}. */
  constructor(options: FailoverOptions) {
    this.#options = options;
    const { random = Math.random, cooldowns, breakers, bulkheads } = options;
    const { table, states, limits, now = () => performance.now() } = options;
    const draws = new SmoothDraws({ random });
    this.#draws = draws;
    this.#parts = {
      states,
      breakers,
      bulkheads,
      limits,
      cooldowns,
      budget: options.budget,
      hedges: options.hedges,
      retry: options.retry,
      context: new LiveContext({
        table,
        states,
        views: [cooldowns, breakers, bulkheads, ...limits ? [limits] : []],
        random,
        draw: (route) => draws.next(route),
        now,
      }),
      now,
    };
  }

  /** The routes. */
  get table(): RouteTable {
    return this.#options.table;
  }

  /**
   * Carries a request to a deployment.
   *
   * @returns The plan it was carried by, once its work is done.
   * @throws {GatewayError} what the last attempt failed with, or why none was made.
   */
  run(request: FailoverRequest): Promise<RoutePlan> {
    try {
      return new FailoverRun(request, this.#parts).toItsEnd();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * How a deployment stands now, for those who watch: whether attempts go to
   * it, its breaker, how many are under way, and how many wait for a slot.
   */
  read(deployment: Deployment): {
    readonly available: boolean;
    readonly breaker: BreakerState;
    readonly inFlight: number;
    readonly queued: number;
  } {
    const { breakers, states, bulkheads, context } = this.#parts;
    return {
      available: context.views.every((view) =>
        view.isAvailable(deployment) === true
      ),
      breaker: breakers.stateOf(deployment),
      inFlight: states.peek(deployment)?.inFlight ?? 0,
      queued: bulkheads.of(deployment)?.queued ?? 0,
    };
  }

  /** What plans are made on now, with nothing taken. */
  preview(): ExplainContext {
    const { table, states, views, random, now } = this.#parts.context;
    const draw = (route: object): number => this.#draws.peek(route);
    const roomOf = (deployment: Deployment): DeploymentRoom =>
      this.#roomOf(deployment);
    return { table, states, views, random, now, draw, roomOf };
  }

  #roomOf(deployment: Deployment): DeploymentRoom {
    const { bulkheads, limits } = this.#parts;
    const slots = bulkheads.of(deployment);
    return {
      freeSlots: slots === undefined
        ? null
        : Math.max(0, slots.limit - slots.inFlight),
      accountLimits: limits?.left(deployment) ?? [],
    };
  }
}
