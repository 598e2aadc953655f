/** The golden ratio's fraction: of all steps it leaves the most even gaps. */
const STEP = (Math.sqrt(5) - 1) / 2;

/**
 * Numbers from 0 up to but not including 1, evenly spread for each subject: of
 * ten of them about one lies in each tenth. Where weights are drawn with these
 * a share of 10 % is met in ten requests, not only in ten thousand.
 *
 * A subject is any object, for example a route, and is forgotten with it.
 *
 * @example A look that counts for nothing
 * ```ts
 * import { SmoothDraws } from "@llm-proxy/core/routing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const draws = new SmoothDraws({ random: () => 0.25 });
 * const route = {};
 * assertEquals(draws.peek(route), 0.25);
 * assertEquals(draws.next(route), 0.25);
 * assert(draws.next(route) > 0.8);
 * ```
 */
export class SmoothDraws {
  readonly #places = new WeakMap<object, { at: number }>();
  readonly #random: () => number;

  /** Each subject begins at a random number, so that processes do not march in step. */
  constructor({ random = Math.random }: SmoothDrawsOptions = {}) {
    this.#random = random;
  }

  /** The next number of a subject. */
  next(subject: object): number {
    const place = this.#place(subject);
    const { at } = place;
    place.at = at + STEP < 1 ? at + STEP : at + STEP - 1;
    return at;
  }

  /** The same number without taking it: for a plan that is only looked at. */
  peek(subject: object): number {
    return this.#place(subject).at;
  }

  #place(subject: object): { at: number } {
    const known = this.#places.get(subject);
    if (known !== undefined) return known;
    const place = { at: this.#random() };
    this.#places.set(subject, place);
    return place;
  }
}

/** Where {@linkcode SmoothDraws} begins. */
export interface SmoothDrawsOptions {
  /** Gives numbers from 0 up to but not including 1. @default {Math.random} */
  readonly random?: () => number;
}
