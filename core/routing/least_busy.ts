import { rankByScore, rotate } from "./_rank.ts";
import type { Candidate } from "./route.ts";
import type { StrategyContext } from "./strategy.ts";

/** By the attempts under way for each unit of weight, the fewest first; equals take turns. */
export function leastBusy(
  candidates: readonly Candidate[],
  context: StrategyContext,
): readonly Candidate[] {
  const rotated = rotate(candidates, context.draw());
  const scores: number[] = [];
  for (const { deployment, weight } of rotated) {
    const { inFlight } = context.stateOf(deployment);
    // One more than there are: an idle one of double weight is better too.
    scores.push(weight > 0 ? (inFlight + 1) / weight : Infinity);
  }
  return rankByScore(rotated, scores);
}
