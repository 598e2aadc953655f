import type { PlanContext } from "./plan_route.ts";
import type { Candidate, Route } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";
import { sessionOf, stickToHome } from "./sticky.ts";
import type { StrategyContext } from "./strategy.ts";

/** What an order depends on. */
export interface OrderOptions {
  readonly route: Route;
  readonly request: RouteRequest;
  readonly context: PlanContext;
}

/** Orders candidates that come by rank: within each rank by the route's strategy and the session's home. */
export function orderCandidates(
  candidates: readonly Candidate[],
  options: OrderOptions,
): readonly Candidate[] {
  return candidates.length <= 1 ? candidates : orderMany(candidates, options);
}

function orderMany(
  candidates: readonly Candidate[],
  { route, request, context }: OrderOptions,
): readonly Candidate[] {
  const { length } = candidates;
  const { random = Math.random } = context;
  const stateOf: StrategyContext["stateOf"] = (deployment) =>
    context.states.of(deployment);
  const strategyContext: StrategyContext = {
    request,
    stateOf,
    now: context.now,
    random,
    draw: () => context.draw?.(route) ?? random(),
  };
  const session = sessionOf(route.sticky, request);
  const order = (some: readonly Candidate[]): readonly Candidate[] => {
    if (some.length <= 1) return some;
    const ordered = route.strategy(some, strategyContext);
    if (session === undefined) return ordered;
    const maxLoad = route.sticky?.maxLoad;
    return stickToHome(ordered, { session, maxLoad, stateOf });
  };
  if (endOfRank(candidates, 0) === length) return order(candidates);
  const ordered: Candidate[] = [];
  for (let start = 0, end = 0; start < length; start = end) {
    end = endOfRank(candidates, start);
    if (end - start === 1) ordered.push(candidates[start] as Candidate);
    else ordered.push(...order(candidates.slice(start, end)));
  }
  return ordered;
}

function endOfRank(candidates: readonly Candidate[], start: number): number {
  const rank = candidates[start]?.rank;
  let end = start + 1;
  while (end < candidates.length && candidates[end]?.rank === rank) end++;
  return end;
}
