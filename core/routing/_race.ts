import { GatewayError } from "../errors.ts";
import { wait } from "../wait.ts";
import type { RoutedAttempt } from "./routed_attempt.ts";

/** How an attempt ended. */
export interface Outcome {
  readonly attempt: RoutedAttempt;
  /** What it failed with; `undefined` where it went well. */
  readonly error: unknown;
}

/** What an attempt in a race is made with. */
export interface RaceEntry {
  /** Aborted when the caller has left, or when the other was quicker. */
  readonly signal: AbortSignal;
  /** Takes the caller's answer; throws where the other has it. */
  readonly claim: (attempt: RoutedAttempt) => void;
}

/** Two attempts at one answer: the first that has content gets it, the other is cancelled. */
export class Race {
  readonly #caller: AbortSignal;
  readonly #onWon: () => void;
  readonly #entrants = new Set<AbortController>();
  /** Ends the wait for silence. */
  readonly #noise = new AbortController();
  #won: RoutedAttempt | undefined;

  /** `onWon` is called when one of them has the answer. */
  constructor(caller: AbortSignal, onWon: () => void) {
    this.#caller = caller;
    this.#onWon = onWon;
    caller.addEventListener("abort", this.#leave);
  }

  /** Lets an attempt take part. */
  enter(): RaceEntry {
    const controller = new AbortController();
    if (this.#caller.aborted) controller.abort(this.#caller.reason);
    this.#entrants.add(controller);
    return {
      signal: controller.signal,
      claim: (attempt) => this.#claim(attempt, controller),
    };
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
    this.#caller.removeEventListener("abort", this.#leave);
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
    this.#onWon();
    for (const entrant of this.#entrants) {
      if (entrant !== winner) entrant.abort(lost());
    }
  }

  readonly #leave = (): void => {
    this.#noise.abort();
    for (const entrant of this.#entrants) entrant.abort(this.#caller.reason);
  };
}

function lost(): GatewayError {
  return new GatewayError("client_closed", "Another attempt was quicker", {
    code: "hedge_lost",
  });
}
