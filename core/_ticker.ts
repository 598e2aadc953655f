/** Something with a deadline. */
export interface Watched {
  /** Looks whether it is due; called about every 20 ms. */
  look(now: number): void;
}

/** The place of what is not watched. */
export const UNWATCHED = -1;
/** How often the deadlines are looked at, in ms. */
const TICK = 20;

/**
 * Places, taken and free. A set that every request enters and leaves makes new
 * tables all the time, and each that the engine holds to be old keeps the next
 * one alive with all that is in it.
 */
const places: (Watched | undefined)[] = [];
const free: number[] = [];
let timer: ReturnType<typeof setInterval> | undefined;

/**
 * Has `look` called until {@linkcode unwatch}. One timer serves all, for a
 * timer of one's own per request was measured at 5 % of a request's cost.
 *
 * @returns Its place, for `unwatch`.
 */
export function watch(it: Watched): number {
  const place = free.pop() ?? places.length;
  places[place] = it;
  timer ??= setInterval(tick, TICK);
  return place;
}

/** Ends it, once; nothing is done for what is {@linkcode UNWATCHED}. */
export function unwatch(place: number): void {
  if (place === UNWATCHED) return;
  places[place] = undefined;
  free.push(place);
  if (free.length < places.length) return;
  clearInterval(timer);
  timer = undefined;
}

function tick(): void {
  const now = performance.now();
  for (const it of places) it?.look(now);
}
