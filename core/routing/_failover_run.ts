import type { AttemptLog } from "../attempt_log.ts";
import type { AttemptLimits } from "../attempt_clock.ts";
import { type LateAbort, signalOf } from "../late_abort.ts";
import type { RetryDecision } from "../retry_policy.ts";
import { wait } from "../wait.ts";
import { type Admission, tryAdmit } from "./_admission.ts";
import {
  type AdmissionSeeker,
  admitAtOnce,
  admitFirst,
  admitNext,
} from "./_admitter.ts";
import { CandidateQueue } from "./_candidate_queue.ts";
import { decideNext } from "./_decide_next.ts";
import type { FailoverRequest } from "./failover.ts";
import type { FailoverParts } from "./_failover_parts.ts";
import { admitHedge, hedgeDelay } from "./_hedge.ts";
import { type Outcome, Race } from "./_race.ts";
import type { RoutePlan } from "./plan_route.ts";
import type { Candidate } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";
import { type AttemptOwner, RoutedAttempt } from "./routed_attempt.ts";
import { estimateCost } from "./token_cost.ts";

/**
 * A request may take as long as so many attempts that use up their time: one
 * that hangs to its end must leave another its turn (U3).
 */
const ATTEMPTS_IN_FULL = 2;

/**
 * The way of one request from deployment to deployment. Most requests go to the
 * first and are done: for them nothing is made here that only others need.
 */
export class FailoverRun implements AttemptOwner, AdmissionSeeker {
  readonly parts: FailoverParts;
  readonly abort: AbortSignal | LateAbort;
  readonly #request: FailoverRequest;
  readonly #queue: CandidateQueue;
  readonly #startedAt: number;
  #attempts = 0;
  /** How often the deployment at hand was asked again. */
  #retries = 0;
  #committed = false;
  /** What broke an answer off that others may go on with. */
  #broken: unknown;
  /** How long the first attempt may take in all, in ms; 0 before there is one. */
  #totalMs = 0;

  /**
   * Plans the request.
   *
   * @throws {GatewayError} 404 `model_not_found`.
   */
  constructor(request: FailoverRequest, parts: FailoverParts) {
    this.parts = parts;
    this.#request = request;
    this.abort = request.signal;
    this.#startedAt = parts.now();
    this.#queue = new CandidateQueue(request.request, parts.context, {
      at: this.#startedAt,
      model: request.model,
    });
  }

  /** The plan of the request itself. */
  get plan(): RoutePlan {
    return this.#queue.first;
  }

  /** What routing knows of the request. */
  get request(): RouteRequest {
    return this.#request.request;
  }

  /** Aborted when the caller has left. */
  get signal(): AbortSignal {
    return signalOf(this.abort);
  }

  /** Takes note of every attempt. */
  get log(): AttemptLog {
    return this.#request.log;
  }

  /** Whether the request can go nowhere else. */
  get isSole(): boolean {
    return this.#queue.isSole;
  }

  now(): number {
    return this.parts.now();
  }

  /** The answer has begun: nothing is tried any more. */
  claim(): void {
    this.#committed = true;
  }

  /** A later attempt may take what is left of the request's time, and no longer. */
  limitsOf({ provider: { limits } }: Candidate): AttemptLimits {
    if (this.#attempts <= 1) return limits;
    const left = Math.max(1, this.#leftMs);
    return left >= limits.total ? limits : { ...limits, total: left };
  }

  patienceFor({ provider: { limits } }: Candidate): number {
    if (this.#totalMs > 0) return this.#leftMs;
    const mostMs = limits.total * ATTEMPTS_IN_FULL;
    return this.#startedAt + mostMs - this.now();
  }

  /** Makes attempts until one goes well, or none may follow; resolves with the plan. */
  toItsEnd(): Promise<RoutePlan> {
    const admission = admitAtOnce(this.#queue, this, this.#startedAt);
    return admission === undefined
      ? admitFirst(this.#queue, this).then((it) => this.#first(it))
      : this.#first(admission);
  }

  /** Makes the first attempt. An async function would hold twice as much while it is waited for. */
  #first(admission: Admission): Promise<RoutePlan> {
    const delay = this.#begin(admission);
    if (delay !== undefined) {
      return this.#race(admission, delay)
        .then((outcome) => this.#goOn(outcome, admission));
    }
    const attempt = this.#open(admission, this);
    return this.#work(attempt).then(
      () => this.#succeeded(attempt),
      (thrown) => this.#goOn(this.#failed(attempt, thrown), admission),
    );
  }

  /** Notes that the first attempt begins; tells how long it is waited for before there is a second. */
  #begin(admission: Admission): number | undefined {
    const { budget, hedges } = this.parts;
    // What is refused makes no attempt, and pays for none.
    budget.deposit(admission.flight.startedAt);
    this.#totalMs = admission.candidate.provider.limits.total;
    const hedging = hedges.of(this.plan.route);
    if (hedging === undefined) return undefined;
    const { prices } = admission.candidate.deployment;
    hedging.deposit(estimateCost(this.request, prices) ?? 0);
    return hedgeDelay(admission, hedging);
  }

  /** Makes further attempts as long as one has failed. */
  async #goOn(
    { attempt, error }: Outcome,
    { candidate }: Admission,
  ): Promise<RoutePlan> {
    const { budget } = this.parts;
    let previousMs = 0;
    let giveBack: (() => void) | undefined;
    while (error !== undefined) {
      if (attempt.handedOn) this.#leaveOpen(error);
      const decision = this.#decide(error, candidate, previousMs);
      giveBack = decision && budget.withdraw();
      if (decision === undefined || giveBack === undefined) {
        throw this.#last(error);
      }
      const next = await this.#next(candidate, decision, giveBack);
      if (next === undefined) throw this.#last(error);
      previousMs = decision.delayMs;
      ({ candidate } = next);
      ({ attempt, error } = await this.#try(next, this));
    }
    giveBack?.();
    return this.plan;
  }

  /** What is left of the request's time, in ms. */
  get #leftMs(): number {
    const mostMs = this.#totalMs * ATTEMPTS_IN_FULL;
    return this.#startedAt + mostMs - this.now();
  }

  /** What follows a failed attempt; nothing where none may. */
  #decide(
    error: unknown,
    { deployment }: Candidate,
    previousMs: number,
  ): RetryDecision | undefined {
    const { budget, retry } = this.parts;
    this.#queue.recheck();
    const decision = decideNext({
      error,
      attempts: this.#attempts,
      committed: this.#committed,
      aborted: this.abort.aborted,
      others: this.#queue.waiting().length > 0,
      budgetLeft: budget.left,
      remainingMs: this.#leftMs,
      previousMs,
    }, {
      deployment,
      retries: this.#retries,
      isBroken: this.#broken !== undefined,
      retry,
    });
    this.#retries = decision?.retry === "same" ? this.#retries + 1 : 0;
    return decision;
  }

  #leaveOpen(error: unknown): void {
    this.#committed = false;
    this.#broken = error;
  }

  /** What the request has failed with: an answer that broke off did so by what broke it, whatever came of going on with it. */
  #last(error: unknown): unknown {
    if (this.#committed || this.abort.aborted) return error;
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
        // It may have taken longer than was thought.
        if (this.#leftMs > 0) next = tryAdmit(candidate, this);
      } else {
        if (retry === "fallback_context") this.#queue.turnTo("contextWindow");
        if (retry === "fallback_policy") this.#queue.turnTo("contentPolicy");
        next = await admitNext(this.#queue, this);
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

  /** Makes an attempt, and a second beside it once that has been silent too long. */
  #race(admission: Admission, delay: number): Promise<Outcome> {
    const race = new Race(this);
    const lead = this.#try(admission, race.enter());
    return race.run(lead, this.#hedge(race, delay));
  }

  async #hedge(race: Race, delay: number): Promise<Outcome | "not made"> {
    if (!await race.silentFor(delay)) return "not made";
    const admission = admitHedge(this.#queue, this);
    if (admission === undefined) return "not made";
    return await this.#try(admission, race.enter());
  }

  async #try(admission: Admission, owner: AttemptOwner): Promise<Outcome> {
    const attempt = this.#open(admission, owner);
    try {
      await this.#work(attempt);
    } catch (thrown) {
      return this.#failed(attempt, thrown);
    }
    this.#succeeded(attempt);
    return { attempt, error: undefined };
  }

  #work(attempt: RoutedAttempt): Promise<void> {
    try {
      return this.#request.work(attempt);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  #failed(attempt: RoutedAttempt, thrown: unknown): Outcome {
    const error = thrown ?? new TypeError("The work threw nothing");
    const { candidate: { deployment }, abort } = attempt;
    attempt.failed(error, this.now());
    if (!abort.aborted) this.parts.cooldowns.observe(deployment, error, this);
    return { attempt, error };
  }

  #succeeded(attempt: RoutedAttempt): RoutePlan {
    attempt.succeeded(this.now());
    this.parts.cooldowns.succeeded(attempt.candidate.deployment);
    return this.plan;
  }

  #open(admission: Admission, owner: AttemptOwner): RoutedAttempt {
    this.#attempts++;
    return new RoutedAttempt(admission, owner);
  }
}
