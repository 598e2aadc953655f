import type { AttemptLimits } from "../attempt_clock.ts";
import { GatewayError } from "../errors.ts";
import { classifyFailure } from "../failure_class.ts";
import type { RateLimitLease } from "../rate_limit_lease.ts";
import { DeploymentStates } from "./deployment_states.ts";
import type { Flight } from "./flight.ts";
import type { ProviderLimits } from "./provider_limits.ts";
import type { Candidate } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";

/** How {@linkcode Shadows} are bounded. */
export interface ShadowsOptions {
  /** The limits of accounts at providers: copies count there, for they are asked for like any request. @default {none} */
  readonly limits?: ProviderLimits | undefined;
  /** How many copies there are at a time. @default {32} */
  readonly maxConcurrent?: number;
  /** How long one may take, in ms; a provider's own limits may be shorter. @default {120_000} */
  readonly maxMs?: number;
  /** A clock that never goes back, in ms. @default {performance.now} */
  readonly now?: () => number;
}

/** A copy to be sent. */
export interface ShadowRequest {
  /** What the account's limits are asked for. */
  readonly request: Pick<RouteRequest, "inputTokens" | "outputTokens">;
  /** Sends it and reads the answer to its end. What it throws ends the copy and nothing else. */
  readonly work: (copy: ShadowCopy) => Promise<void>;
}

/** A copy under way, as the work that makes it sees it. */
export interface ShadowCopy {
  /** Where it goes. */
  readonly candidate: Candidate;
  /** Aborted when all copies are given up. */
  readonly signal: AbortSignal;
  /** How long it may take. */
  readonly limits: AttemptLimits;
  /** Notes that the first content has come. */
  firstToken(): void;
  /** Notes how many tokens it came to, both ways. */
  used(tokens: number): void;
}

/**
 * Copies of requests that go to another deployment in the background, so that
 * its answers can be compared with those that callers got.
 *
 * Nothing of a copy is felt by others. It goes by no circuit breaker, cooldown
 * or retry budget and tells none of them, takes no slot of its deployment's
 * concurrency limit, and is never made again. How deployments do under copies
 * is counted apart, in {@linkcode Shadows.states}. What keeps a copy from
 * being made: the deployment being out, as the plan has found; the limits of
 * its account; too many copies under way. Then there is none; copies never wait.
 *
 * @example A copy whose answer nobody waits for
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { createDeployment, Shadows } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const deployment = createDeployment({ provider, model: "echo" });
 * const candidate = { deployment, provider, model: "echo", weight: 1, rank: 0 };
 * const shadows = new Shadows({ maxConcurrent: 1 });
 * const answered = Promise.withResolvers<void>();
 * const copy = { request: {}, work: () => answered.promise };
 * assertEquals([shadows.send(candidate, copy), shadows.send(candidate, copy)], [true, false]);
 * answered.resolve();
 * shadows.close();
 * factory.close();
 * ```
 */
export class Shadows {
  /** How deployments do under copies. */
  readonly states: DeploymentStates;
  readonly #limits: ProviderLimits | undefined;
  readonly #maxConcurrent: number;
  readonly #maxMs: number;
  readonly #closing = new AbortController();
  #active = 0;

  /** Begins with none under way. */
  constructor(options: ShadowsOptions = {}) {
    const { limits, maxConcurrent = 32, maxMs = 120_000, now } = options;
    this.#limits = limits;
    this.#maxConcurrent = maxConcurrent;
    this.#maxMs = maxMs;
    this.states = new DeploymentStates(now && { now });
  }

  /** How many copies are under way. */
  get active(): number {
    return this.#active;
  }

  /**
   * Sends a copy, unless there are too many or the account has no room.
   *
   * @returns Whether it is sent.
   */
  send(candidate: Candidate, { request, work }: ShadowRequest): boolean {
    const { signal } = this.#closing;
    if (signal.aborted || this.#active >= this.#maxConcurrent) return false;
    const lease = this.#limits?.take(candidate.deployment, request);
    if (lease === "full") return false;
    this.#active++;
    void this.#run(work, { candidate, signal, lease });
    return true;
  }

  /** Gives up every copy that is under way, and makes no more. */
  close(): void {
    this.#closing.abort(
      new GatewayError("client_closed", "The copy was given up", {
        code: "shadow_cancelled",
      }),
    );
  }

  async #run(
    work: ShadowRequest["work"],
    { candidate, signal, lease }:
      & Pick<ShadowCopy, "candidate" | "signal">
      & { readonly lease: RateLimitLease | undefined },
  ): Promise<void> {
    const flight = this.states.of(candidate.deployment).start();
    const ownLimits = candidate.provider.limits;
    const limits = {
      ...ownLimits,
      total: Math.min(ownLimits.total, this.#maxMs),
    };
    let tokens: number | undefined;
    try {
      await work({
        candidate,
        signal,
        limits,
        firstToken: () => flight.firstToken(),
        used: (count) => tokens = count,
      });
      flight.succeeded();
    } catch (error) {
      const callerLeft = signal.aborted;
      end(flight, classifyFailure(error, { callerLeft, limits, ownLimits }));
    } finally {
      if (tokens === undefined) lease?.release();
      else lease?.settle({ tokens });
      this.#active--;
    }
  }
}

function end(
  flight: Flight,
  failure: ReturnType<typeof classifyFailure>,
): void {
  if (failure === "fault") flight.failed();
  else flight.release();
}
