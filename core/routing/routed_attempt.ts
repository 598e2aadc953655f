import type { AttemptLimits } from "../attempt_clock.ts";
import { classifyFailure } from "../failure_class.ts";
import { UpstreamError } from "../errors.ts";
import type { Admission } from "./_admission.ts";
import type { RoutePlan } from "./plan_route.ts";
import type { Candidate } from "./route.ts";
import { readUpstreamLimits } from "./upstream_limits.ts";

/** What an attempt needs besides its admission. */
export interface RoutedAttemptOptions {
  /** Aborted when the caller has left, or when another attempt was quicker. */
  readonly signal: AbortSignal;
  /** How long it may take. */
  readonly limits: AttemptLimits;
  /** The plan of the request. */
  readonly plan: RoutePlan;
  /** Whether the request can go nowhere else. */
  readonly isSole: boolean;
  /** Asks for the caller's answer; throws where another attempt has it. */
  readonly claim: (attempt: RoutedAttempt) => void;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

/**
 * One attempt of a request, as the work that makes it sees it: where it goes,
 * how long it may take, and whom to tell of its progress.
 */
export class RoutedAttempt {
  /** Where it goes. */
  readonly candidate: Candidate;
  /** Aborted when there is nobody left to work for. */
  readonly signal: AbortSignal;
  /** How long it may take: the provider's limits, shortened by what the request has used. */
  readonly limits: AttemptLimits;
  /** The plan of its request, by which it goes unless it follows a fallback. */
  readonly plan: RoutePlan;
  /** When it began, on the clock of routing. */
  readonly startedAt: number;
  readonly #admission: Admission;
  readonly #claim: RoutedAttemptOptions["claim"];
  readonly #now: () => number;
  readonly #isSole: boolean;
  #answered = false;
  #tokens: number | undefined;
  #committed = false;
  #handedOn = false;

  /** Made by `Failover`. */
  constructor(admission: Admission, options: RoutedAttemptOptions) {
    this.candidate = admission.candidate;
    this.signal = options.signal;
    this.limits = options.limits;
    this.plan = options.plan;
    this.#admission = admission;
    this.#claim = options.claim;
    this.#now = options.now;
    this.#isSole = options.isSole;
    this.startedAt = admission.flight.startedAt;
  }

  /** Whether the caller's answer is this attempt's, and has begun. */
  get committed(): boolean {
    return this.#committed;
  }

  /** Whether it is a breaker's probe, which must not be hedged. */
  get isProbe(): boolean {
    return this.#admission.permit?.probe ?? false;
  }

  /** Notes the head of the provider's answer, whose headers may tell what its account has left. */
  answered(status: number, headers: Readonly<Record<string, string>>): void {
    this.#answered = status === 200;
    const limits = readUpstreamLimits(headers);
    if (limits !== undefined) this.#admission.state.limited(limits);
  }

  /**
   * Claims the caller's answer: to be called right before its first byte is
   * written, after which nothing can be taken back and no other attempt is made.
   *
   * @throws {GatewayError} where another attempt of the request has it already.
   */
  commit(): void {
    if (this.#committed) return;
    this.#claim(this);
    this.#committed = true;
    const { flight, permit, slot } = this.#admission;
    const now = this.#now();
    flight.firstToken(now);
    permit?.firstByte(now - this.startedAt);
    slot?.firstByte();
  }

  /** Whether the caller's answer was left to another attempt. */
  get handedOn(): boolean {
    return this.#handedOn;
  }

  /**
   * Leaves the caller's answer, which has begun and broken off, to another
   * attempt, for work that can go on with it: called before that throws. The
   * next attempt goes to another deployment, and commits anew; where there is
   * none, `Failover.run` throws what this one does.
   */
  handOn(): void {
    this.#handedOn = this.#committed;
  }

  /** Notes how many tokens it came to, both ways, as the provider counts them. */
  used(tokens: number): void {
    this.#tokens = tokens;
  }

  /** Ends it: it went well. */
  succeeded(): void {
    const { flight, permit, slot } = this.#admission;
    this.#endLease();
    flight.succeeded();
    permit?.success();
    slot?.release();
  }

  /**
   * Ends it: it failed, and whose making that was decides who is told. Where
   * there is nowhere else to go a provider that answers at all is not given up:
   * a poor answer is better than none. One that hangs is: no caller should wait
   * only to hear nothing.
   */
  failed(error: unknown): void {
    const { flight, permit, slot, candidate } = this.#admission;
    try {
      // What never got an answer has used nothing.
      if (!this.#answered) this.#tokens ??= 0;
      this.#endLease();
      const failure = classifyFailure(error, {
        callerLeft: this.signal.aborted,
        limits: this.limits,
        ownLimits: candidate.provider.limits,
      });
      if (failure === "fault") flight.failed();
      else flight.release();
      const isPoor = this.#answered && !isTimeout(error);
      if (this.#isSole && isPoor) permit?.release();
      else permit?.failure(failure);
      // Whatever our own bounds are, they say nothing of what the provider can do.
      if (failure !== "gateway" && isOverload(error)) slot?.overloaded();
    } finally {
      slot?.release();
    }
  }

  #endLease(): void {
    const { lease } = this.#admission;
    if (this.#tokens === undefined) lease?.release();
    else lease?.settle({ tokens: this.#tokens });
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === "timeout";
}

function isOverload(error: unknown): boolean {
  return error instanceof UpstreamError &&
    (error.kind === "rate_limit" || error.kind === "overloaded");
}
