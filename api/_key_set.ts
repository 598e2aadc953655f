import { collectErrorBody, GatewayError, HttpClient } from "@llm-proxy/core";
import type { Logger } from "@llm-proxy/logging";
import { environmentProxy } from "./_environment_proxy.ts";
import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";

/** How old keys may get before they are asked for again, in ms. */
const FRESH_MS = 600_000;
/** How long keys count whose issuer cannot be reached, in ms. */
const STALE_MS = 86_400_000;
/** How long nobody asks again, whatever tokens name, in ms. */
const COOLDOWN_MS = 10_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 262_144;
const MAX_KEYS = 100;

/** The public keys of an issuer of tokens, as it published them last. */
export class KeySet {
  readonly #url: string;
  readonly #logger: Logger;
  readonly #now: () => number;
  #keys: JWTVerifyGetKey | undefined;
  #text = "";
  #readAt = -Infinity;
  #askedAt = -Infinity;
  #asking: Promise<boolean> | undefined;
  #isSilent = false;
  /** Told when other keys were published. */
  onChange: () => void = () => {};

  /** Asks nobody yet; `now` is in milliseconds. */
  constructor(url: string, { logger, now = Date.now }: {
    readonly logger: Logger;
    readonly now?: (() => number) | undefined;
  }) {
    this.#url = url;
    this.#logger = logger;
    this.#now = now;
  }

  /**
   * The keys. Those that are old are given while others are asked for.
   *
   * @throws {GatewayError} 503 `keys_unavailable` where there are none.
   */
  async current(): Promise<JWTVerifyGetKey> {
    if (!this.isGood) await this.renew();
    if (this.#keys !== undefined && this.isGood) return this.#keys;
    throw unavailable();
  }

  /** Whether what they have signed counts; others are asked for where they are old. */
  get isGood(): boolean {
    const age = this.#now() - this.#readAt;
    if (age > STALE_MS) return false;
    if (age > FRESH_MS || age < 0) void this.renew();
    return true;
  }

  /**
   * Asks for the keys.
   *
   * @returns Whether there is an answer; `undefined` where they were asked for a moment ago.
   */
  async renew(): Promise<boolean | undefined> {
    if (this.#asking !== undefined) return await this.#asking;
    const since = this.#now() - this.#askedAt;
    // Below 0 the clock was set back.
    if (since >= 0 && since < COOLDOWN_MS) return undefined;
    this.#askedAt = this.#now();
    this.#asking = this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  async #ask(): Promise<boolean> {
    // Of no use to those who take no tokens.
    const { createLocalJWKSet } = await import("jose");
    const client = new HttpClient({
      maxConnections: 1,
      ...environmentProxy(this.#url),
    });
    try {
      const { status, body } = await client.send(
        {
          method: "GET",
          url: this.#url,
          headers: { accept: "application/json" },
        },
        { signal: AbortSignal.timeout(TIMEOUT_MS) },
      );
      const bytes = await collectErrorBody(body, {
        maxBytes: MAX_BYTES,
        maxWait: TIMEOUT_MS,
      });
      const text = new TextDecoder().decode(bytes);
      if (status !== 200) throw new TypeError(`Its status was ${status}`);
      this.#keys = createLocalJWKSet(readKeys(text));
      this.#readAt = this.#now();
      if (this.#text !== "" && this.#text !== text) this.onChange();
      this.#text = text;
      this.#isSilent = false;
      return true;
    } catch (cause) {
      if (!this.#isSilent) {
        this.#logger.warn("the keys of tokens cannot be read", { cause });
      }
      this.#isSilent = true;
      return false;
    } finally {
      client.close();
    }
  }
}

/** What was published, but for secrets, which prove nothing where everybody reads them. */
function readKeys(text: string): JSONWebKeySet {
  const value: { keys?: unknown } | null = JSON.parse(text);
  const keys = value?.keys;
  if (!Array.isArray(keys)) throw new TypeError("There are no keys");
  return {
    keys: keys.slice(0, MAX_KEYS).filter((key) =>
      typeof key === "object" && key !== null && key.kty !== "oct"
    ),
  };
}

/** Nobody can tell whether a token is good. */
export function unavailable(): GatewayError {
  return new GatewayError(
    "overloaded",
    "The keys cannot be looked up: try again",
    { code: "keys_unavailable", headers: { "retry-after": "1" } },
  );
}
