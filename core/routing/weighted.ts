import type { Candidate } from "./route.ts";
import type { StrategyContext } from "./strategy.ts";

/** So many places are drawn by weight: more attempts than a request ever has. */
const PLACES = 8;

/**
 * By weight: each candidate comes first as often as its share says. One number
 * draws all places, what is left of it the next one, so that a run of evenly
 * spread numbers gives evenly spread choices. Weight 0 comes behind all others.
 */
export function weighted(
  candidates: readonly Candidate[],
  context: StrategyContext,
): readonly Candidate[] {
  return drawByWeight(candidates, {
    weights: weightsOf(candidates),
    draw: context.draw(),
  });
}

function weightsOf(candidates: readonly Candidate[]): number[] {
  const weights: number[] = [];
  for (const { weight } of candidates) weights.push(weight);
  return weights;
}

/** What {@linkcode drawByWeight} goes by. */
export interface DrawOptions {
  /** One for each candidate; the list is used up. */
  readonly weights: number[];
  /** Decides: from 0 up to but not including 1. */
  readonly draw: number;
}

/** Orders by weights of one's own. */
export function drawByWeight(
  candidates: readonly Candidate[],
  { weights, draw }: DrawOptions,
): Candidate[] {
  const drawn = candidates.slice();
  let total = 0;
  for (const weight of weights) total += weight;
  let left = draw;
  const places = Math.min(PLACES, drawn.length - 1);
  for (let place = 0; place < places && total > 0; place++) {
    let mark = left * total;
    let picked = place;
    for (let at = place; at < drawn.length; at++) {
      const weight = weights[at] as number;
      if (weight <= 0) continue;
      picked = at;
      if (mark < weight) break;
      mark -= weight;
    }
    const weight = weights[picked] as number;
    // What rounding leaves of the total when all weights are drawn.
    if (!(weight > 0)) break;
    left = Math.min(Math.max(mark / weight, 0), 1 - Number.EPSILON);
    total -= weight;
    moveUp(drawn, picked, place);
    moveUp(weights, picked, place);
  }
  return drawn;
}

/** Moves an item up to a place; those between keep their order. */
function moveUp<Item>(items: Item[], from: number, to: number): void {
  const item = items[from] as Item;
  for (let at = from; at > to; at--) items[at] = items[at - 1] as Item;
  items[to] = item;
}
