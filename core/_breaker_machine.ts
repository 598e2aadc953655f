import { NO_SLOT, Permit, type PermitOwner } from "./_breaker_permit.ts";
import type {
  BreakerChangeReason,
  BreakerSnapshot,
  BreakerState,
  BreakerStateChange,
} from "./breaker_state.ts";
import type { CheckedBreakerOptions } from "./circuit_breaker_options.ts";

/** Whom a breaker tells of its changes. */
export type ChangeListener = (change: BreakerStateChange) => void;

/** Where the count of openings ends: 2 ** 30 seconds outlast any cap. */
const MAX_OPENINGS = 30;

/**
 * The states of a circuit breaker. Attempts carry the generation in which they
 * were let through, and each opening begins a new one, so that what was sent
 * before an outage cannot tell of the time after it. Probe slots are counted
 * over all generations: a probe runs until it ends, whatever became of the
 * circuit.
 */
export class BreakerMachine implements PermitOwner {
  readonly #options: CheckedBreakerOptions;
  #listeners: readonly ChangeListener[] = [];
  #state: BreakerState = "closed";
  #closedAt: number;
  #openUntil = 0;
  #lastResortAt = 0;
  #openings = 0;
  #generation = 0;
  /** Good probes since the circuit opened. */
  #successes = 0;
  #probes = 0;
  #probedAt = 0;
  /** Begins anew when the probes that run are given up for lost. */
  #series = 0;

  constructor(options: CheckedBreakerOptions) {
    this.#options = options;
    this.#closedAt = this.now;
  }

  get state(): BreakerState {
    return this.#state;
  }

  get openUntil(): number | undefined {
    return this.#state === "open" ? this.#openUntil : undefined;
  }

  get probes(): number {
    return this.#probes;
  }

  get now(): number {
    return this.#options.now();
  }

  /** When a last-resort probe may go; `undefined` where none may or none is needed. */
  probeDue(now: number): number | undefined {
    if (this.#state === "closed" || !this.#hasSlot(now)) return undefined;
    return this.#state === "half_open"
      ? now
      : Math.min(this.#openUntil, this.#lastResortAt);
  }

  admits(): boolean {
    return this.#state === "closed" || this.#admitsProbe(this.now);
  }

  acquire(): Permit | undefined {
    if (this.#state === "closed") {
      return new Permit(this, this.#generation, NO_SLOT);
    }
    const { now } = this;
    if (!this.#admitsProbe(now)) return undefined;
    const permit = this.#probe(now);
    if (this.#state === "open") this.#enter("half_open", "probing", now);
    return permit;
  }

  /** As {@linkcode BreakerMachine.acquire}, but an open time may be cut short. */
  acquireLastResort(): Permit | undefined {
    const { now } = this;
    if (this.#state !== "open" || now >= this.#openUntil) return this.acquire();
    if (now < this.#lastResortAt || !this.#hasSlot(now)) return undefined;
    this.#delayLastResort(now);
    return this.#probe(now);
  }

  began(permit: Permit, after: number, now: number = this.now): void {
    this.#freeSlot(permit);
    if (permit.generation !== this.#generation) return;
    const { strategy } = this.#options;
    if (this.#state === "closed") {
      if (strategy.firstByte(now, after)) this.#open("tripped", now);
    } else if (strategy.isSlow?.(after)) this.#probeFailed(now);
    else this.#probeWentWell(now);
  }

  ended(
    permit: Permit,
    well: boolean | undefined,
    now: number = this.now,
  ): void {
    this.#freeSlot(permit);
    if (well === undefined || permit.generation !== this.#generation) return;
    const { strategy } = this.#options;
    if (this.#state !== "closed") {
      if (!well) this.#probeFailed(now);
      // One that had begun was counted then.
      else if (!permit.begun) this.#probeWentWell(now);
    } else if (well) strategy.success(now, permit.begun);
    else if (strategy.failure(now, permit.begun)) this.#open("tripped", now);
  }

  listen(listener: ChangeListener): () => void {
    // One function may listen twice, and each leaves for itself.
    const entry: ChangeListener = (change) => listener(change);
    this.#listeners = [...this.#listeners, entry];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== entry);
    };
  }

  snapshot(): BreakerSnapshot {
    const { now } = this;
    return {
      state: this.#state,
      openings: this.#openings,
      openFor: Math.max(0, (this.openUntil ?? now) - now),
      closedFor: this.#state === "closed" ? now - this.#closedAt : 0,
      savedAt: this.#options.wallNow(),
    };
  }

  restore(snapshot: BreakerSnapshot): void {
    const { now } = this;
    const { state } = snapshot;
    // A wall clock that was set back adds no open time.
    const gone = Math.max(0, this.#options.wallNow() - snapshot.savedAt);
    const most = this.#options.maxOpenTime * (1 + this.#options.jitter);
    const left = Math.max(0, Math.min(snapshot.openFor, most) - gone);
    this.#generation++;
    this.#successes = 0;
    this.#options.strategy.reset();
    this.#openings = snapshot.openings;
    this.#closedAt = now - snapshot.closedFor - gone;
    this.#openUntil = now + left;
    this.#delayLastResort(now);
    // The probes of another process are not ours to wait for.
    this.#enter(state === "closed" ? state : "open", "restored", now);
  }

  reset(): void {
    const { now } = this;
    this.#generation++;
    this.#openings = 0;
    this.#closedAt = now;
    this.#options.strategy.reset();
    this.#enter("closed", "reset", now);
  }

  #admitsProbe(now: number): boolean {
    return (this.#state === "half_open" || now >= this.#openUntil) &&
      this.#hasSlot(now);
  }

  #hasSlot(now: number): boolean {
    const { halfOpenMaxCalls, probeTimeout } = this.#options;
    return this.#probes < halfOpenMaxCalls ||
      now - this.#probedAt >= probeTimeout;
  }

  #probe(now: number): Permit {
    if (this.#probes >= this.#options.halfOpenMaxCalls) {
      this.#series++;
      this.#probes = 0;
    }
    this.#probes++;
    this.#probedAt = now;
    return new Permit(this, this.#generation, this.#series);
  }

  #freeSlot(permit: Permit): void {
    if (permit.slot === NO_SLOT) return;
    if (permit.slot === this.#series) this.#probes--;
    permit.slot = NO_SLOT;
  }

  #probeWentWell(now: number): void {
    if (++this.#successes < this.#options.successThreshold) {
      // A last-resort probe went well: the open time need not run out.
      if (this.#state === "open") this.#enter("half_open", "probing", now);
      return;
    }
    this.#closedAt = now;
    this.#options.strategy.reset();
    this.#enter("closed", "recovered", now);
  }

  #probeFailed(now: number): void {
    // A last-resort probe came before its time and costs no longer open time.
    if (this.#state === "open") this.#delayLastResort(now);
    else this.#open("probe_failed", now);
  }

  #isStable(now: number): boolean {
    return this.#state === "closed" &&
      now - this.#closedAt >= this.#options.stableAfter;
  }

  #open(reason: BreakerChangeReason, now: number): void {
    const { recoveryTimeout, maxOpenTime } = this.#options;
    if (this.#isStable(now)) this.#openings = 0;
    const time = Math.min(maxOpenTime, recoveryTimeout * 2 ** this.#openings);
    this.#openings = Math.min(this.#openings + 1, MAX_OPENINGS);
    this.#openUntil = now + this.#jittered(time);
    this.#delayLastResort(now);
    this.#generation++;
    this.#successes = 0;
    this.#enter("open", reason, now);
  }

  #delayLastResort(now: number): void {
    this.#lastResortAt = now + this.#jittered(this.#options.lastResortInterval);
  }

  #jittered(time: number): number {
    return time * (1 + this.#options.jitter * this.#options.random());
  }

  /** Always the last step, so that a listener finds the breaker whole. */
  #enter(to: BreakerState, reason: BreakerChangeReason, at: number): void {
    const from = this.#state;
    this.#state = to;
    if (from === to) return;
    const { openUntil } = this;
    for (const listener of this.#listeners) {
      try {
        listener({ from, to, reason, at, openUntil });
      } catch {
        // A listener's fault is not the request's.
      }
    }
  }
}
