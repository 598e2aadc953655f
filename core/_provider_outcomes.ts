import { BucketWindow } from "./_bucket_window.ts";
import type { FailureClass } from "./failure_class.ts";
import type { HealthStatus, ProviderFailure } from "./provider_health.ts";

/** What decides over a provider's status. */
export interface OutcomeRules {
  readonly window: number;
  readonly minimum: number;
  readonly degradedShare: number;
  readonly unhealthyShare: number;
  readonly faultsInARow: number;
}

/** How much an outcome tells against a provider: that it fails, or that it wants to be spared or refuses us. */
type Weight = "fault" | "trouble";

const BUCKETS = 12;
/** After how many windows without news faults in a row are forgotten. */
const MEMORY = 10;
/** A status is left at this part of the share at which it was entered, so that it does not flicker. */
const EASE = 0.5;

const WEIGHTS: ReadonlyMap<FailureClass, Weight> = new Map([
  ["fault", "fault"],
  ["throttled", "trouble"],
  // A caller can provoke a 403, and must not take a provider out for all (U18).
  ["credential", "trouble"],
]);

/** What is known of one provider; its size is fixed. */
export class ProviderOutcomes {
  status: HealthStatus = "healthy";
  lastSuccessAt: number | undefined;
  lastFailure: (ProviderFailure & { readonly at: number }) | undefined;
  lastCheck: { readonly at: number; readonly ok: boolean } | undefined;
  readonly #rules: OutcomeRules;
  /** All outcomes, and faults among them. */
  readonly #counts: BucketWindow;
  /** Troubles only. */
  readonly #troubles: BucketWindow;
  #faultsInARow = 0;
  #isTroubled = false;

  constructor(rules: OutcomeRules) {
    this.#rules = rules;
    this.#counts = new BucketWindow(rules.window, BUCKETS);
    this.#troubles = new BucketWindow(rules.window, BUCKETS);
  }

  get sample(): number {
    return this.#counts.total;
  }

  get errorShare(): number {
    const errors = this.#counts.marked + this.#troubles.marked;
    return errors === 0 ? 0 : errors / this.#counts.total;
  }

  get faultsInARow(): number {
    return this.#faultsInARow;
  }

  succeeded(now: number): void {
    this.#counts.add(now, true, false);
    this.#faultsInARow = 0;
    this.#isTroubled = false;
    this.lastSuccessAt = now;
  }

  /** Notes a failure, unless its class tells nothing of the provider. */
  failed(now: number, failure: ProviderFailure): boolean {
    const weight = WEIGHTS.get(failure.failureClass);
    if (weight === undefined) return false;
    this.#count(now, failure, weight);
    return true;
  }

  /** Notes a check of our own making: no caller can have provoked a refused key. */
  checked(now: number, failure: ProviderFailure | undefined): boolean {
    if (failure === undefined) this.succeeded(now);
    else if (failure.failureClass === "credential") {
      this.#count(now, failure, "fault");
    } else if (!this.failed(now, failure)) return false;
    this.lastCheck = { at: now, ok: failure === undefined };
    return true;
  }

  /** Moves the window on to now, and finds the status. */
  look(now: number): HealthStatus {
    this.#counts.add(now, false, false);
    this.#troubles.add(now, false, false);
    return this.sample >= this.#rules.minimum
      ? this.#byShare()
      : this.#byRow(now);
  }

  #byShare(): HealthStatus {
    const { degradedShare, unhealthyShare } = this.#rules;
    const faultShare = this.#counts.marked / this.#counts.total;
    const isUnhealthy = this.status === "unhealthy";
    if (faultShare >= unhealthyShare * (isUnhealthy ? EASE : 1)) {
      return "unhealthy";
    }
    const isWell = this.status === "healthy";
    return this.errorShare >= degradedShare * (isWell ? 1 : EASE)
      ? "degraded"
      : "healthy";
  }

  #byRow(now: number): HealthStatus {
    const { faultsInARow, window } = this.#rules;
    const age = now - (this.lastFailure?.at ?? -Infinity);
    if (!this.#isTroubled || age > window * MEMORY) return "healthy";
    return this.#faultsInARow >= faultsInARow ? "unhealthy" : "degraded";
  }

  #count(now: number, failure: ProviderFailure, weight: Weight): void {
    const isFault = weight === "fault";
    this.#counts.add(now, true, isFault);
    if (isFault) this.#faultsInARow++;
    else this.#troubles.add(now, false, true);
    this.#isTroubled = true;
    const { failureClass, code } = failure;
    this.lastFailure = { at: now, failureClass, code };
  }
}
