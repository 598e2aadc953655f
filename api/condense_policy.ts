import type { CondenseStrategy, SmartCacheOptions } from "@llm-proxy/context";
import type { Config } from "./config_types.ts";

const SECOND = 1000;
const MIB = 1_048_576;
/** Shorter summaries are not worth being compressed, in bytes. */
const COMPRESS_FROM = 2_048;

/** How conversations of a route are condensed, in the library's words and units. */
export interface CondensePolicy {
  /** Tokens from which on they are; absent where only a provider's word counts. */
  readonly threshold?: number;
  /** What is done, in this order. */
  readonly strategies: readonly CondenseStrategy[];
  /** The model that sums up, as a caller would name it. */
  readonly summaryModel?: string;
  /** The most tokens of a summary. */
  readonly summaryMaxTokens: number;
  /** How long summaries may take, in ms. */
  readonly summaryTimeoutMs: number;
  /** How many tokens of a tool result are kept. */
  readonly toolResultMaxTokens: number;
}

/** The policies of the config: by the name of a route, and for all others. */
export interface CondensePolicies {
  /** `undefined` where a route is left as it is. */
  readonly routes: ReadonlyMap<string, CondensePolicy | undefined>;
  /** For routes that say nothing. */
  readonly others: CondensePolicy | undefined;
}

/** What the config says of all routes, whether or not it is in force. */
export function basePolicy(
  section: Config["condensation"],
): CondensePolicy & { readonly threshold: number } {
  return {
    threshold: section.truncation_threshold,
    strategies: section.strategies,
    summaryMaxTokens: section.summary_max_tokens,
    summaryTimeoutMs: section.summary_timeout * SECOND,
    toolResultMaxTokens: section.tool_result_max_tokens,
    ...(section.summary_model !== undefined && {
      summaryModel: section.summary_model,
    }),
  };
}

/** How the cache of summaries is bounded: where two keys say how, by the stricter. */
export function summaryBounds(
  { condensation, caching }: Pick<Config, "condensation" | "caching">,
): SmartCacheOptions & { readonly maxBytes: number } {
  const { enabled, max_size_mb: size, ttl, compression } =
    caching.summary_cache;
  return {
    maxEntries: enabled ? condensation.cache_size : 0,
    ttlMs: Math.min(condensation.cache_ttl, ttl) * SECOND,
    maxBytes: size * MIB,
    compressFromBytes: compression ? COMPRESS_FROM : Infinity,
  };
}

/** Reads the policies; `undefined` where nothing is ever condensed. */
export function condensePolicies(
  { condensation: section, routes }: Pick<Config, "condensation" | "routes">,
): CondensePolicies | undefined {
  const base = basePolicy(section);
  const own = new Map<string, CondensePolicy | undefined>();
  for (const { match, condense } of routes) {
    if (condense === undefined) continue;
    for (const name of match) {
      own.set(name, condense === false ? undefined : policyOf(base, condense));
    }
  }
  const others = section.enabled ? base : undefined;
  const isNone = others === undefined &&
    [...own.values()].every((policy) => policy === undefined);
  return isNone ? undefined : { routes: own, others };
}

function policyOf(
  { threshold, ...base }: CondensePolicy,
  route: Exclude<Config["routes"][number]["condense"], false | undefined>,
): CondensePolicy {
  const most = route.threshold ?? threshold;
  return {
    ...base,
    ...(route.on === "threshold" && most !== undefined && { threshold: most }),
    ...(route.strategies !== undefined && { strategies: route.strategies }),
    ...(route.summary_model !== undefined && {
      summaryModel: route.summary_model,
    }),
  };
}
