import { GatewayError } from "../errors.ts";
import {
  type Admission,
  admitLastResort,
  admitLater,
  type Gatekeepers,
  tryAdmit,
} from "./_admission.ts";
import type { CandidateQueue } from "./_candidate_queue.ts";
import type { Cooldowns } from "./cooldowns.ts";
import type { Candidate } from "./route.ts";

/** What an {@linkcode Admitter} asks. */
export interface AdmitterOptions {
  readonly gatekeepers: Gatekeepers;
  readonly cooldowns: Cooldowns;
  /** Ends the wait for a slot. */
  readonly signal: AbortSignal;
}

/** Gives leave for the attempts of one request. */
export class Admitter {
  readonly #queue: CandidateQueue;
  readonly #options: AdmitterOptions;

  constructor(queue: CandidateQueue, options: AdmitterOptions) {
    this.#queue = queue;
    this.#options = options;
  }

  /** Admits what can begin at once, else what will have a slot soonest. */
  async next(): Promise<Admission | undefined> {
    const { gatekeepers } = this.#options;
    for (;;) {
      const waiting = this.#queue.waiting();
      if (waiting.length === 0) return undefined;
      for (const candidate of waiting) {
        const admission = tryAdmit(candidate, gatekeepers);
        if (admission === undefined) continue;
        this.#queue.take(candidate);
        return admission;
      }
      const admission = await this.#later(waiting);
      if (admission !== undefined) return admission;
      // None of them: the names behind them may have one.
      for (const candidate of waiting) this.#queue.take(candidate);
    }
  }

  async #later(
    waiting: readonly Candidate[],
  ): Promise<Admission | undefined> {
    const { gatekeepers, signal } = this.#options;
    for (const candidate of waiting) {
      const limit = gatekeepers.bulkheads.of(candidate.deployment);
      if (limit === undefined || limit.full) continue;
      try {
        const admission = await admitLater(candidate, {
          ...gatekeepers,
          signal,
        });
        if (admission === undefined) continue;
        this.#queue.take(candidate);
        return admission;
      } catch (error) {
        if (signal.aborted || !(error instanceof GatewayError)) throw error;
      }
    }
    return undefined;
  }

  /** Admits what is out, because everything is: a probe of a breaker, or a key that was refused (U19). */
  lastResort(): Admission | undefined {
    const { gatekeepers, cooldowns } = this.#options;
    for (const { candidate } of this.#queue.lastResorts()) {
      const { deployment } = candidate;
      const { breakers, bulkheads } = gatekeepers;
      // What asked to be left alone is; a refused key may be tried again.
      const isCooling = cooldowns.isAvailable(deployment) !== true &&
        !cooldowns.refusesKey(deployment);
      if (isCooling || bulkheads.isAvailable(deployment) !== true) continue;
      if (breakers.isAvailable(deployment) !== true) {
        const admission = admitLastResort(candidate, gatekeepers);
        if (admission !== undefined) return admission;
      } else return tryAdmit(candidate, gatekeepers);
    }
    return undefined;
  }
}
