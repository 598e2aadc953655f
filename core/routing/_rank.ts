import type { Candidate } from "./route.ts";

/** Up to here moving beats the cost of a sort's closures. */
const FEW = 16;

/**
 * A copy in ascending order of the scores, which are taken along. Equals keep
 * their order.
 */
export function rankByScore(
  candidates: readonly Candidate[],
  scores: number[],
): Candidate[] {
  const ranked = candidates.slice();
  if (ranked.length > FEW) {
    const places = ranked.map((_, index) => index)
      .sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0) || a - b);
    return places.flatMap((place) => candidates[place] ?? []);
  }
  for (let from = 1; from < ranked.length; from++) {
    const candidate = ranked[from] as Candidate;
    const score = scores[from] as number;
    let to = from;
    while (to > 0 && (scores[to - 1] as number) > score) {
      ranked[to] = ranked[to - 1] as Candidate;
      scores[to] = scores[to - 1] as number;
      to--;
    }
    ranked[to] = candidate;
    scores[to] = score;
  }
  return ranked;
}

/** A copy that begins at a share of the list, so that equals take turns. */
export function rotate(
  candidates: readonly Candidate[],
  share: number,
): readonly Candidate[] {
  const start = Math.floor(share * candidates.length);
  if (start === 0) return candidates;
  return [...candidates.slice(start), ...candidates.slice(0, start)];
}
