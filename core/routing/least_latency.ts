import { type AnswerKind, answerKind } from "./latency.ts";
import { rankByScore } from "./_rank.ts";
import type { Candidate } from "./route.ts";
import type { StrategyContext } from "./strategy.ts";

/** What is not measured yet counts as quick, so that it gets measured. */
const UNKNOWN_MS = 1;

/**
 * By the time to the first token, or of whole answers where one is asked for: the better of two candidates drawn at random,
 * then the rest from the quickest on. Two draws, not the best of all: else
 * every request of a moment would go to the same one. The average counts once
 * for each attempt under way, so a quick one is not overrun.
 */
export function leastLatency(
  candidates: readonly Candidate[],
  context: StrategyContext,
): readonly Candidate[] {
  const { length } = candidates;
  const kind = answerKind(context.request);
  const scores = candidates.map((candidate) => score(candidate, kind, context));
  const one = Math.floor(context.random() * length);
  const step = 1 + Math.floor(context.random() * (length - 1));
  const other = (one + step) % length;
  const best = (scores[one] ?? 0) <= (scores[other] ?? 0) ? one : other;
  scores[best] = -1;
  return rankByScore(candidates, scores);
}

function score(
  { deployment }: Candidate,
  kind: AnswerKind,
  { stateOf, now }: StrategyContext,
): number {
  const state = stateOf(deployment);
  return (state[kind].average(now) ?? UNKNOWN_MS) * (1 + state.inFlight);
}
