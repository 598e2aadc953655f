import {
  type ChaosFault,
  CompositeStrategy,
  ConsecutiveStrategy,
  type Limit,
  parseLimits,
  RatioStrategy,
  type RetryBudgetOptions,
  type RetryPolicyOptions,
  SlowFirstByteStrategy,
} from "@llm-proxy/core";
import type { BreakersOptions } from "@llm-proxy/core/routing";
import type { LimitRule } from "./limit_rules.ts";
import type { Config } from "./config_types.ts";
import type {
  CircuitBreakerConfig,
  RetryConfig,
} from "./config_types_limits.ts";
import type { ChaosConfig } from "./config_types_operation.ts";

const SECOND = 1000;

/** What `circuit_breaker` says, for the breakers of all deployments. */
export function breakersOptions(
  section: CircuitBreakerConfig,
): BreakersOptions {
  const { slow_first_byte: slow, slow_ratio: slowRatio } = section;
  const counting = {
    minimum: section.min_samples,
    window: section.window * SECOND,
  };
  return {
    strategy: () =>
      new CompositeStrategy([
        new ConsecutiveStrategy(section.failure_threshold),
        new RatioStrategy({ ...counting, ratio: section.failure_ratio }),
        ...slow === undefined ? [] : [
          new SlowFirstByteStrategy({
            ...counting,
            ratio: slowRatio,
            slowerThan: slow * SECOND,
          }),
        ],
      ]),
    recoveryTimeout: section.recovery_timeout * SECOND,
    halfOpenMaxCalls: section.half_open_max_calls,
  };
}

/** What `retry` says of the attempts of one request. */
export function retryOptions(
  { max_attempts: maxAttempts }: RetryConfig,
): Pick<RetryPolicyOptions, "maxAttempts"> {
  return { maxAttempts };
}

/** What `retry` says of all requests together. */
export function retryBudgetOptions(
  { budget: ratio }: RetryConfig,
): Pick<RetryBudgetOptions, "ratio"> {
  return { ratio };
}

/** The faults that `chaos_engineering` has injected; none unless it is enabled. */
export function chaosFaults(
  { enabled, faults }: ChaosConfig,
): readonly ChaosFault[] {
  if (!enabled) return [];
  return faults.map(({ type, probability, match, status, ...fault }) => ({
    type,
    probability,
    match,
    status,
    delayMs: fault.delay === undefined ? undefined : fault.delay * SECOND,
    retryAfter: fault.retry_after,
    afterEvents: fault.after_events,
  }));
}

/** All limits of a config, in numbers. */
export interface LimitOptions {
  /** For routes of the HTTP surface without limits of their own; empty where callers are not limited. */
  readonly fallback: readonly Limit[];
  /** By the route of the HTTP surface. */
  readonly routes: ReadonlyMap<string, readonly Limit[]>;
  /** For levels of callers, and models, over all routes. */
  readonly rules: readonly LimitRule[];
  /** By the name of the provider. */
  readonly providers: ReadonlyMap<string, readonly Limit[]>;
}

/** What `rate_limit` and the providers' own say; whoever reads them need not ask whether they are enabled. */
export function limitOptions(
  { rate_limit: callers, providers }: Pick<Config, "rate_limit" | "providers">,
): LimitOptions {
  const routes = callers.enabled ? Object.entries(callers.routes) : [];
  return {
    fallback: callers.enabled ? parseLimits(callers.default) : [],
    routes: new Map(
      routes.map(([route, limits]) => [route, parseLimits(limits)]),
    ),
    rules: callers.enabled
      ? callers.rules.map(({ limits, ...rule }) => ({
        ...rule,
        limits: parseLimits(limits),
      }))
      : [],
    providers: new Map(
      providers.flatMap(({ name, enabled, rate_limit: limits }) =>
        enabled && limits !== undefined ? [[name, parseLimits(limits)]] : []
      ),
    ),
  };
}
