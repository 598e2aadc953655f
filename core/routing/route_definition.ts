import type { HedgeOptions } from "./hedge_policy.ts";
import type { Strategy, StrategyName } from "./strategy.ts";

/** One target of a route, with settings that differ from its deployment's. */
export interface TargetDefinition {
  /**
   * An address `provider/model`, or a model that providers list: then all of
   * them. Where the route's pattern has a `*`, one in here stands for the same.
   */
  readonly model: string;
  /** Its share among targets of the same priority. @default {the deployment's} */
  readonly weight?: number;
  /** The lowest is tried first; the others when all of it failed. @default {0} */
  readonly priority?: number;
}

/** What the requests of a session have in common, to be sent to one deployment. */
export interface StickyDefinition {
  /** A header, by its lower-case name. It comes before `prefix`. */
  readonly header?: string;
  /** The beginning of the conversation, which keeps the provider's prompt cache warm. @default {false} */
  readonly prefix?: boolean;
  /** A deployment takes no further session's requests at so many times the mean load. @default {1.5} */
  readonly maxLoad?: number;
}

/** An arm of an experiment. */
export interface ArmDefinition {
  /** Its name, for logs and metrics. */
  readonly name: string;
  /** The share of subjects that it gets, 0 to 1. */
  readonly share: number;
  /** Only requests for which this flag is on. @default {all} */
  readonly flag?: string | undefined;
  /** Where it leads; behind them come the route's own targets. */
  readonly targets: readonly (string | TargetDefinition)[];
}

/** Copies of requests, whose answers are compared and thrown away. */
export interface ShadowDefinition {
  /** The share of requests, 0 to 1. */
  readonly share: number;
  /** Only requests for which this flag is on. @default {all} */
  readonly flag?: string | undefined;
  /** Where the copy goes, written as a target. */
  readonly target: string;
}

/** A route as plain data. */
export interface RouteDefinition {
  /** A name that callers use, or a pattern with one `*`, such as `gpt-*` or `anthropic/*`. */
  readonly match: string;
  /** Where it leads. */
  readonly targets: readonly (string | TargetDefinition)[];
  /** How targets of the same priority are ordered. @default {"ordered"} */
  readonly strategy?: StrategyName | Strategy;
  /** What comes after a failure: names as a caller would write them. @default {[]} */
  readonly fallbacks?: readonly string[];
  /** What comes when the request is too long. @default {[]} */
  readonly contextWindowFallbacks?: readonly string[];
  /** What comes when the provider refuses the content. @default {[]} */
  readonly contentPolicyFallbacks?: readonly string[];
  /** Sticky sessions. */
  readonly sticky?: StickyDefinition;
  /** An experiment; subjects in no arm get the targets. @default {[]} */
  readonly arms?: readonly ArmDefinition[];
  /** Shadow traffic. */
  readonly shadow?: ShadowDefinition;
  /** Whether slow requests are hedged, and how. Absent: never. */
  readonly hedge?: HedgeOptions;
}

/** One thing that is wrong with a list of definitions. */
export interface RouteFault {
  /** Where, from the list on: for example `[0, "fallbacks", 1]`. */
  readonly path: readonly (string | number)[];
  /** What is wrong, on one line. */
  readonly message: string;
}
