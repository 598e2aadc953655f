import {
  GatewayError,
  type LimitAsk,
  type LimitStatus,
  RateLimiter,
  rateLimitHeaders,
  type Refused,
  type SharedLimitOptions,
} from "@llm-proxy/core";
import type { LimitRefused } from "@llm-proxy/logging";
import type { Access } from "./access.ts";
import { type AdmittedRequest, bothOf } from "./admitted_request.ts";
import {
  askRules,
  limitOfRule,
  type LimitRule,
  ruleOfLimit,
} from "./limit_rules.ts";
import type { LimitOptions } from "./resilience_options.ts";
import { BriefWait } from "./_brief_wait.ts";

/** Bytes of a JSON request for each token that is reserved for it. */
const BYTES_PER_TOKEN = 4;

/** What limits have to know of a request. */
export interface LimitedRequest {
  /** Who asks; absent where there are no keys. */
  readonly caller: Access | undefined;
  /** The size of its body, from which tokens are reserved; what it came to is settled at its end. */
  readonly bytes: number;
  /** In whose words the caller is told how its limits stand. @default {"openai"} */
  readonly dialect?: "openai" | "anthropic";
}

/** What {@linkcode RequestLimits} goes by. */
export interface RequestLimitsOptions {
  /** Told of each request that is refused. */
  readonly onRefusal?: (refusal: LimitRefused) => void;
  /** Has the limits in common with other processes. */
  readonly shared?: SharedLimitOptions | undefined;
}

/** Limits what each caller may ask of each route. */
export class RequestLimits {
  readonly #limiter: RateLimiter;
  readonly #wait = new BriefWait();
  readonly #isShared: boolean;
  #hasFallback = false;
  #routes: LimitOptions["routes"] = new Map();
  #rules: readonly LimitRule[] = [];
  #hasModelRules = false;
  /** By the name of the limit: whose own it is. */
  readonly #owners = new Map<string, Access>();
  readonly #onRefusal: ((refusal: LimitRefused) => void) | undefined;

  /** Begins without limits. */
  constructor({ onRefusal, shared }: RequestLimitsOptions) {
    this.#limiter = new RateLimiter({ ...shared && { shared } });
    this.#isShared = shared !== undefined;
    this.#onRefusal = onRefusal;
  }

  /** Takes the limits of a config in the place of others; see {@linkcode RateLimiter.define}. */
  define(
    { routes, fallback, rules }: Omit<LimitOptions, "providers">,
  ): void {
    this.#defineRules(rules);
    for (const route of this.#routes.keys()) {
      if (!routes.has(route)) this.#limiter.remove(route);
    }
    for (const [route, limits] of routes) this.#limiter.define(route, limits);
    this.#routes = routes;
    this.#hasFallback = fallback.length > 0;
    if (this.#hasFallback) this.#limiter.define("", fallback);
    else this.#limiter.remove("");
  }

  #defineRules(rules: readonly LimitRule[]): void {
    const names = new Set(rules.map(limitOfRule));
    for (const before of this.#rules.map(limitOfRule)) {
      if (!names.has(before)) this.#limiter.remove(before);
    }
    for (const rule of rules) {
      this.#limiter.define(limitOfRule(rule), rule.limits);
    }
    this.#rules = rules;
    this.#hasModelRules = rules.some(({ per }) => per === "model");
  }

  /** Whether there are limits for models: {@linkcode RequestLimits.admitModel} is to be asked. */
  get hasModelRules(): boolean {
    return this.#hasModelRules;
  }

  /**
   * Has this process's part of a shared limit come, where it has none yet.
   *
   * @returns What to wait for, which is never long; nothing where there is
   * nothing to wait for.
   */
  prepare(
    route: string,
    request: LimitedRequest,
  ): Promise<void> | undefined {
    if (!this.#isShared) return undefined;
    const asks = this.#asks(route, request);
    return asks && this.#wait.for(this.#limiter.prepare(asks));
  }

  /** Gives back what is left of shared limits. */
  async close(): Promise<void> {
    await this.#limiter.close();
  }

  /**
   * Admits a request of a caller, or refuses it before its body is read.
   *
   * @returns Nothing where neither the route nor the caller has limits.
   * @throws {GatewayError} 429 `rate_limit_exceeded`.
   */
  admit(
    route: string,
    request: LimitedRequest,
  ): AdmittedRequest | undefined {
    const asks = this.#asks(route, request);
    if (asks === undefined) return undefined;
    const admission = this.#limiter.take(asks);
    const statuses = this.#limiter.status(asks);
    const { dialect = "openai" } = request;
    if (!admission.ok) {
      throw this.#refusal(admission, { route, statuses, dialect });
    }
    const headers = rateLimitHeaders(statuses, { dialect });
    return { lease: admission.lease, headers };
  }

  /** The same as {@linkcode RequestLimits.prepare} for the limits of a model. */
  prepareModel(
    model: string,
    request: LimitedRequest,
  ): Promise<void> | undefined {
    if (!this.#isShared) return undefined;
    const asks = this.#modelAsks(model, request);
    return asks.length === 0
      ? undefined
      : this.#wait.for(this.#limiter.prepare(asks));
  }

  /**
   * Admits a request that was admitted `before` to its model as well.
   *
   * @returns Both as one; `before` where the model has no limits.
   * @throws {GatewayError} 429 `rate_limit_exceeded`; nothing of it has counted then.
   */
  admitModel(
    model: string,
    { route, request, before }: {
      readonly route: string;
      readonly request: LimitedRequest;
      readonly before: AdmittedRequest | undefined;
    },
  ): AdmittedRequest | undefined {
    const asks = this.#modelAsks(model, request);
    if (asks.length === 0) return before;
    const admission = this.#limiter.take(asks);
    const statuses = this.#limiter.status([
      ...this.#asks(route, request) ?? [],
      ...asks,
    ]);
    const { dialect = "openai" } = request;
    if (!admission.ok) {
      before?.lease.cancel();
      throw this.#refusal(admission, { route, statuses, dialect });
    }
    const headers = rateLimitHeaders(statuses, { dialect });
    const { lease } = admission;
    return {
      lease: before === undefined ? lease : bothOf(before.lease, lease),
      headers,
    };
  }

  #refusal(
    { limit, key, unit, retryAfterMs }: Refused,
    { route, statuses, dialect }: {
      readonly route: string;
      readonly statuses: readonly LimitStatus[];
      readonly dialect: "openai" | "anthropic";
    },
  ): GatewayError {
    const isOwn = this.#owners.has(limit);
    const rule = ruleOfLimit(limit);
    this.#onRefusal?.({
      limit: isOwn ? "key" : rule ?? (limit || "default"),
      unit,
    });
    const whose = key === "*" ? "" : ` for '${key.slice(0, 200)}'`;
    const where = isOwn
      ? "with this key"
      : rule === undefined
      ? `on ${route}`
      : `in '${rule}'${whose}`;
    const what = unit === "concurrent" ? "requests at once" : unit;
    return new GatewayError(
      "rate_limit",
      `The limit of ${what} ${where} is reached`,
      {
        code: "rate_limit_exceeded",
        headers: rateLimitHeaders(statuses, { dialect, retryAfterMs }),
      },
    );
  }

  /** Has the limits of stored keys go that are not there any more. */
  forget(callers: Iterable<Access>): void {
    const keys = new Set<string | undefined>();
    for (const { subject } of callers) keys.add(subject.key);
    this.#retain(keys, true);
  }

  /** Has the limits of keys of the config go that another config does not have. */
  forgetConfigured(keys: Iterable<string>): void {
    this.#retain(new Set(keys), false);
  }

  #retain(keys: ReadonlySet<string | undefined>, areStored: boolean): void {
    for (const [name, { isStored, subject }] of this.#owners) {
      if (isStored !== areStored || keys.has(subject.key)) continue;
      this.#limiter.remove(name);
      this.#owners.delete(name);
    }
  }

  /** How many callers have limits of their own in force. */
  get owners(): number {
    return this.#owners.size;
  }

  /** Sets aside what a body comes to whose length nobody told before it was read. */
  measured({ lease }: AdmittedRequest, bytes: number): void {
    lease.raise({ tokens: Math.ceil(bytes / BYTES_PER_TOKEN) });
  }

  /** What a request asks of its limits; nothing where it has none. */
  #asks(
    route: string,
    { caller, bytes }: LimitedRequest,
  ): readonly LimitAsk[] | undefined {
    const hasOwn = this.#limiter.has(route);
    const isLimited = caller !== undefined && caller.limits.length > 0;
    const isRuled = this.#rules.length > 0;
    if (!hasOwn && !this.#hasFallback && !isLimited && !isRuled) {
      return undefined;
    }
    const tokens = Math.ceil(bytes / BYTES_PER_TOKEN);
    const asks: LimitAsk[] = [];
    if (hasOwn || this.#hasFallback) {
      const key = `${route} ${caller?.subject.key ?? ""}`;
      asks.push({ limit: hasOwn ? route : "", key, tokens });
    }
    if (isLimited) asks.push({ limit: this.#own(caller), key: "", tokens });
    if (!isRuled) return asks;
    askRules(this.#rules, {
      asks,
      request: { subject: caller?.subject, tokens },
    });
    return asks.length === 0 ? undefined : asks;
  }

  #modelAsks(model: string, { caller, bytes }: LimitedRequest): LimitAsk[] {
    const asks: LimitAsk[] = [];
    const tokens = Math.ceil(bytes / BYTES_PER_TOKEN);
    const subject = caller?.subject;
    askRules(this.#rules, { asks, request: { subject, tokens, model } });
    return asks;
  }

  /** The name of a caller's own limits, which are in force from its first request on. */
  #own(caller: Access): string {
    const name = nameOf(caller);
    if (this.#owners.get(name) !== caller) {
      this.#limiter.define(name, caller.limits);
      this.#owners.set(name, caller);
    }
    return name;
  }
}

/** No route is called so: they begin with a slash. */
function nameOf({ subject: { key = "" } }: Access): string {
  return `key ${key}`;
}
