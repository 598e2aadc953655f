import type { CondenseStrategy } from "@llm-proxy/context";
import type { StrategyName } from "@llm-proxy/core/routing";

/**
 * Where requests for some model names go, and what comes after a failure.
 *
 * @example An alias with a fallback
 * ```ts
 * import { parseConfig, type RouteConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const text = `
 * providers: [{type: mock}]
 * routes:
 *   - match: fast
 *     targets: [mock/echo]
 *     fallbacks: [mock/slow]
 * `;
 * const result = parseConfig(text, { file: "config.yaml", env: () => undefined });
 * assert(result.ok);
 * const route: RouteConfig | undefined = result.config.routes[0];
 * assertEquals(route?.match, ["fast"]);
 * assertEquals(route?.strategy, "ordered");
 * ```
 */
export interface RouteConfig {
  /** The names that callers use, each with one `*` at most; a single one may stand without a list in the file. */
  readonly match: readonly string[];
  /** How targets of the same priority are ordered. @default {"ordered"} */
  readonly strategy: StrategyName;
  /** Where it leads: `provider/model`, or a model that providers list. */
  readonly targets: readonly (string | RouteTargetConfig)[];
  /** What comes after a failure: names as a caller would write them. @default {[]} */
  readonly fallbacks: readonly string[];
  /** What comes when the request is too long. @default {[]} */
  readonly context_window_fallbacks: readonly string[];
  /** What comes when the provider refuses the content. @default {[]} */
  readonly content_policy_fallbacks: readonly string[];
  /** What keeps the requests of a session at one deployment. @default {nothing} */
  readonly sticky?: StickyConfig | undefined;
  /** An experiment; who is in no arm gets the targets. @default {[]} */
  readonly arms: readonly ArmConfig[];
  /** Copies of requests, whose answers are thrown away. @default {none} */
  readonly shadow?: ShadowConfig | undefined;
  /** When slow requests are sent a second time. @default {never} */
  readonly hedge?: HedgeConfig | undefined;
  /** How conversations are shortened; `false` leaves them as they are. @default {as in `condensation`} */
  readonly condense?: false | RouteCondenseConfig | undefined;
  /** How answers are kept. @default {as `caching` says} */
  readonly cache?: RouteCacheConfig | undefined;
  /** The names of its guardrails, in order. @default {those of `default_guardrails`} */
  readonly guardrails?: readonly string[] | undefined;
  /** What happens when a stream breaks after its first content has reached the client. @default {"error"} */
  readonly after_commit: "error" | "continue";
  /**
   * What becomes of a stream whose client leaves: it is cancelled; read on for
   * `drain_timeout` at most, so that its usage is known; or read to its end,
   * for the cache as well.
   *
   * @default {"cancel"}
   */
  readonly hang_up: "cancel" | "drain-to-bill" | "finish-and-cache";
  /** Seconds that `drain-to-bill` reads on at most. @default {30} */
  readonly drain_timeout: number;
}

/**
 * How conversations of one route are shortened, where it differs from
 * `condensation`. It is in force even where that is not.
 *
 * @example Only when a provider says that a request is too long
 * ```ts
 * import type { RouteCondenseConfig } from "@llm-proxy/api";
 *
 * const condense: RouteCondenseConfig = { on: "error", strategies: ["middle_out"] };
 * ```
 */
export interface RouteCondenseConfig {
  /** What makes it necessary: the threshold, or a provider's word alone. @default {"threshold"} */
  readonly on: "threshold" | "error";
  /** Tokens from which on they are. @default {condensation.truncation_threshold} */
  readonly threshold?: number | undefined;
  /** What is done, in this order. @default {condensation.strategies} */
  readonly strategies?: readonly CondenseStrategy[] | undefined;
  /** The model that sums up. @default {condensation.summary_model} */
  readonly summary_model?: string | undefined;
}

/**
 * How answers are kept that come by a route; what is left out, `caching` says.
 *
 * @example For an hour, and everybody
 * ```ts
 * import type { RouteCacheConfig } from "@llm-proxy/api";
 *
 * const cache: RouteCacheConfig = { enabled: true, ttl: 3600, shared: true };
 * ```
 */
export interface RouteCacheConfig {
  /** Whether they are. @default {true} */
  readonly enabled: boolean;
  /** Seconds an answer is kept. */
  readonly ttl?: number | undefined;
  /** Seconds after that in which it is still given, and renewed. */
  readonly stale?: number | undefined;
  /** Whether callers have their answers in common. */
  readonly shared?: boolean | undefined;
  /** Answers for questions that mean nearly the same. @default {none} */
  readonly semantic?: SemanticCacheConfig | undefined;
}

/**
 * When a question is taken for one that was answered, although its words
 * differ. All but the last turn, the settings and the caller must be the same.
 *
 * @example By vectors of OpenAI's
 * ```ts
 * import type { SemanticCacheConfig } from "@llm-proxy/api";
 *
 * const semantic: SemanticCacheConfig = {
 *   model: "openai/text-embedding-3-small",
 *   threshold: 0.95,
 *   dry_run: false,
 *   timeout: 1,
 * };
 * ```
 */
export interface SemanticCacheConfig {
  /** The model that makes vectors of questions, as a caller would write it. */
  readonly model: string;
  /** How near a question must be, as a cosine, 0 to 1. @default {0.95} */
  readonly threshold: number;
  /** Whether what would have been answered is logged and not told. @default {false} */
  readonly dry_run: boolean;
  /** Seconds that the vector of a question may take. @default {1} */
  readonly timeout: number;
}

/**
 * One target of a route, with settings of its own.
 *
 * @example A third of the requests
 * ```ts
 * import type { RouteTargetConfig } from "@llm-proxy/api";
 *
 * const targets: RouteTargetConfig[] = [
 *   { model: "openai/gpt-5-mini", weight: 2 },
 *   { model: "azure/gpt-5-mini", weight: 1 },
 * ];
 * ```
 */
export interface RouteTargetConfig {
  /** `provider/model`, or a model that providers list; a `*` stands for what the route's stands for. */
  readonly model: string;
  /** Its share among targets of the same priority. @default {the model's} */
  readonly weight?: number | undefined;
  /** The lowest is tried first. @default {0} */
  readonly priority?: number | undefined;
}

/**
 * What the requests of a session have in common.
 *
 * @example By a header, else by the beginning of the conversation
 * ```ts
 * import type { StickyConfig } from "@llm-proxy/api";
 *
 * const sticky: StickyConfig = { header: "x-session-id", prefix: true, max_load: 1.5 };
 * ```
 */
export interface StickyConfig {
  /** A header; it comes before `prefix`. */
  readonly header?: string | undefined;
  /** The beginning of the conversation, which keeps the provider's prompt cache warm. @default {false} */
  readonly prefix: boolean;
  /** At so many times the mean load a deployment takes no further session's requests. @default {1.5} */
  readonly max_load: number;
}

/**
 * An arm of an experiment, for a canary as for a comparison.
 *
 * @example One caller in twenty
 * ```ts
 * import type { ArmConfig } from "@llm-proxy/api";
 *
 * const arm: ArmConfig = { name: "canary", share: 0.05, targets: ["openai/gpt-5"] };
 * ```
 */
export interface ArmConfig {
  /** Its name, for logs and metrics. */
  readonly name: string;
  /** The share of callers that it gets, 0 to 1; those of all arms are 1 at most. */
  readonly share: number;
  /** A flag of `feature_flags` that must be on as well. @default {none} */
  readonly flag?: string | undefined;
  /** Where it leads; behind them come the route's own. */
  readonly targets: readonly (string | RouteTargetConfig)[];
  /** Switches its flag off when it does worse than the rest of the route. @default {nothing does} */
  readonly rollback?: RollbackConfig | undefined;
}

/**
 * When an arm is switched off by itself.
 *
 * @example Five more failures in a hundred
 * ```ts
 * import type { RollbackConfig } from "@llm-proxy/api";
 *
 * const rollback: RollbackConfig = { errors: 0.05, slowdown: 2, min_requests: 50, window: 600 };
 * ```
 */
export interface RollbackConfig {
  /** How much larger its share of failed attempts may be, 0 to 1. @default {0.05} */
  readonly errors: number;
  /** By what factor its answers may begin later, on average. @default {2} */
  readonly slowdown: number;
  /** Attempts of each side that must have been seen. @default {50} */
  readonly min_requests: number;
  /** Seconds over which both are looked at. @default {600} */
  readonly window: number;
}

/**
 * Copies of requests, whose answers are compared and thrown away.
 *
 * @example One request in a hundred
 * ```ts
 * import type { ShadowConfig } from "@llm-proxy/api";
 *
 * const shadow: ShadowConfig = { share: 0.01, target: "anthropic/claude-haiku-4-5" };
 * ```
 */
export interface ShadowConfig {
  /** The share of requests, 0 to 1. */
  readonly share: number;
  /** A flag of `feature_flags` that must be on as well. @default {none} */
  readonly flag?: string | undefined;
  /** Where the copy goes, written as a target. */
  readonly target: string;
}

/**
 * When slow requests are sent to a second deployment. Durations are seconds.
 *
 * @example What an empty map gives
 * ```ts
 * import { type HedgeConfig, parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const text = `
 * providers: [{type: mock}]
 * routes: [{match: fast, targets: [mock/echo], hedge: {}}]
 * `;
 * const result = parseConfig(text, { file: "config.yaml", env: () => undefined });
 * assert(result.ok);
 * const hedge: HedgeConfig | undefined = result.config.routes[0]?.hedge;
 * assertEquals(hedge?.quantile, 0.95);
 * ```
 */
export interface HedgeConfig {
  /** The second call starts when this share of first tokens would have come. @default {0.95} */
  readonly quantile: number;
  /** The most second calls for each request, 0 to 1. @default {0.05} */
  readonly max_share: number;
  /** The most that second calls may cost for each dollar that requests cost, 0 to 1. @default {0.05} */
  readonly max_cost_share: number;
  /** How many first tokens must have been measured. @default {50} */
  readonly min_samples: number;
  /** No second call starts earlier. @default {0.1} */
  readonly min_delay: number;
  /** No second call waits longer. @default {30} */
  readonly max_delay: number;
  /** How many second calls may be saved up. @default {5} */
  readonly burst: number;
}
