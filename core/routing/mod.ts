/**
 * Where a request goes: routes with aliases and wildcards, strategies, sticky
 * sessions, concurrency limits, and the plan that puts them together.
 *
 * @module
 */

export {
  AdaptiveLimit,
  type AdaptiveLimitOptions,
  type FirstByteSample,
} from "./adaptive_limit.ts";
export {
  type Availability,
  type AvailabilityView,
  type Unavailable,
} from "./availability.ts";
export {
  buildRouteTable,
  type RouteTableOptions,
  type RouteTableResult,
} from "./build_route_table.ts";
export { armOf } from "./canary.ts";
export {
  type RolloutAttempt,
  type RolloutRule,
  RolloutWatch,
} from "./rollout_watch.ts";
export { Breakers, type BreakersOptions } from "./breakers.ts";
export { Bulkheads, type BulkheadsOptions } from "./bulkheads.ts";
export {
  type Capabilities,
  type Capability,
  capabilityNames,
} from "./capability.ts";
export { type SkipCode, type SkipReason } from "./capability_filter.ts";
export {
  type ChatFactsOptions,
  type ChatRequestFacts,
  chatRequestFacts,
  type InputSize,
} from "./chat_request_facts.ts";
export {
  type GeminiFactsOptions,
  geminiRequestFacts,
} from "./gemini_request_facts.ts";
export {
  type ConcurrencyBounds,
  ConcurrencyLimit,
  type ConcurrencyLimitOptions,
} from "./concurrency_limit.ts";
export {
  ConcurrencySlot,
  type ConcurrencySlotEvents,
} from "./concurrency_slot.ts";
export { Cooldowns } from "./cooldowns.ts";
export {
  createDeployment,
  type Deployment,
  type DeploymentPlace,
  type DeploymentSettings,
  type PriceLookup,
  type TokenPrices,
} from "./deployment.ts";
export {
  DeploymentState,
  type DeploymentStateView,
} from "./deployment_state.ts";
export { type AnswerKind, type LatencyView } from "./latency.ts";
export {
  DeploymentStates,
  type DeploymentStatesOptions,
} from "./deployment_states.ts";
export {
  type ChatExplanation,
  explainChat,
  type ExplainChatContext,
  type ExplainedUpstreamRequest,
} from "./explain_chat.ts";
export {
  type DeploymentRoom,
  type ExplainContext,
  type ExplainedCandidate,
  type ExplainedPlan,
  type ExplainedSkip,
  explainRoute,
  type RouteExplanation,
} from "./explain_route.ts";
export {
  Failover,
  type FailoverOptions,
  type FailoverRequest,
} from "./failover.ts";
export { Flight } from "./flight.ts";
export { type HedgeOptions, HedgePolicy } from "./hedge_policy.ts";
export { Hedges } from "./hedges.ts";
export { planRefusal, type PlanRefusalOptions } from "./plan_refusal.ts";
export {
  type PlanContext,
  planRoute,
  type PlanStep,
  type RoutePlan,
  type SkippedCandidate,
} from "./plan_route.ts";
export {
  type Candidate,
  type FallbackChains,
  type FoundRoute,
  type Route,
  type RouteArm,
  type RouteMatch,
  type RouteShadow,
  type RouteTarget,
} from "./route.ts";
export {
  type ArmDefinition,
  type RouteDefinition,
  type RouteFault,
  type ShadowDefinition,
  type StickyDefinition,
  type TargetDefinition,
} from "./route_definition.ts";
export {
  ProviderLimits,
  type ProviderLimitsOptions,
} from "./provider_limits.ts";
export { type RouteRequest } from "./route_request.ts";
export { type RouteTable } from "./route_table.ts";
export { RoutedAttempt } from "./routed_attempt.ts";
export { type RoutedProvider } from "./routed_provider.ts";
export {
  type ShadowCopy,
  type ShadowRequest,
  Shadows,
  type ShadowsOptions,
} from "./shadows.ts";
export { SmoothDraws, type SmoothDrawsOptions } from "./smooth_draws.ts";
export { prefixHash, type PrefixHashOptions } from "./sticky.ts";
export {
  strategies,
  type Strategy,
  type StrategyContext,
  type StrategyName,
} from "./strategy.ts";
export { estimateCost } from "./token_cost.ts";
export {
  readUpstreamLimits,
  type ReadUpstreamLimitsOptions,
  type UpstreamAllowance,
  type UpstreamLimits,
} from "./upstream_limits.ts";
export type { Destination } from "./route.ts";
