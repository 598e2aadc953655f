import { BreakerMachine } from "./_breaker_machine.ts";
import type { BreakerPermit } from "./breaker_permit.ts";
import {
  type BreakerSnapshot,
  type BreakerState,
  type BreakerStateChange,
  isBreakerSnapshot,
} from "./breaker_state.ts";
import {
  checkBreakerOptions,
  type CircuitBreakerOptions,
} from "./circuit_breaker_options.ts";

/**
 * Leaves an upstream alone that fails, and finds out when it is well again.
 *
 * Closed, it lets everything through until its strategy finds the upstream
 * failing. Open, it lets nothing through for a time that doubles with each
 * opening up to a cap, with jitter, and is the first one again after a stable
 * time. Then, half open, it lets a few probes through at once: enough good ones
 * close it, a bad one opens it for longer.
 *
 * Nothing in it waits or sets a timer; its size is fixed. What it counts, the
 * caller classifies: see {@linkcode classifyFailure}. Where every breaker of a
 * route is open, {@linkcode acquireLastResort} lets a probe go before its time.
 *
 * @example Three failures, half a minute, one probe
 * ```ts
 * import { CircuitBreaker } from "@llm-proxy/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * let time = 0;
 * const breaker = new CircuitBreaker({
 *   failureThreshold: 3,
 *   recoveryTimeout: 30_000,
 *   jitter: 0,
 *   now: () => time,
 * });
 * for (let i = 0; i < 3; i++) breaker.tryAcquire()?.failure("fault");
 * assertEquals([breaker.state, breaker.openUntil], ["open", 30_000]);
 * assertEquals(breaker.tryAcquire(), undefined);
 *
 * time = 30_000;
 * const permit = breaker.tryAcquire();
 * assert(permit?.probe);
 * permit.success();
 * assertEquals(breaker.state, "closed");
 * ```
 */
export class CircuitBreaker {
  readonly #machine: BreakerMachine;

  /**
   * Makes a closed breaker; see {@linkcode CircuitBreakerOptions}.
   *
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(options: CircuitBreakerOptions = {}) {
    this.#machine = new BreakerMachine(checkBreakerOptions(options));
  }

  /** The state. An open time that is over ends with the next probe, so it stays `open` until then. */
  get state(): BreakerState {
    return this.#machine.state;
  }

  /** Until when the circuit is open, on the breaker's clock; `undefined` unless it is. */
  get openUntil(): number | undefined {
    return this.#machine.openUntil;
  }

  /** How many probes run that have not begun to answer; never more than `halfOpenMaxCalls`. */
  get probes(): number {
    return this.#machine.probes;
  }

  /**
   * Since when or from when a probe may go as a last resort, on the breaker's
   * clock; `undefined` where the circuit is closed or all probes are under way.
   */
  get probeDue(): number | undefined {
    return this.#machine.probeDue(this.#machine.now);
  }

  /** Whether {@linkcode CircuitBreaker.tryAcquire} would give a permit; changes nothing. */
  get admits(): boolean {
    return this.#machine.admits();
  }

  /** Asks to make an attempt. `undefined`: not now. A permit must be ended, whatever happens. */
  tryAcquire(): BreakerPermit | undefined {
    return this.#machine.acquire();
  }

  /**
   * Asks to make an attempt because there is nowhere else to go: also lets a
   * probe through before the open time is over, at most one each
   * `lastResortInterval`. Should it fail, the open time stays as it was.
   */
  tryLastResort(): BreakerPermit | undefined {
    return this.#machine.acquireLastResort();
  }

  /**
   * Has `listener` called after each change of state, at once and in the middle
   * of the call that caused it. What it throws is dropped.
   *
   * @returns Ends that.
   *
   * @example Telling of an outage
   * ```ts
   * import { CircuitBreaker } from "@llm-proxy/core";
   * import { assertEquals } from "@std/assert";
   *
   * const breaker = new CircuitBreaker({ failureThreshold: 1 });
   * const told: string[] = [];
   * const stop = breaker.onStateChange(({ from, to, reason }) => {
   *   told.push(`${from} to ${to}: ${reason}`);
   * });
   * breaker.tryAcquire()?.failure("fault");
   * stop();
   * assertEquals(told, ["closed to open: tripped"]);
   * ```
   */
  onStateChange(listener: (change: BreakerStateChange) => void): () => void {
    return this.#machine.listen(listener);
  }

  /**
   * The state as plain data, for `restore()` here or in another process. What
   * the strategy has counted is not in it.
   */
  snapshot(): BreakerSnapshot {
    return this.#machine.snapshot();
  }

  /**
   * Takes over the state that a snapshot holds, as if its breaker had gone on
   * until now. The open time that is left is never longer than the cap,
   * however the wall clock was set in between. A half-open circuit becomes an
   * open one whose time is over. Permits given before no longer count.
   *
   * @returns False, and nothing has changed, when the value is no snapshot.
   *
   * @example Over a restart
   * ```ts
   * import { CircuitBreaker } from "@llm-proxy/core";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const before = new CircuitBreaker({ failureThreshold: 1 });
   * before.tryAcquire()?.failure("fault");
   * const kept = JSON.stringify(before.snapshot());
   *
   * const after = new CircuitBreaker({ failureThreshold: 1 });
   * assert(after.restore(JSON.parse(kept)));
   * assertEquals(after.state, "open");
   * ```
   */
  restore(snapshot: unknown): boolean {
    if (!isBreakerSnapshot(snapshot)) return false;
    this.#machine.restore(snapshot);
    return true;
  }

  /** Closes the circuit and forgets what was, for operators who know better. Permits given before no longer count. */
  reset(): void {
    this.#machine.reset();
  }
}
