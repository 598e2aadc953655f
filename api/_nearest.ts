import { distance } from "fastest-levenshtein";

/** Longer texts are no slips, and comparing them costs. */
export const MAX_LENGTH = 64;

/** The closest of some words, where one is close enough to be meant. */
export function nearest(
  word: string,
  words: readonly string[],
  most: number = 1 + Math.floor(word.length / 4),
): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  let best: string | undefined;
  let least = Math.min(most, word.length - 2) + 1;
  for (const candidate of words) {
    const found = gap(word, candidate);
    if (found < least) {
      least = found;
      best = candidate;
    }
  }
  if (best !== undefined) return best;
  // `url` for `base_url`, `warning` for `warn`: only where one word fits.
  const parts = words.filter((it) => isPart(word, it) || isPart(it, word));
  return parts.length === 1 ? parts[0] : undefined;
}

/** ` (did you mean 'x'?)` */
export function mean(word: string): string {
  return ` (did you mean '${word}'?)`;
}

/** The number of slips between two words; case and separators do not count. */
export function gap(a: string, b: string): number {
  return distance(fold(a), fold(b));
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** Whether one word begins or ends the other, or is one of its parts. */
function isPart(part: string, whole: string): boolean {
  const inner = fold(part);
  const outer = fold(whole);
  return inner.length >= 3 &&
    (outer.startsWith(inner) || outer.endsWith(inner));
}
