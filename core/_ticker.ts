/** Something with a deadline. */
export interface Watched {
  /** Looks whether it is due; called about every 20 ms. */
  look(now: number): void;
}

/** How often the deadlines are looked at, in ms. */
const TICK = 20;

const watched = new Set<Watched>();
let timer: ReturnType<typeof setInterval> | undefined;

/**
 * Has `look` called until {@linkcode unwatch}. One timer serves all, for a
 * timer of one's own per request was measured at 5 % of a request's cost.
 */
export function watch(it: Watched): void {
  watched.add(it);
  timer ??= setInterval(tick, TICK);
}

/** Ends it. Idempotent. */
export function unwatch(it: Watched): void {
  watched.delete(it);
  if (watched.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function tick(): void {
  const now = performance.now();
  for (const it of watched) it.look(now);
}
