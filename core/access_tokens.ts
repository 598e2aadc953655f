import { GatewayError, UpstreamError } from "./errors.ts";

/** A token, and until when it counts. */
export interface AccessToken {
  readonly token: string;
  /** In ms since 1970. */
  readonly expiresAt: number;
}

/** Fetches a token. */
export type FetchToken = (signal: AbortSignal) => Promise<AccessToken>;

/** What an {@linkcode AccessTokens} may be told. */
export interface AccessTokensOptions {
  /** The time, in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/** From how long before its end a token is replaced while it is still used, in ms. */
const EARLY = 5 * 60 * 1000;
/** How long before its end a token is no longer used, in ms. */
const MARGIN = 30 * 1000;
/** How long after a failure nobody asks again, in ms. */
const PAUSE = 1000;
/** How long a fetch may take, in ms. */
const TIMEOUT = 15 * 1000;

/**
 * The token of one account: fetched once for all who wait, kept until shortly
 * before its end, and replaced before that while it is still in use.
 *
 * A failure is told to all who wait, and for a second to those who come.
 */
export class AccessTokens {
  readonly #fetch: FetchToken;
  readonly #now: () => number;
  readonly #closed = new AbortController();
  #token: AccessToken | undefined;
  #pending: Promise<AccessToken> | undefined;
  #failure:
    | { readonly error: GatewayError; readonly until: number }
    | undefined;

  /** Fetches nothing yet. */
  constructor(fetch: FetchToken, options: AccessTokensOptions = {}) {
    this.#fetch = fetch;
    this.#now = options.now ?? Date.now;
  }

  /**
   * A token that counts for another half minute at least.
   *
   * @throws {UpstreamError} of kind `authentication` when there is none to be had.
   * @throws {unknown} the signal's reason once it is aborted; others go on waiting.
   */
  get(signal: AbortSignal): Promise<string> | string {
    const now = this.#now();
    const token = this.#token;
    if (token !== undefined && now < token.expiresAt - MARGIN) {
      const isOld = now >= token.expiresAt - EARLY;
      // Nobody waits for it, so nobody need hear of its failure.
      if (isOld && !this.#pauses(now)) this.#renew().catch(() => {});
      return token.token;
    }
    if (this.#failure !== undefined && this.#pauses(now)) {
      throw this.#failure.error;
    }
    return untilAborted(this.#renew(), signal);
  }

  /** Throws a token away that the provider has refused; one that came since is kept. */
  drop(token: string): void {
    if (this.#token?.token === token) this.#token = undefined;
  }

  /** Ends what is under way. */
  close(): void {
    this.#closed.abort();
  }

  #pauses(now: number): boolean {
    const left = (this.#failure?.until ?? 0) - now;
    // A clock that was set back must not keep everybody waiting (S5).
    return left > 0 && left <= PAUSE;
  }

  #renew(): Promise<AccessToken> {
    this.#pending ??= this.#load().finally(() => this.#pending = undefined);
    return this.#pending;
  }

  async #load(): Promise<AccessToken> {
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(), TIMEOUT);
    try {
      const signal = AbortSignal.any([timer.signal, this.#closed.signal]);
      this.#token = await this.#fetch(signal);
      this.#failure = undefined;
      return this.#token;
    } catch (cause) {
      const error = new UpstreamError(
        "authentication",
        "The gateway could not obtain a token for the provider",
        { code: "upstream_token_failed", cause: toldCause(cause) },
      );
      this.#failure = { error, until: this.#now() + PAUSE };
      throw error;
    } finally {
      clearTimeout(timeout);
    }
  }
}

/** Waits for a token as long as somebody wants it. */
async function untilAborted(
  pending: Promise<AccessToken>,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const { token } = await Promise.race([pending, promise]);
    return token;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** What an operator may know: an error in the gateway's own words as it is, of any other its name. */
function toldCause(cause: unknown): unknown {
  if (cause instanceof GatewayError) return cause;
  return cause instanceof Error ? cause.name : "unknown";
}
