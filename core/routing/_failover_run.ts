import type { AttemptLimits } from "../attempt_clock.ts";
import type { AttemptLog } from "../attempt_log.ts";
import { type Backoff, fullJitter } from "../backoff.ts";
import { UpstreamError } from "../errors.ts";
import type { RetryBudget } from "../retry_budget.ts";
import {
  decideRetry,
  type RetryDecision,
  type RetryPolicyOptions,
} from "../retry_policy.ts";
import { retryDelay } from "../retry_after.ts";
import { wait } from "../wait.ts";
import { type Admission, type Gatekeepers, tryAdmit } from "./_admission.ts";
import { Admitter, type AdmitterOptions } from "./_admitter.ts";
import { CandidateQueue } from "./_candidate_queue.ts";
import type { Cooldowns } from "./cooldowns.ts";
import type { Deployment } from "./deployment.ts";
import { describeFailure } from "./_describe_failure.ts";
import type { FailoverRequest } from "./failover.ts";
import type { Hedges } from "./hedges.ts";
import { type Outcome, Race, type RaceEntry } from "./_race.ts";
import type { PlanContext, RoutePlan } from "./plan_route.ts";
import type { Candidate } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";
import { RoutedAttempt } from "./routed_attempt.ts";
import { estimateCost } from "./token_cost.ts";

/**
 * A request may take as long as so many attempts that use up their time: one
 * that hangs to its end must leave another its turn (U3).
 */
const ATTEMPTS_IN_FULL = 2;
/** The longest wait of our own choosing, in ms. */
const MAX_BACKOFF = 8_000;

/** What one run is made with. */
export interface FailoverRunOptions extends Omit<Gatekeepers, "request"> {
  readonly context: () => PlanContext;
  readonly cooldowns: Cooldowns;
  readonly budget: RetryBudget;
  readonly hedges: Hedges;
  readonly retry: RetryPolicyOptions | undefined;
  readonly now: () => number;
}

/** The way of one request from deployment to deployment. */
export class FailoverRun implements AdmitterOptions {
  readonly states: Gatekeepers["states"];
  readonly breakers: Gatekeepers["breakers"];
  readonly bulkheads: Gatekeepers["bulkheads"];
  readonly limits: Gatekeepers["limits"];
  readonly cooldowns: Cooldowns;
  readonly request: RouteRequest;
  readonly signal: AbortSignal;
  readonly log: AttemptLog;
  readonly now: () => number;
  readonly #request: FailoverRequest;
  readonly #options: FailoverRunOptions;
  readonly #queue: CandidateQueue;
  readonly #admitter: Admitter;
  readonly #startedAt: number;
  /** Until when it may take; known with its first attempt. */
  #deadline = Infinity;
  #attempts = 0;
  /** How often the deployment at hand was asked again. */
  #retries = 0;
  #committed = false;
  /** What broke an answer off that others may go on with. */
  #broken: unknown;

  /**
   * Plans the request.
   *
   * @throws {GatewayError} 404 `model_not_found`.
   */
  constructor(request: FailoverRequest, options: FailoverRunOptions) {
    this.states = options.states;
    this.breakers = options.breakers;
    this.bulkheads = options.bulkheads;
    this.limits = options.limits;
    this.cooldowns = options.cooldowns;
    this.request = request.request;
    this.signal = request.signal;
    this.log = request.log;
    this.now = options.now;
    this.#request = request;
    this.#options = options;
    this.#startedAt = options.now();
    this.#queue = new CandidateQueue(request.request, options.context);
    this.#admitter = new Admitter(this.#queue, this);
  }

  /** The plan of the request itself. */
  get plan(): RoutePlan {
    return this.#queue.first;
  }

  /** Makes attempts until one goes well, or none may follow; resolves with the plan. */
  async toItsEnd(): Promise<RoutePlan> {
    const { budget, hedges } = this.#options;
    budget.deposit();
    hedges.of(this.plan.route)?.deposit(this.#costOf(this.plan.candidates[0]));
    let admission = this.#admitter.atOnce() ??
      await this.#admitter.first();
    const { total } = admission.candidate.provider.limits;
    this.#deadline = this.#startedAt + total * ATTEMPTS_IN_FULL;
    let previousMs = 0;
    let giveBack: (() => void) | undefined;
    for (;;) {
      const { attempt, error } = await this.#attempt(admission);
      if (error === undefined) {
        giveBack?.();
        return this.plan;
      }
      if (attempt.handedOn) this.#leaveOpen(error);
      const decision = this.#decide(error, admission.candidate, previousMs);
      giveBack = decision && budget.withdraw();
      if (decision === undefined || giveBack === undefined) {
        throw this.#last(error);
      }
      const next = await this.#next(admission.candidate, decision, giveBack);
      if (next === undefined) throw this.#last(error);
      previousMs = decision.delayMs;
      admission = next;
    }
  }

  /** What follows a failed attempt; nothing where none may. */
  #decide(
    error: unknown,
    { deployment }: Candidate,
    previousMs: number,
  ): RetryDecision | undefined {
    const { budget, retry, now } = this.#options;
    this.#queue.recheck();
    const decision = decideRetry({
      error,
      attempts: this.#attempts,
      committed: this.#committed,
      aborted: this.#request.signal.aborted,
      others: this.#queue.waiting().length > 0,
      budgetLeft: budget.left,
      remainingMs: this.#deadline - now(),
      previousMs,
    }, { ...retry, backoff: backoffOf(deployment) });
    if (decision.retry === "none") return undefined;
    // What has begun goes on elsewhere, or not at all.
    if (this.#broken !== undefined && decision.retry !== "other") {
      return undefined;
    }
    const isAgain = decision.retry === "same";
    if (isAgain && this.#retries >= deployment.maxRetries) return undefined;
    this.#retries = isAgain ? this.#retries + 1 : 0;
    return decision;
  }

  #leaveOpen(error: unknown): void {
    this.#committed = false;
    this.#broken = error;
  }

  /** What the request has failed with: an answer that broke off did so by what broke it, whatever came of going on with it. */
  #last(error: unknown): unknown {
    if (this.#committed || this.#request.signal.aborted) return error;
    return this.#broken ?? error;
  }

  /** Waits where that was decided, and admits the next attempt; gives back what was taken for it where there is none. */
  async #next(
    candidate: Candidate,
    { retry, delayMs }: RetryDecision,
    giveBack: () => void,
  ): Promise<Admission | undefined> {
    let next: Admission | undefined;
    try {
      if (retry === "same") {
        await this.#pause(delayMs);
        next = tryAdmit(candidate, this);
      } else {
        if (retry === "fallback_context") this.#queue.turnTo("contextWindow");
        if (retry === "fallback_policy") this.#queue.turnTo("contentPolicy");
        next = await this.#admitter.next();
      }
      return next;
    } finally {
      if (next === undefined) giveBack();
    }
  }

  async #pause(delayMs: number): Promise<void> {
    const from = this.now();
    try {
      await wait(delayMs, this.signal);
    } finally {
      this.log.paused(this.now() - from);
    }
  }

  /** Makes an attempt, and a second beside it where the route hedges. */
  #attempt(admission: Admission): Promise<Outcome> {
    const { signal } = this.#request;
    const policy = this.#options.hedges.of(this.plan.route);
    const delay = this.#attempts > 0 || admission.permit?.probe
      ? undefined
      : policy?.delay(admission.state);
    if (delay === undefined) {
      return this.#try(admission, { signal, claim: this.#commit });
    }
    const race = new Race(signal, this.#commit);
    const lead = this.#try(admission, race.enter());
    return race.run(lead, this.#hedge(race, delay));
  }

  /** Makes the second attempt once the first has been silent too long. */
  async #hedge(race: Race, delay: number): Promise<Outcome | "not made"> {
    const { hedges, budget } = this.#options;
    if (!await race.silentFor(delay)) return "not made";
    const [candidate] = this.#queue.waiting();
    if (candidate === undefined) return "not made";
    const cost = this.#costOf(candidate);
    if (!hedges.of(this.plan.route)?.withdraw(cost)) return "not made";
    // Not given back when it goes well, for hedges do by nature.
    if (budget.withdraw() === undefined) return "not made";
    const admission = tryAdmit(candidate, this);
    if (admission === undefined) return "not made";
    this.#queue.take(candidate);
    return await this.#try(admission, race.enter());
  }

  async #try(
    admission: Admission,
    { signal, claim }: RaceEntry,
  ): Promise<Outcome> {
    const { now, cooldowns } = this.#options;
    const { work } = this.#request;
    const { deployment } = admission.candidate;
    this.#attempts++;
    const limits = this.#limitsOf(admission.candidate);
    const attempt = new RoutedAttempt(admission, {
      signal,
      limits,
      plan: this.plan,
      isSole: this.#queue.isSole,
      claim,
      now,
    });
    const entry = this.log.begin(deployment.id);
    let error: unknown;
    try {
      await work(attempt);
    } catch (thrown) {
      error = thrown ?? new TypeError("The work of an attempt threw nothing");
    }
    const durationMs = now() - attempt.startedAt;
    if (error === undefined) {
      attempt.succeeded();
      cooldowns.succeeded(deployment);
      entry.end({ reason: "ok", status: 200, durationMs });
    } else {
      attempt.failed(error);
      if (!signal.aborted) this.#observe(deployment, error);
      entry.end({ ...describeFailure(error), durationMs });
    }
    return { attempt, error };
  }

  /** Where there is nowhere else to go, only what the provider asked for is heeded. */
  #observe(deployment: Deployment, error: unknown): void {
    if (this.#queue.isSole && !asksForTime(error)) return;
    this.#options.cooldowns.observe(deployment, error);
  }

  readonly #commit = (): void => {
    this.#committed = true;
  };

  /** A later attempt may take what is left of the request's time, and no longer. */
  #limitsOf({ provider: { limits } }: Candidate): AttemptLimits {
    if (this.#attempts === 1) return limits;
    const left = this.#deadline - this.#options.now();
    return left >= limits.total ? limits : { ...limits, total: left };
  }

  #costOf(candidate: Candidate | undefined): number {
    const { request } = this.#request;
    return estimateCost(request, candidate?.deployment.prices) ?? 0;
  }
}

function asksForTime(error: unknown): boolean {
  return error instanceof UpstreamError &&
    (retryDelay(error.headers, { body: error.details }) ?? 0) > 0;
}

function backoffOf({ retryDelayMs }: Deployment): Backoff {
  return fullJitter({
    baseMs: retryDelayMs,
    maxMs: Math.max(retryDelayMs, MAX_BACKOFF),
  });
}
