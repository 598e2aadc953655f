import { AccessTokens } from "./access_tokens.ts";
import type { RequestAuthorizer } from "./authorized_transport.ts";
import type { AwsKeys } from "./aws_roles.ts";
import type { AwsCredentials } from "./cloud_credentials.ts";
import type { HttpClientOptions } from "./http_client_options.ts";
import type { UpstreamRequest, UpstreamResponse } from "./upstream.ts";

/** A clock that is this far off is the reason for a refusal, in ms: requests count for five minutes. */
const MAX_SKEW = 4 * 60 * 1000;
const SERVICE = "bedrock";
/** What Amazon says of credentials that count no longer. */
const OVER = /^(?:ExpiredToken|UnrecognizedClient|InvalidClientTokenId)/;

/** What a signature depends on besides request and credentials. */
export interface AwsSignerOptions {
  /** The time, in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** The names of the headers that are signed, besides the host and those that it adds. @default {["content-type"]} */
  readonly signed?: readonly string[];
  /** How Amazon's token service is reached. @default {directly} */
  readonly pool?: HttpClientOptions | undefined;
}

/**
 * Signs requests by Amazon's Signature Version 4 (E1, E2): host, date, content
 * type, and the token of a session. Other headers stay out of it, so that a
 * proxy on the way may change them.
 *
 * A refusal whose answer tells another time than ours moves our clock, and the
 * request is signed once more (E24).
 */
export class AwsSigner implements RequestAuthorizer {
  readonly #credentials: AwsCredentials;
  readonly #now: () => number;
  readonly #signed: readonly string[];
  /** The keys of the last days: derived once a day. */
  #keys = new Map<string, ArrayBuffer>();
  #skew = 0;
  /** The credentials of a role; absent where they stay the same. */
  readonly #tokens: AccessTokens | undefined;
  /** Those that were used last, as they came and as they are read. */
  #read: { readonly token: string; readonly keys: AwsKeys } | undefined;

  /** Signs for one region; see {@linkcode AwsSignerOptions}. */
  constructor(credentials: AwsCredentials, options: AwsSignerOptions = {}) {
    this.#credentials = credentials;
    this.#now = options.now ?? Date.now;
    this.#signed = options.signed ?? ["content-type"];
    const { role, region } = credentials;
    if (role !== undefined) {
      this.#tokens = new AccessTokens(
        // Of no use to those who have no role.
        async (signal) => {
          const { awsRoleKeys } = await import("./aws_roles.ts");
          return await awsRoleKeys(role, { region, pool: options.pool })(
            signal,
          );
        },
        { now: this.#now },
      );
    }
  }

  /** What is signed is the body, too. */
  readonly readsBody = true;

  /** The date, the signature and the token of the session. */
  async authorize(
    request: UpstreamRequest,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    // Of no use to those who have no such provider.
    const aws4fetch = await import("aws4fetch");
    const { region } = this.#credentials;
    const { accessKeyId = "", secretAccessKey = "", sessionToken } =
      this.#tokens === undefined
        ? this.#credentials
        : this.#keysOf(await this.#tokens.get(signal));
    const own: Record<string, string> = {};
    for (const name of this.#signed) {
      const value = request.headers[name];
      if (value !== undefined) own[name] = value;
    }
    if (this.#keys.size > 2) this.#keys = new Map();
    const time = new Date(this.#now() + this.#skew).toISOString();
    const signer = new aws4fetch.AwsV4Signer({
      method: request.method,
      url: request.url,
      headers: own,
      allHeaders: true,
      ...(typeof request.body === "string" && { body: request.body }),
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: SERVICE,
      region,
      datetime: time.replace(/[:-]|\.\d{3}/g, ""),
      cache: this.#keys,
    });
    const { headers } = await signer.sign();
    const signed: Record<string, string> = {};
    for (const [name, value] of headers) signed[name] = value;
    return signed;
  }

  #keysOf(token: string): AwsKeys {
    if (this.#read?.token !== token) {
      this.#read = { token, keys: JSON.parse(token) as AwsKeys };
    }
    return this.#read.keys;
  }

  /** Whether our clock was off, and has been set, or a role's credentials have run out before their time (E24). */
  refused(
    _: Readonly<Record<string, string>>,
    { headers }: UpstreamResponse,
  ): boolean {
    const isOver = OVER.test(headers["x-amzn-errortype"] ?? "");
    if (isOver && this.#tokens !== undefined && this.#read !== undefined) {
      this.#tokens.drop(this.#read.token);
      return true;
    }
    const theirs = Date.parse(headers.date ?? "");
    if (Number.isNaN(theirs)) return false;
    const skew = theirs - this.#now();
    if (Math.abs(skew - this.#skew) < MAX_SKEW) return false;
    this.#skew = skew;
    return true;
  }

  /** Ends a fetch of credentials that is under way. */
  close(): void {
    this.#tokens?.close();
  }
}
