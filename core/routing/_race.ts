import { GatewayError } from "../errors.ts";
import { wait } from "../wait.ts";
import type { AttemptLimits } from "../attempt_clock.ts";
import type { AttemptLog } from "../attempt_log.ts";
import type { RoutePlan } from "./plan_route.ts";
import type { Candidate } from "./route.ts";
import type { AttemptOwner, RoutedAttempt } from "./routed_attempt.ts";

/** How an attempt ended. */
export interface Outcome {
  readonly attempt: RoutedAttempt;
  /** What it failed with; `undefined` where it went well. */
  readonly error: unknown;
}

/** Two attempts at one answer: the first that has content gets it, the other is cancelled. */
export class Race {
  readonly #request: AttemptOwner;
  readonly #entrants = new Set<AbortController>();
  /** Ends the wait for silence. */
  readonly #noise = new AbortController();
  #won: RoutedAttempt | undefined;

  /** Begins a race for a request. */
  constructor(request: AttemptOwner) {
    this.#request = request;
    request.signal.addEventListener("abort", this.#leave);
  }

  /** Lets an attempt take part. */
  enter(): AttemptOwner {
    const { signal } = this.#request;
    const controller = new AbortController();
    if (signal.aborted) controller.abort(signal.reason);
    this.#entrants.add(controller);
    return new Entrant(
      this.#request,
      controller.signal,
      (attempt) => this.#claim(attempt, controller),
    );
  }

  /** Whether nothing was heard for so long, in ms: no answer, no failure, no caller who left. */
  silentFor(ms: number): Promise<boolean> {
    return wait(ms, this.#noise.signal).then(() => true, () => false);
  }

  /**
   * Resolves when all have ended, with the outcomes: that of the attempt which
   * got the answer counts, else that of the first.
   *
   * @param lead The first attempt.
   * @param second The other; resolves with `"not made"` where there was none.
   */
  async run(
    lead: Promise<Outcome>,
    second: Promise<Outcome | "not made">,
  ): Promise<Outcome> {
    const quiet = (): void => this.#noise.abort();
    void lead.then(quiet, quiet);
    // Both are waited for, whatever becomes of one: none may write later on.
    await Promise.allSettled([lead, second]);
    this.#request.signal.removeEventListener("abort", this.#leave);
    const [first, other] = await Promise.all([lead, second]);
    return other === "not made" || first.attempt === this.#won ||
        other.attempt !== this.#won
      ? first
      : other;
  }

  #claim(attempt: RoutedAttempt, winner: AbortController): void {
    if (this.#won !== undefined) throw lost();
    this.#won = attempt;
    this.#noise.abort();
    this.#request.claim(attempt);
    for (const entrant of this.#entrants) {
      if (entrant !== winner) entrant.abort(lost());
    }
  }

  readonly #leave = (): void => {
    const { reason } = this.#request.signal;
    this.#noise.abort();
    for (const entrant of this.#entrants) entrant.abort(reason);
  };
}

/** A request in a race: what is under way for it may be cancelled, and must ask for the answer. */
class Entrant implements AttemptOwner {
  readonly #request: AttemptOwner;
  readonly signal: AbortSignal;
  readonly claim: (attempt: RoutedAttempt) => void;

  constructor(
    request: AttemptOwner,
    signal: AbortSignal,
    claim: (attempt: RoutedAttempt) => void,
  ) {
    this.#request = request;
    this.signal = signal;
    this.claim = claim;
  }

  get abort(): AbortSignal {
    return this.signal;
  }

  get plan(): RoutePlan {
    return this.#request.plan;
  }

  get isSole(): boolean {
    return this.#request.isSole;
  }

  get log(): AttemptLog {
    return this.#request.log;
  }

  limitsOf(candidate: Candidate): AttemptLimits {
    return this.#request.limitsOf(candidate);
  }

  now(): number {
    return this.#request.now();
  }
}

function lost(): GatewayError {
  return new GatewayError("client_closed", "Another attempt was quicker", {
    code: "hedge_lost",
  });
}
