import type { BudgetPeriod } from "@llm-proxy/context";

/**
 * What a key is for, and what it may do. What is left out is not restricted.
 *
 * @example A key for one family of models, from one network
 * ```ts
 * import type { KeyTerms } from "@llm-proxy/api";
 *
 * const terms: KeyTerms = {
 *   team: "research",
 *   models: ["gpt-5*"],
 *   ips: ["10.0.0.0/8"],
 *   limits: ["100/minute", "8 concurrent"],
 *   budget: { limit: 20, period: "day" },
 * };
 * ```
 */
export interface KeyTerms {
  /** Whose key it is. */
  readonly user?: string | undefined;
  /** The team that pays for it. */
  readonly team?: string | undefined;
  /** The organisation that the team belongs to. */
  readonly organisation?: string | undefined;
  /** Viewers see the usage of all, operators manage models and configs, admins keys as well. @default {"client"} */
  readonly role?: "client" | "viewer" | "operator" | "admin" | undefined;
  /** The models it may ask for, as callers name them; `*` stands for any characters. */
  readonly models?: readonly string[] | undefined;
  /** The routes it may use, for example `/v1/chat/*`. */
  readonly routes?: readonly string[] | undefined;
  /** The addresses it may be used from: `10.0.0.0/8`, `2001:db8::/32`, or one alone. */
  readonly ips?: readonly string[] | undefined;
  /** Its own limits, besides those of routes: `100/minute`, `8 concurrent`. */
  readonly limits?: string | readonly string[] | undefined;
  /** What may be spent with it, besides the budgets of the config. */
  readonly budget?: KeyBudget | undefined;
  /** Whether answers are kept for this caller. @default {as the route or `caching` says} */
  readonly cache?: boolean | undefined;
  /** Whether requests are sent on that a provider's dialect can't carry whole. @default {"allow"} */
  readonly losses?: "allow" | "refuse" | undefined;
  /** Words of your own. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Until when it is good, RFC 3339. */
  readonly expires?: string | undefined;
  /** Whether it lets nobody in. @default {false} */
  readonly disabled?: boolean | undefined;
}

/**
 * What may be spent with one key.
 *
 * @example Five dollars a day
 * ```ts
 * import type { KeyBudget } from "@llm-proxy/api";
 *
 * const budget: KeyBudget = { limit: 5, period: "day" };
 * ```
 */
export interface KeyBudget {
  /** US dollars in a period. */
  readonly limit: number;
  /** When it begins anew, in UTC; a week on Monday. */
  readonly period: BudgetPeriod;
  /** Whether requests beyond it are refused. @default {true} */
  readonly hard?: boolean | undefined;
}

/**
 * One caller's key. An entry that is a plain string is called `key-1`,
 * `key-2`, … after its place in the list.
 *
 * @example A key with a name
 * ```ts
 * import { type ApiKeyConfig, parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const result = parseConfig("auth: {api_keys: ['${KEY}']}", {
 *   file: "config.yaml",
 *   env: () => "zu2Rq8TnVw4yBd6F",
 * });
 * assert(result.ok);
 * const keys: readonly ApiKeyConfig[] = result.config.auth.api_keys;
 * assertEquals(keys[0]?.name, "key-1");
 * ```
 */
export interface ApiKeyConfig extends KeyTerms {
  /** Stands for the key in logs and metrics. */
  readonly name: string;
  /** The secret, 16 to 512 printable characters. */
  readonly key: string;
}

/**
 * Tokens of an OpenID Connect provider, as bearers.
 *
 * @example Whom a token is for
 * ```ts
 * import { type JwtConfig, parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const result = parseConfig(
 *   "auth: {jwt: {issuer: 'https://id.example', audience: gw, jwks_url: 'https://id.example/jwks'}}",
 *   { file: "config.yaml", env: () => undefined },
 * );
 * assert(result.ok);
 * const jwt: JwtConfig | undefined = result.config.auth.jwt;
 * assertEquals(jwt?.claims.user, "sub");
 * ```
 */
export interface JwtConfig {
  /** The `iss` that tokens must have, letter by letter. */
  readonly issuer: string;
  /** The `aud` that tokens must have, one of them. */
  readonly audience: string | readonly string[];
  /** Where the issuer's public keys are. */
  readonly jwks_url: string;
  /** How tokens may be signed. @default {["RS256", "PS256", "ES256", "EdDSA"]} */
  readonly algorithms: readonly string[];
  /** Seconds by which the issuer's clock may differ. @default {30} */
  readonly clock_tolerance: number;
  /** Claims by name; dots lead into objects. */
  readonly claims: {
    /** Who it is. @default {"sub"} */
    readonly user: string;
    /** The team that pays; a token must have it then. */
    readonly team?: string | undefined;
    /** Its organisation; a token must have it then. */
    readonly organisation?: string | undefined;
    /** A word, or a list of words, that `roles` says the role of. */
    readonly role?: string | undefined;
  };
  /** Words of the claim of roles to roles here; the best counts. @default {{}: all are clients} */
  readonly roles: Readonly<
    Record<string, "client" | "viewer" | "operator" | "admin">
  >;
}
