import type { Logger } from "@llm-proxy/logging";
import type { JWTPayload, JWTVerifyGetKey } from "jose";
import { hash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Access } from "./access.ts";
import type { JwtConfig } from "./config_types_keys.ts";
import { KeySet, unavailable } from "./_key_set.ts";
import { tokenAccess } from "./_token_access.ts";

/** So many tokens that were good are known, each until its end. */
const MAX_KNOWN = 10_000;
/** A longer token is none. */
const MAX_TOKEN = 16_384;
/** So many keys are tried on a token that does not say which is its own. */
const MAX_TRIES = 5;
const TOKEN = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

/** How {@linkcode JwtBearers} are made. */
export interface JwtBearersOptions {
  readonly logger: Logger;
  /** Milliseconds since 1970. @default {Date.now} */
  readonly now?: (() => number) | undefined;
}

/**
 * The bearers of tokens (RFC 7519) that an issuer signed. One that was good is
 * known by its digest until it ends, or the issuer publishes other keys; what
 * was not is checked again each time, and makes nobody ask the issuer more
 * often than every ten seconds.
 */
export class JwtBearers {
  readonly #config: JwtConfig;
  readonly #now: () => number;
  readonly #keys: KeySet;
  readonly #known = new Map<string, Access>();

  /** Asks nobody yet. */
  constructor(
    config: JwtConfig,
    { logger, now = Date.now }: JwtBearersOptions,
  ) {
    this.#config = config;
    this.#now = now;
    this.#keys = new KeySet(config.jwks_url, { logger, now });
    this.#keys.onChange = () => this.#known.clear();
  }

  /** Those of a config; the same as before where it says the same. */
  static of(
    config: JwtConfig | undefined,
    { before, ...options }: JwtBearersOptions & {
      readonly before: JwtBearers | undefined;
    },
  ): JwtBearers | undefined {
    if (config === undefined) return undefined;
    const isSame = before && isDeepStrictEqual(before.#config, config);
    if (isSame) return before;
    return new JwtBearers(config, options);
  }

  /** The access of a token that is known to be good. */
  find(token: string): Access | undefined {
    const name = nameOf(token);
    const access = this.#known.get(name);
    if (access === undefined) return undefined;
    // Asks for the issuer's keys where they are old: who is known would stay so without them.
    if (!this.#keys.isGood) return undefined;
    if (access.isGood) return access;
    this.#known.delete(name);
    return undefined;
  }

  /** Whether a text may be a token that is not known yet. */
  isNew(token: string): boolean {
    return token.length <= MAX_TOKEN && TOKEN.test(token) &&
      this.find(token) === undefined;
  }

  /**
   * Checks a token; one that is good can be found from then on.
   *
   * @throws {GatewayError} 503 where the issuer's keys cannot be read.
   */
  async learn(token: string): Promise<void> {
    const claims = await this.#check(token);
    const access = claims && tokenAccess(claims, this.#config);
    if (access === undefined) return;
    if (this.#known.size >= MAX_KNOWN) {
      this.#known.delete(this.#known.keys().next().value ?? "");
    }
    this.#known.set(nameOf(token), access);
  }

  /** What a token says, where it is good. */
  async #check(token: string): Promise<JWTPayload | undefined> {
    // Of no use to those who take no tokens.
    const { errors } = await import("jose");
    try {
      return await this.#verify(token, await this.#keys.current());
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    // The issuer may have begun to sign with another key.
    const isFresh = await this.#keys.renew();
    if (isFresh === false) throw unavailable();
    if (isFresh === undefined) return undefined;
    try {
      return await this.#verify(token, await this.#keys.current());
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined;
      throw error;
    }
  }

  /** The same by these keys; throws where none of them is the token's. */
  async #verify(
    token: string,
    keys: JWTVerifyGetKey,
  ): Promise<JWTPayload | undefined> {
    const { errors, jwtVerify } = await import("jose");
    const { issuer, audience, algorithms, clock_tolerance: clockTolerance } =
      this.#config;
    const verify = async (key: JWTVerifyGetKey): Promise<JWTPayload> => {
      const { payload } = await jwtVerify(token, key, {
        issuer,
        audience: [audience].flat(),
        algorithms: [...algorithms],
        clockTolerance,
        currentDate: new Date(this.#now()),
        requiredClaims: ["exp"],
      });
      return payload;
    };
    try {
      return await verify(keys);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) throw error;
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return undefined;
      // A token without a kid: any of the keys may be its own.
      let tries = 0;
      for await (const key of error) {
        if (++tries > MAX_TRIES) return undefined;
        try {
          return await verify(() => key);
        } catch {
          continue;
        }
      }
      return undefined;
    }
  }
}

function nameOf(token: string): string {
  return hash("sha256", token, "base64");
}
