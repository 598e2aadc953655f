import { GatewayError } from "@llm-proxy/core";
import { hash } from "node:crypto";
import { Access } from "./access.ts";
import type { ApiKeyConfig } from "./config_types_keys.ts";
import { queryOf } from "./_query.ts";
import type { Exchange } from "./exchange.ts";
import type { JwtBearers } from "./jwt_bearers.ts";
import type { StoredKeys } from "./stored_keys.ts";

/** Who gets in besides the keys of a config. */
export interface KeyRingOptions {
  /** The keys in the state. @default {none} */
  readonly keys?: StoredKeys | undefined;
  /** The bearers of tokens. @default {none} */
  readonly bearers?: JwtBearers | undefined;
}

/** What {@linkcode KeyRing.check} may be told. */
export interface CheckKeyOptions {
  /** The key may stand in the query as `key`, as Google's clients send it. @default {false} */
  readonly inQuery?: boolean | undefined;
  /** Nobody gets in without a key, even where there is none. @default {false} */
  readonly isNeeded?: boolean | undefined;
}

/** How many secrets of stored keys are known by a digest that costs less. */
const MAX_SEEN = 50_000;

/** The keys of a gateway, held as digests: a key is looked up by its digest, never compared. */
export class KeyRing {
  readonly #configured = new Map<string, Access>();
  readonly #stored: StoredKeys | undefined;
  readonly #bearers: JwtBearers | undefined;
  /** Accesses of stored keys by their secrets' plain digests; only of secrets that were good. */
  readonly #seen = new Map<string, Access>();
  #seenOf: unknown;

  /** Takes the keys of a config; where nobody has a key or a token, every caller is let in. */
  constructor(
    keys: readonly ApiKeyConfig[],
    { keys: stored, bearers }: KeyRingOptions = {},
  ) {
    for (const { key, name: id, ...terms } of keys) {
      this.#configured.set(digest(key), new Access({ ...terms, id }));
    }
    this.#stored = stored;
    this.#bearers = bearers;
  }

  /** Whether every caller is let in: it is known that there is no key. */
  get empty(): boolean {
    const stored = this.#stored;
    return this.#configured.size === 0 && this.#bearers === undefined &&
      (stored === undefined || stored.isKnown && stored.size === 0);
  }

  /**
   * What to wait for before a caller is checked: at the start, unless the
   * config knows its key, and for a token that is new here. The promise rejects
   * with a `GatewayError` 503 where nobody can tell whether that is good.
   */
  prepare(
    exchange: Exchange,
    options: CheckKeyOptions = {},
  ): Promise<void> | undefined {
    const loading = this.#stored?.loading;
    if (loading === undefined) return this.#learning(exchange, options);
    for (const secret of secretsIn(exchange, options)) {
      if (this.#configured.has(digest(secret))) return undefined;
    }
    return loading.then(() => this.#learning(exchange, options));
  }

  /**
   * Checks a caller's key: `Authorization: Bearer …`, `X-API-Key` or Google's
   * `x-goog-api-key`.
   *
   * @returns What the key is and may do; `undefined` where there are no keys.
   * @throws {GatewayError} 401, the same for a missing and for a wrong key; 503
   * `keys_unavailable` where it cannot be known which keys there are.
   */
  check(exchange: Exchange, options: CheckKeyOptions = {}): Access | undefined {
    if (this.empty && !options.isNeeded) return undefined;
    // SDKs always send a bearer, if only a made-up one beside the real header.
    for (const secret of secretsIn(exchange, options)) {
      const access = this.#find(secret);
      if (access?.isGood) return access;
    }
    const bearer = this.#bearers && bearerIn(exchange.header("authorization"));
    const access = bearer && this.#bearers?.find(bearer);
    if (access) return access;
    if (this.#stored?.isKnown === false) {
      throw new GatewayError(
        "overloaded",
        "The keys cannot be looked up: try again",
        { code: "keys_unavailable", headers: { "retry-after": "1" } },
      );
    }
    throw new GatewayError(
      "authentication",
      "A valid API key is needed: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
      { code: "invalid_api_key", headers: { "www-authenticate": "Bearer" } },
    );
  }

  /** A token to check, where no key lets the caller in. */
  #learning(
    exchange: Exchange,
    options: CheckKeyOptions,
  ): Promise<void> | undefined {
    const bearer = this.#bearers && bearerIn(exchange.header("authorization"));
    if (bearer === undefined || !this.#bearers?.isNew(bearer)) return undefined;
    for (const secret of secretsIn(exchange, options)) {
      if (this.#find(secret)?.isGood) return undefined;
    }
    return this.#bearers.learn(bearer);
  }

  #find(secret: string): Access | undefined {
    const plain = digest(secret);
    const configured = this.#configured.get(plain);
    if (configured !== undefined) return configured;
    const stored = this.#stored;
    if (stored === undefined || !stored.isKnown) return undefined;
    const all = stored.keys;
    if (this.#seenOf !== all) {
      this.#seenOf = all;
      this.#seen.clear();
    }
    const seen = this.#seen.get(plain);
    if (seen !== undefined) return seen;
    const access = stored.find(secret);
    if (access === undefined) return undefined;
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.set(plain, access);
    return access;
  }
}

/** What a caller may mean as its key, the likeliest first. */
export function* secretsIn(
  exchange: Exchange,
  { inQuery = false }: CheckKeyOptions,
): Generator<string> {
  const bearer = bearerIn(exchange.header("authorization"));
  if (bearer !== undefined) yield bearer;
  const own = exchange.header("x-api-key");
  if (own !== undefined) yield own;
  const google = exchange.header("x-goog-api-key");
  if (google !== undefined) yield google;
  const asked = inQuery ? keyIn(queryOf(exchange.target)) : undefined;
  if (asked !== undefined) yield asked;
}

function bearerIn(header: string | undefined): string | undefined {
  if (header === undefined || header.length < 8) return undefined;
  if (header.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  return header.slice(7).trim();
}

function keyIn(query: string): string | undefined {
  if (query === "") return undefined;
  return new URLSearchParams(query).get("key") ?? undefined;
}

function digest(key: string): string {
  return hash("sha256", key, "base64");
}
