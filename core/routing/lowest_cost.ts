import { rankByScore, rotate } from "./_rank.ts";
import type { Candidate } from "./route.ts";
import type { StrategyContext } from "./strategy.ts";
import { estimateCost } from "./token_cost.ts";

/** By what this request will cost about; equals take turns, unknown prices come last. */
export function lowestCost(
  candidates: readonly Candidate[],
  context: StrategyContext,
): readonly Candidate[] {
  const rotated = rotate(candidates, context.draw());
  const scores: number[] = [];
  for (const { deployment } of rotated) {
    scores.push(estimateCost(context.request, deployment.prices) ?? Infinity);
  }
  return rankByScore(rotated, scores);
}
