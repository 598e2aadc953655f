import type { AttemptLimits } from "../attempt_clock.ts";
import type { AttemptEntry, AttemptLog } from "../attempt_log.ts";
import { classifyFailure } from "../failure_class.ts";
import { UpstreamError } from "../errors.ts";
import type { AbortSource } from "../late_abort.ts";
import type { Admission } from "./_admission.ts";
import { describeFailure } from "./_describe_failure.ts";
import type { RoutePlan } from "./plan_route.ts";
import type { Candidate } from "./route.ts";
import { readUpstreamLimits } from "./upstream_limits.ts";

/** Whose attempt it is: a request's, on its own or in a race. */
export interface AttemptOwner {
  /** Aborted when the caller has left, or when another attempt was quicker. */
  readonly signal: AbortSignal;
  /** The same, for whoever needs no signal of it. */
  readonly abort: AbortSource;
  /** The plan of the request. */
  readonly plan: RoutePlan;
  /** Whether the request can go nowhere else. */
  readonly isSole: boolean;
  /** Takes note of every attempt. */
  readonly log: AttemptLog;
  /** How long an attempt there may take. */
  limitsOf(candidate: Candidate): AttemptLimits;
  /** Asks for the caller's answer; throws where another attempt has it. */
  claim(attempt: RoutedAttempt): void;
  /** A clock that never goes back, in ms. */
  now(): number;
}

/**
 * One attempt of a request, as the work that makes it sees it: where it goes,
 * how long it may take, and whom to tell of its progress.
 */
export class RoutedAttempt {
  /** Where it goes. */
  readonly candidate: Candidate;
  /** How long it may take: the provider's limits, shortened by what the request has used. */
  readonly limits: AttemptLimits;
  /** The plan of its request, by which it goes unless it follows a fallback. */
  readonly plan: RoutePlan;
  readonly #admission: Admission;
  readonly #owner: AttemptOwner;
  readonly #entry: AttemptEntry;
  #answered = false;
  #tokens: number | undefined;
  #committedAt: number | undefined;
  #handedOn = false;

  /** Made by `Failover`. */
  constructor(admission: Admission, owner: AttemptOwner) {
    this.candidate = admission.candidate;
    this.limits = owner.limitsOf(admission.candidate);
    this.plan = owner.plan;
    this.#admission = admission;
    this.#owner = owner;
    this.#entry = owner.log.begin(this.candidate.deployment.id);
  }

  /** Aborted when there is nobody left to work for. */
  get signal(): AbortSignal {
    return this.#owner.signal;
  }

  /** The same, for whoever needs no signal of it. */
  get abort(): AbortSource {
    return this.#owner.abort;
  }

  /** When it began, on the clock of routing. */
  get startedAt(): number {
    return this.#admission.flight.startedAt;
  }

  /** Whether the caller's answer is this attempt's, and has begun. */
  get committed(): boolean {
    return this.#committedAt !== undefined;
  }

  /** When it began, on the clock of routing. */
  get committedAt(): number | undefined {
    return this.#committedAt;
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
    if (this.#committedAt !== undefined) return;
    this.#owner.claim(this);
    const { flight, permit, slot } = this.#admission;
    const now = this.#owner.now();
    this.#committedAt = now;
    flight.firstToken(now);
    // A whole answer comes late because it is long.
    if (flight.kind === "streamed") {
      permit?.firstByte(now - this.startedAt, now);
    }
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
    this.#handedOn = this.committed;
  }

  /** Notes how many tokens it came to, both ways, as the provider counts them. */
  used(tokens: number): void {
    this.#tokens = tokens;
  }

  /**
   * Ends it: it went well.
   *
   * @param now The time, on the clock of routing.
   */
  succeeded(now: number): void {
    const { flight, permit, slot } = this.#admission;
    try {
      this.#endLease(now);
      flight.succeeded();
      permit?.success(now);
      const durationMs = now - this.startedAt;
      this.#entry.end({ reason: "ok", status: 200, durationMs });
    } finally {
      slot?.release();
    }
  }

  /**
   * Ends it: it failed, and whose making that was decides who is told. Where
   * there is nowhere else to go a provider that answers at all is not given up:
   * a poor answer is better than none. One that hangs is: no caller should wait
   * only to hear nothing.
   *
   * @param now The time, on the clock of routing.
   */
  failed(error: unknown, now: number): void {
    const { flight, permit, slot, candidate } = this.#admission;
    try {
      const durationMs = now - this.startedAt;
      this.#entry.end({ ...describeFailure(error), durationMs });
      // What never got an answer has used nothing; what was given up may have.
      if (!this.#answered && !this.abort.aborted) this.#tokens ??= 0;
      this.#endLease(now);
      const failure = classifyFailure(error, {
        callerLeft: this.abort.aborted,
        limits: this.limits,
        ownLimits: candidate.provider.limits,
      });
      if (failure === "fault") flight.failed();
      else flight.release();
      const isPoor = this.#answered && !isTimeout(error);
      if (this.#owner.isSole && isPoor) permit?.release();
      else permit?.failure(failure);
      // Whatever our own bounds are, they say nothing of what the provider can do.
      if (failure !== "gateway" && isOverload(error)) slot?.overloaded();
    } finally {
      slot?.release();
    }
  }

  #endLease(now: number): void {
    const { lease } = this.#admission;
    if (this.#tokens === undefined) lease?.release(now);
    else lease?.settle({ tokens: this.#tokens }, now);
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === "timeout";
}

function isOverload(error: unknown): boolean {
  return error instanceof UpstreamError &&
    (error.kind === "rate_limit" || error.kind === "overloaded");
}
