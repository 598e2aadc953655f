import type { AttemptLog } from "../attempt_log.ts";
import { GatewayError } from "../errors.ts";
import {
  type Admission,
  admitLastResort,
  admitLater,
  type Gatekeepers,
  tryAdmit,
} from "./_admission.ts";
import type { CandidateQueue } from "./_candidate_queue.ts";
import { planRefusal } from "./plan_refusal.ts";
import type { Cooldowns } from "./cooldowns.ts";
import type { Candidate } from "./route.ts";

/** What an {@linkcode Admitter} asks. */
export interface AdmitterOptions extends Gatekeepers {
  readonly cooldowns: Cooldowns;
  /** Ends the wait for a slot. */
  readonly signal: AbortSignal;
  /** Told how long that wait was. */
  readonly log: AttemptLog;
  /** The clock of the plans. */
  readonly now: () => number;
}

/** Gives leave for the attempts of one request. */
export class Admitter {
  readonly #queue: CandidateQueue;
  readonly #options: AdmitterOptions;

  constructor(queue: CandidateQueue, options: AdmitterOptions) {
    this.#queue = queue;
    this.#options = options;
  }

  /** Admits the first that can begin at once. */
  atOnce(): Admission | undefined {
    for (const candidate of this.#queue.waiting()) {
      const admission = tryAdmit(candidate, this.#options);
      if (admission === undefined) continue;
      this.#queue.take(candidate);
      return admission;
    }
    return undefined;
  }

  /**
   * Admits the first attempt of a request, by a last resort where everything is
   * out (U19).
   *
   * @throws {GatewayError} why nothing can be admitted.
   */
  async first(): Promise<Admission> {
    const admission = await this.next() ?? this.#lastResort();
    if (admission !== undefined) return admission;
    const now = this.#options.now();
    throw planRefusal(this.#queue.plans, { now }) ?? busy();
  }

  /** Admits what can begin at once, else what will have a slot soonest. */
  async next(): Promise<Admission | undefined> {
    for (;;) {
      const waiting = this.#queue.waiting();
      if (waiting.length === 0) return undefined;
      const admission = this.atOnce() ?? await this.#later(waiting);
      if (admission !== undefined) return admission;
      // None of them: the names behind them may have one.
      for (const candidate of waiting) this.#queue.take(candidate);
    }
  }

  async #later(
    waiting: readonly Candidate[],
  ): Promise<Admission | undefined> {
    const { bulkheads, signal, log, now } = this.#options;
    for (const candidate of waiting) {
      const limit = bulkheads.of(candidate.deployment);
      if (limit === undefined || limit.full) continue;
      const from = now();
      try {
        const admission = await admitLater(candidate, this.#options);
        if (admission === undefined) continue;
        this.#queue.take(candidate);
        return admission;
      } catch (error) {
        if (signal.aborted || !(error instanceof GatewayError)) throw error;
      } finally {
        log.queued(now() - from);
      }
    }
    return undefined;
  }

  /** Admits what is out, because everything is: a probe of a breaker, or a key that was refused (U19). */
  #lastResort(): Admission | undefined {
    const { breakers, bulkheads, cooldowns } = this.#options;
    for (const { candidate } of this.#queue.lastResorts()) {
      const { deployment } = candidate;
      // What asked to be left alone is; a refused key may be tried again.
      const isCooling = cooldowns.isAvailable(deployment) !== true &&
        !cooldowns.refusesKey(deployment);
      if (isCooling || bulkheads.isAvailable(deployment) !== true) continue;
      if (breakers.isAvailable(deployment) !== true) {
        const admission = admitLastResort(candidate, this.#options);
        if (admission !== undefined) return admission;
      } else return tryAdmit(candidate, this.#options);
    }
    return undefined;
  }
}

function busy(): GatewayError {
  return new GatewayError(
    "overloaded",
    "All deployments that could serve the request have too much to do",
    { code: "deployment_busy", headers: { "retry-after": "1" } },
  );
}
