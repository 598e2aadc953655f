import type { Deployment } from "./deployment.ts";

/** Why a deployment can't be used now. */
export interface Unavailable {
  /** In words for people, for example `its breaker is open`. */
  readonly reason: string;
  /** When it may be used again, on the plan's clock, in ms; absent where nobody knows. */
  readonly retryAt?: number;
  /** When it may be tried even before, because nothing else can be used, on the same clock (U19). */
  readonly probeAt?: number;
}

/** Whether a deployment can be used now. */
export type Availability = true | Unavailable;

/**
 * What a plan asks of a breaker, a cooldown or a limit: a look that changes
 * nothing. It is asked for each candidate, so it must be quick.
 */
export interface AvailabilityView {
  /** Whether the deployment can be used now. */
  isAvailable(deployment: Deployment): Availability;
}
