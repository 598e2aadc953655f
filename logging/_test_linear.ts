import { assert } from "@std/assert";

/** How often work is measured at most: one try with the machine to itself is enough. */
const ROUNDS = 10;

/** What {@linkcode assertLinear} runs. */
export interface LinearWork {
  /** Two sizes of the work, the large one a multiple of the small one. */
  readonly sizes: readonly [small: number, large: number];
  /** How many times as long the large one may take; what is quadratic takes longer. */
  readonly most: number;
  /** Named where it fails. */
  readonly what?: string;
}

/**
 * Asserts that work takes time by its size, and not by its square. What others
 * take of the machine only ever adds time: so the least of each size counts,
 * and work is measured again until it is fast enough, for some rounds.
 */
export function assertLinear(
  work: (size: number) => void,
  { sizes: [small, large], most, what = "the work" }: LinearWork,
): void {
  const least = [Infinity, Infinity];
  const measure = (at: number, size: number): void => {
    const start = performance.now();
    work(size);
    least[at] = Math.min(least[at]!, performance.now() - start);
  };
  // Not of interest: that the first time has everything compiled.
  work(small);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < 3; i++) measure(0, small);
    measure(1, large);
    if (least[1]! <= most * least[0]!) return;
  }
  assert(
    false,
    `${what}: ${least[0]} ms for ${small}, ${least[1]} ms for ${large}`,
  );
}
