import type { Provider } from "../provider.ts";
import type { Deployment } from "./deployment.ts";
import type { RouteDefinition, StickyDefinition } from "./route_definition.ts";
import type { Strategy } from "./strategy.ts";

/** Where a request goes: all that a translation and an attempt need. */
export interface Destination {
  /** The provider. */
  readonly provider: Provider;
  /** The model as the provider names it, no `*` in it. */
  readonly model: string;
}

/** One place where a request can go, and its place among the others. */
export interface Candidate extends Destination {
  /** The deployment, whose state and settings count. */
  readonly deployment: Deployment;
  /** Its share among candidates of the same rank. */
  readonly weight: number;
  /** All candidates of a lower rank come first. */
  readonly rank: number;
}

/** One place where a route leads; with `*` in its model it stands for many. */
export interface RouteTarget extends Candidate {
  /** Where the model has a `*`: what stands before and behind it. */
  readonly around: readonly [before: string, behind: string] | undefined;
}

/** An arm of a route's experiment. */
export interface RouteArm {
  /** Its name, for logs and metrics. */
  readonly name: string;
  /** The share of subjects that it gets, 0 to 1. */
  readonly share: number;
  /** The flag that must be on for a request to get into it. */
  readonly flag?: string | undefined;
  /** Where it leads; behind them come the route's own. */
  readonly targets: readonly RouteTarget[];
}

/** The share of requests of which a copy is sent elsewhere, its answer thrown away. */
export interface RouteShadow {
  /** The share of requests, 0 to 1. */
  readonly share: number;
  /** The flag that must be on for a request to be copied. */
  readonly flag?: string | undefined;
  /** Where the copy goes; the first that can take it. */
  readonly targets: readonly RouteTarget[];
}

/** Which names come next, by the way an attempt failed; each with its own followers behind it. */
export interface FallbackChains {
  /** After a failure of the upstream. */
  readonly error: readonly string[];
  /** After the request was found too long for the model. */
  readonly contextWindow: readonly string[];
  /** After the provider refused the content. */
  readonly contentPolicy: readonly string[];
}

/** A name, or a pattern of names, with everything that is to be done for it. */
export interface Route {
  /** The name or pattern, or how the route came to be without a definition. */
  readonly name: string;
  /** What it was made of; absent where it follows from the providers alone. */
  readonly definition: RouteDefinition | undefined;
  /** Where it leads, the lowest rank first. */
  readonly targets: readonly RouteTarget[];
  /** Orders candidates of one rank. */
  readonly strategy: Strategy;
  /** What its sessions stick to. */
  readonly sticky: StickyDefinition | undefined;
  /** Its experiment. */
  readonly arms: readonly RouteArm[];
  /** Its shadow traffic. */
  readonly shadow: RouteShadow | undefined;
  /** What comes next; names may have a `*`. */
  readonly fallbacks: FallbackChains;
  /** Whether any target or fallback has a `*`. */
  readonly open: boolean;
}

/** A route that was found for a name. */
export interface RouteMatch {
  /** The route. */
  readonly route: Route;
  /** What the `*` of its pattern stands for; "" where it has none. */
  readonly capture: string;
}

/** A route that was found, the `*` of its targets and fallbacks filled in. */
export interface FoundRoute extends RouteMatch {
  /** Where it leads, the lowest rank first. */
  readonly candidates: readonly Candidate[];
  /** What comes next. */
  readonly fallbacks: FallbackChains;
}
