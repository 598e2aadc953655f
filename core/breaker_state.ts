/** Whether attempts go through (`closed`), none does (`open`), or a few do as probes (`half_open`). */
export type BreakerState = "closed" | "open" | "half_open";

/** Why a breaker changed its state. */
export type BreakerChangeReason =
  /** Its strategy found the upstream failing. */
  | "tripped"
  /** The open time was over, and the first probe went. */
  | "probing"
  /** A probe failed. */
  | "probe_failed"
  /** Enough probes went well. */
  | "recovered"
  /** `restore()` was called. */
  | "restored"
  /** `reset()` was called. */
  | "reset";

/** One change of a breaker's state. */
export interface BreakerStateChange {
  /** The state before. */
  readonly from: BreakerState;
  /** The state from now on. */
  readonly to: BreakerState;
  /** Why. */
  readonly reason: BreakerChangeReason;
  /** When, on the breaker's clock, in milliseconds. */
  readonly at: number;
  /** Until when it stays open, on the same clock; set where `to` is `open`. */
  readonly openUntil: number | undefined;
}

/**
 * A breaker's state as plain data, to be kept over a restart. It holds
 * durations and one wall-clock time, so that it means the same to a process
 * whose monotonic clock began elsewhere.
 */
export interface BreakerSnapshot {
  /** The state. */
  readonly state: BreakerState;
  /** How often in a row it opened without a stable time between. */
  readonly openings: number;
  /** Milliseconds of open time that were left; 0 unless open. */
  readonly openFor: number;
  /** Milliseconds since it closed; 0 unless closed. */
  readonly closedFor: number;
  /** When this was taken, in milliseconds since 1970. */
  readonly savedAt: number;
}

const STATES: ReadonlySet<unknown> = new Set<BreakerState>([
  "closed",
  "open",
  "half_open",
]);

/** Whether a value, wherever it was kept, is a snapshot. */
export function isBreakerSnapshot(value: unknown): value is BreakerSnapshot {
  if (typeof value !== "object" || value === null) return false;
  const { state, openings, openFor, closedFor, savedAt } = value as Partial<
    Record<keyof BreakerSnapshot, unknown>
  >;
  return STATES.has(state) && isDuration(openings) &&
    Number.isInteger(openings) && isDuration(openFor) &&
    isDuration(closedFor) && isDuration(savedAt);
}

function isDuration(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
