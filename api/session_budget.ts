import type { Usage } from "@llm-proxy/core";
import type { AttemptTrace } from "./attempt_trace.ts";
import type { RequestAccount } from "./request_account.ts";

/**
 * The money of a session, of which nobody knows how long it goes on: more is set
 * aside step by step as it spends. Where a budget has no more it ends, with the
 * refusal as its reason; so it overspends one answer at most.
 */
export class SessionBudget {
  readonly #account: RequestAccount;
  readonly #trace: AttemptTrace;
  readonly #ending = new AbortController();
  #isAsking = false;

  /** Begins with an attempt that was paid for. */
  constructor(account: RequestAccount, trace: AttemptTrace) {
    this.#account = account;
    this.#trace = trace;
  }

  /** Aborted where it has to end. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Is to be told what the session has come to, each time that this grows. */
  spent(usage: Usage): void {
    if (this.#isAsking || this.signal.aborted) return;
    this.#isAsking = true;
    void this.#ask(usage).finally(() => {
      this.#isAsking = false;
    });
  }

  async #ask(usage: Usage): Promise<void> {
    try {
      await this.#account.extend(this.#trace, usage);
    } catch (error) {
      // As long as it is within what was set aside there is another chance.
      if (this.#account.isOver(this.#trace, usage)) this.#ending.abort(error);
    }
  }
}
