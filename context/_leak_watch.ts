/** Memory that grows and grows. */
export interface LeakSuspicion {
  /** By how much it grows, in bytes an hour. */
  readonly bytesPerHour: number;
  /** When the limit is reached at that rate, in hours; `undefined` without a limit. */
  readonly hoursLeft: number | undefined;
}

/** How many spans are remembered. */
const SPANS = 30;
const HOUR = 3_600_000;
/** What is slower is no leak worth a word, in bytes an hour. */
const LEAST_RATE = 8 * 1_048_576;
/** How well a straight line must tell it, from 0 to 1. */
const LEAST_FIT = 0.85;

/**
 * Watches the least memory of each span of time: the floor that the collector
 * comes back to. Where that rises in a straight line it is a leak, most likely.
 */
export class LeakWatch {
  readonly #spanMs: number;
  readonly #floors: { readonly at: number; bytes: number }[] = [];

  /** Takes how long a span is, in ms. */
  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** Takes a look's bytes, at a time of a clock that never goes back. */
  add(bytes: number, at: number): void {
    const last = this.#floors.at(-1);
    if (last !== undefined && at < last.at + this.#spanMs) {
      last.bytes = Math.min(last.bytes, bytes);
      return;
    }
    this.#floors.push({ at, bytes });
    if (this.#floors.length > SPANS) this.#floors.shift();
  }

  /** What is suspected, once there is enough to go by. */
  suspicion(limit: number | undefined): LeakSuspicion | undefined {
    // The newest span is not over.
    const floors = this.#floors.slice(0, -1);
    if (floors.length < SPANS - 1) return undefined;
    const { slope, fit } = line(floors);
    const bytesPerHour = slope * HOUR;
    if (bytesPerHour < LEAST_RATE || fit < LEAST_FIT) return undefined;
    const left = limit === undefined
      ? undefined
      : Math.max(0, limit - (floors.at(-1)?.bytes ?? 0)) / bytesPerHour;
    return { bytesPerHour: Math.round(bytesPerHour), hoursLeft: left };
  }
}

/** The straight line through points, and how well it fits them: its square of correlation. */
function line(
  points: readonly { readonly at: number; readonly bytes: number }[],
): { readonly slope: number; readonly fit: number } {
  const { length } = points;
  const meanAt = points.reduce((sum, { at }) => sum + at, 0) / length;
  const meanBytes = points.reduce((sum, { bytes }) => sum + bytes, 0) / length;
  let covariance = 0, spread = 0, variance = 0;
  for (const { at, bytes } of points) {
    covariance += (at - meanAt) * (bytes - meanBytes);
    spread += (at - meanAt) ** 2;
    variance += (bytes - meanBytes) ** 2;
  }
  if (spread === 0 || variance === 0) return { slope: 0, fit: 0 };
  return {
    slope: covariance / spread,
    fit: covariance ** 2 / (spread * variance),
  };
}
