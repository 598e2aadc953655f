import { AccessTokens, type FetchToken } from "./access_tokens.ts";
import type { RequestAuthorizer } from "./authorized_transport.ts";
import type { UpstreamRequest, UpstreamResponse } from "./upstream.ts";

const UNAUTHORIZED = 401;
const SCHEME = "Bearer ";

/** Sends a bearer token that runs out and is fetched anew; one that is refused is fetched once more. */
export class TokenAuthorizer implements RequestAuthorizer {
  readonly #tokens: AccessTokens;

  /** Fetches nothing yet. */
  constructor(fetch: FetchToken) {
    this.#tokens = new AccessTokens(fetch);
  }

  /** The token as a header. */
  async authorize(
    _: UpstreamRequest,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    return { authorization: SCHEME + await this.#tokens.get(signal) };
  }

  /** Throws a refused token away. A 403 is about what it may do, which no other one changes. */
  refused(
    { authorization = "" }: Readonly<Record<string, string>>,
    { status }: UpstreamResponse,
  ): boolean {
    if (status !== UNAUTHORIZED) return false;
    this.#tokens.drop(authorization.slice(SCHEME.length));
    return true;
  }

  /** Ends a fetch that is under way. */
  close(): void {
    this.#tokens.close();
  }
}
