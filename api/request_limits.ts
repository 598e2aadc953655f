import {
  GatewayError,
  type LimitAsk,
  RateLimiter,
  rateLimitHeaders,
  type RateLimitLease,
} from "@llm-proxy/core";
import type { LimitRefused } from "@llm-proxy/logging";
import type { LimitOptions } from "./resilience_options.ts";

/** Bytes of a JSON request for each token that is reserved for it. */
const BYTES_PER_TOKEN = 4;

/** A caller's request that was admitted. */
export interface AdmittedRequest {
  /** Must be ended when the request has ended. */
  readonly lease: RateLimitLease;
  /** How the caller's limits stand. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What {@linkcode RequestLimits} goes by. */
export interface RequestLimitsOptions
  extends Pick<LimitOptions, "routes" | "fallback"> {
  /** Told of each request that is refused. */
  readonly onRefusal?: (refusal: LimitRefused) => void;
}

/** Limits what each caller may ask of each route. */
export class RequestLimits {
  readonly #limiter = new RateLimiter();
  readonly #hasFallback: boolean;
  readonly #onRefusal: ((refusal: LimitRefused) => void) | undefined;

  /** Takes the limits of the config. */
  constructor({ routes, fallback, onRefusal }: RequestLimitsOptions) {
    this.#onRefusal = onRefusal;
    for (const [route, limits] of routes) this.#limiter.define(route, limits);
    this.#hasFallback = fallback.length > 0;
    if (this.#hasFallback) this.#limiter.define("", fallback);
  }

  /**
   * Admits a request of a caller, or refuses it before its body is read.
   *
   * @param bytes The size of its body, from which tokens are reserved; what it
   * came to is settled at its end.
   * @returns Nothing where the route has no limits.
   * @throws {GatewayError} 429 `rate_limit_exceeded`.
   */
  admit(
    route: string,
    { caller, bytes }: { readonly caller: string; readonly bytes: number },
  ): AdmittedRequest | undefined {
    const isOwn = this.#limiter.has(route);
    if (!isOwn && !this.#hasFallback) return undefined;
    const asks: LimitAsk[] = [{
      limit: isOwn ? route : "",
      key: `${route} ${caller}`,
      tokens: Math.ceil(bytes / BYTES_PER_TOKEN),
    }];
    const admission = this.#limiter.take(asks);
    const statuses = this.#limiter.status(asks);
    if (admission.ok) {
      return { lease: admission.lease, headers: rateLimitHeaders(statuses) };
    }
    const { unit, retryAfterMs } = admission;
    this.#onRefusal?.({ limit: isOwn ? route : "default", unit });
    throw new GatewayError(
      "rate_limit",
      `The limit of ${
        unit === "concurrent" ? "requests at once" : unit
      } on ${route} is reached`,
      {
        code: "rate_limit_exceeded",
        headers: rateLimitHeaders(statuses, { retryAfterMs }),
      },
    );
  }
}
