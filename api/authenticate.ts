import { createHash } from "node:crypto";
import { GatewayError } from "@llm-proxy/core";
import { queryOf } from "./_query.ts";
import type { Exchange } from "./exchange.ts";

/** A key that callers may use. */
export interface ApiKey {
  /** Shown in logs instead of the key. */
  readonly name: string;
  readonly key: string;
}

/** What {@linkcode KeyRing.check} may be told. */
export interface CheckKeyOptions {
  /** The key may stand in the query as `key`, as Google's clients send it. @default {false} */
  readonly inQuery?: boolean | undefined;
}

/** The keys of a gateway, held as digests: a key is looked up by its digest, never compared. */
export class KeyRing {
  readonly #names = new Map<string, string>();

  /** Takes the keys; none means that every caller is let in. */
  constructor(keys: readonly ApiKey[]) {
    for (const { name, key } of keys) this.#names.set(digest(key), name);
  }

  /** Whether every caller is let in. */
  get empty(): boolean {
    return this.#names.size === 0;
  }

  /**
   * Checks a caller's key: `Authorization: Bearer …`, `X-API-Key` or Google's
   * `x-goog-api-key`.
   *
   * @returns The key's name; `undefined` where no keys are configured.
   * @throws {GatewayError} 401, the same for a missing and for a wrong key.
   */
  check(exchange: Exchange, options: CheckKeyOptions = {}): string | undefined {
    if (this.empty) return undefined;
    // SDKs always send a bearer, if only a made-up one beside the real header.
    const name = this.#nameOf(bearer(exchange.header("authorization"))) ??
      this.#nameOf(exchange.header("x-api-key")) ??
      this.#nameOf(exchange.header("x-goog-api-key")) ??
      (options.inQuery
        ? this.#nameOf(keyIn(queryOf(exchange.target)))
        : undefined);
    if (name === undefined) {
      throw new GatewayError(
        "authentication",
        "A valid API key is needed: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
        { code: "invalid_api_key", headers: { "www-authenticate": "Bearer" } },
      );
    }
    return name;
  }

  #nameOf(key: string | undefined): string | undefined {
    return key === undefined ? key : this.#names.get(digest(key));
  }
}

function bearer(header: string | undefined): string | undefined {
  if (header === undefined || header.length < 8) return undefined;
  if (header.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  return header.slice(7).trim();
}

function keyIn(query: string): string | undefined {
  if (query === "") return undefined;
  return new URLSearchParams(query).get("key") ?? undefined;
}

function digest(key: string): string {
  return createHash("sha256").update(key).digest("base64");
}
