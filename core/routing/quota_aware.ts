import type { DeploymentStateView } from "./deployment_state.ts";
import type { UpstreamAllowance } from "./upstream_limits.ts";
import type { Candidate } from "./route.ts";
import type { StrategyContext } from "./strategy.ts";
import { drawByWeight } from "./weighted.ts";

/** The share that is supposed to be left where the limit itself is not told, at so many left. */
const PLENTY = 100;

/**
 * By what the accounts have left, as their providers told last: drawn by weight
 * times the share that is left. One that has not enough for this request comes
 * behind all others. What is unknown counts as full.
 */
export function quotaAware(
  candidates: readonly Candidate[],
  context: StrategyContext,
): readonly Candidate[] {
  const weights: number[] = [];
  for (const { deployment, weight } of candidates) {
    const state = context.stateOf(deployment);
    weights.push(weight * shareLeft(state, context));
  }
  return drawByWeight(candidates, { weights, draw: context.draw() });
}

/** The smaller share of what is left, 0 to 1; 0 where it is not enough. */
function shareLeft(
  { upstreamLimits, startedSinceLimits: started }: DeploymentStateView,
  { request, now }: StrategyContext,
): number {
  if (upstreamLimits === undefined) return 1;
  const { requests, tokens } = upstreamLimits;
  const { inputTokens = 1, outputTokens = 0 } = request;
  const need = inputTokens + outputTokens;
  return Math.min(
    left(requests, { now, spent: started, need: 1 }),
    // What began since then is supposed to be like this one.
    left(tokens, { now, spent: started * need, need }),
  );
}

function left(
  allowance: UpstreamAllowance | undefined,
  { now, spent, need }: { now: number; spent: number; need: number },
): number {
  if (allowance === undefined || now >= allowance.resetAt) return 1;
  const remaining = allowance.remaining - spent;
  if (remaining < need) return 0;
  return Math.min(1, remaining / (allowance.limit ?? PLENTY * need));
}
