import { GatewayError } from "../errors.ts";
import { unwatch, UNWATCHED, watch } from "../_ticker.ts";
import type { AdaptiveLimit } from "./adaptive_limit.ts";
import {
  ConcurrencySlot,
  type ConcurrencySlotEvents,
} from "./concurrency_slot.ts";

/** What a {@linkcode ConcurrencyLimit} holds its requests to. */
export interface ConcurrencyBounds {
  /** The most requests at a time, or what finds it. */
  readonly limit: number | AdaptiveLimit;
  /** How many may wait. @default {16} */
  readonly maxQueue?: number;
  /** How long one waits at most, in ms, and 20 ms at that. @default {1_000} */
  readonly maxWaitMs?: number;
}

/** How a {@linkcode ConcurrencyLimit} is made. */
export interface ConcurrencyLimitOptions extends ConcurrencyBounds {
  /** What is limited, for messages. @default {"deployment"} */
  readonly name?: string;
  /** A clock that never goes back, in ms. @default {performance.now} */
  readonly now?: () => number;
  /** Called when the first begins to wait, and when nobody waits any more. */
  readonly onQueue?: (waits: boolean) => void;
}

interface Waiter {
  readonly waitMs: number;
  readonly until: number;
  readonly resolve: (slot: ConcurrencySlot) => void;
  readonly reject: (reason: unknown) => void;
  readonly leave: () => void;
}

/**
 * Lets so many requests through at a time; a few more wait a moment in a queue
 * that is short in number and time, further ones are refused at once (L3).
 *
 * One for each deployment makes bulkheads: a provider that hangs holds its own
 * places and nobody else's (L7). Each slot ends exactly once (L9).
 *
 * @example One at a time
 * ```ts
 * import { ConcurrencyLimit } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const limit = new ConcurrencyLimit({ limit: 1 });
 * {
 *   using slot = limit.tryAcquire();
 *   assertEquals(slot !== undefined, true);
 *   assertEquals(limit.tryAcquire(), undefined);
 * }
 * assertEquals(limit.inFlight, 0);
 * ```
 */
export class ConcurrencyLimit {
  /** Among all that are watched, while any wait. */
  #place = UNWATCHED;
  #fixed = 0;
  #adaptive: AdaptiveLimit | undefined;
  #maxQueue = 0;
  #maxWaitMs = 0;
  readonly #name: string;
  readonly #now: () => number;
  readonly #onQueue: ((waits: boolean) => void) | undefined;
  readonly #queue = new Set<Waiter>();
  #inFlight = 0;
  readonly #slots: ConcurrencySlotEvents = {
    firstByte: ({ startedAt, inFlight }) => {
      if (this.#adaptive === undefined) return;
      this.#adaptive.sample({ startedAt, now: this.#now(), inFlight });
      this.#admit();
    },
    overloaded: ({ startedAt }) =>
      this.#adaptive?.overloaded({ startedAt, now: this.#now() }),
    released: () => {
      this.#inFlight--;
      if (this.#queue.size > 0) this.#admit();
    },
  };

  /**
   * Begins with nothing under way.
   *
   * @throws {RangeError} when a bound is out of its range.
   */
  constructor(options: ConcurrencyLimitOptions) {
    this.#name = options.name ?? "deployment";
    this.#now = options.now ?? (() => performance.now());
    this.#onQueue = options.onQueue;
    this.change(options);
  }

  /**
   * Goes by other bounds from now on. What is under way and who waits go on;
   * where there are more of them than may be, nobody comes in until there are
   * fewer.
   *
   * @throws {RangeError} when a bound is out of its range; nothing has changed then.
   */
  change({ limit, maxQueue = 16, maxWaitMs = 1_000 }: ConcurrencyBounds): void {
    const isWhole = Number.isInteger(limit) || limit === Infinity;
    if (typeof limit === "number" && !(isWhole && limit >= 1)) {
      throw new RangeError(
        `'limit' must be a whole number of 1 or more, not ${limit}`,
      );
    }
    if (!(maxQueue >= 0 && maxQueue < Infinity)) {
      throw new RangeError(`'maxQueue' must be 0 or more, not ${maxQueue}`);
    }
    if (!(maxWaitMs >= 0)) {
      throw new RangeError(`'maxWaitMs' must be 0 or more, not ${maxWaitMs}`);
    }
    this.#fixed = typeof limit === "number" ? limit : 0;
    this.#adaptive = typeof limit === "number" ? undefined : limit;
    this.#maxQueue = maxQueue;
    this.#maxWaitMs = maxWaitMs;
    if (this.#queue.size > 0) this.#admit();
  }

  /** The most requests at a time, as it is now. */
  get limit(): number {
    return this.#adaptive?.limit ?? this.#fixed;
  }

  /** The slots that are taken. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many wait for a slot. */
  get queued(): number {
    return this.#queue.size;
  }

  /** How long one waits at most, in ms. */
  get maxWaitMs(): number {
    return this.#maxWaitMs;
  }

  /** Whether neither a slot nor a place in the queue is free. */
  get full(): boolean {
    return !this.#free && this.#queue.size >= this.#maxQueue;
  }

  /** Takes a slot where one is free and nobody waits for it. */
  tryAcquire(): ConcurrencySlot | undefined {
    this.#adaptive?.check(this.#now());
    return this.#free && this.#queue.size === 0 ? this.#take() : undefined;
  }

  /**
   * Takes a slot, or waits for one.
   *
   * @param signal Ends the waiting; nothing is taken then (C3).
   * @param patienceMs How long the caller waits at most, in ms.
   * @throws {GatewayError} 503 `deployment_busy`: at once when the queue is
   * full, later when none became free in time.
   * @throws {unknown} the signal's reason once it is aborted.
   */
  acquire(
    signal: AbortSignal,
    patienceMs: number = Infinity,
  ): Promise<ConcurrencySlot> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const slot = this.tryAcquire();
    if (slot !== undefined) return Promise.resolve(slot);
    const waitMs = Math.min(this.#maxWaitMs, patienceMs);
    if (this.#queue.size >= this.#maxQueue || !(waitMs > 0)) {
      return Promise.reject(this.#busy("its queue is full"));
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#forget(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        waitMs,
        until: this.#now() + waitMs,
        resolve,
        reject,
        leave: () => signal.removeEventListener("abort", onAbort),
      };
      signal.addEventListener("abort", onAbort);
      this.#queue.add(waiter);
      if (this.#queue.size > 1) return;
      this.#place = watch(this);
      this.#onQueue?.(true);
    });
  }

  /** Refuses those who waited too long. Called from time to time while any wait. */
  look(): void {
    const now = this.#now();
    this.#adaptive?.check(now);
    this.#admit();
    for (const waiter of this.#queue) {
      if (waiter.until > now) continue;
      this.#forget(waiter);
      const waited = Math.ceil(waiter.waitMs);
      waiter.reject(this.#busy(`no slot within ${waited} ms`));
    }
  }

  get #free(): boolean {
    return this.#inFlight < this.limit;
  }

  #take(): ConcurrencySlot {
    const inFlight = ++this.#inFlight;
    // Only a limit that finds itself goes by time.
    const startedAt = this.#adaptive === undefined ? 0 : this.#now();
    return new ConcurrencySlot(this.#slots, { startedAt, inFlight });
  }

  #admit(): void {
    for (const waiter of this.#queue) {
      if (!this.#free) break;
      this.#forget(waiter);
      waiter.resolve(this.#take());
    }
  }

  #forget(waiter: Waiter): void {
    waiter.leave();
    if (!this.#queue.delete(waiter) || this.#queue.size > 0) return;
    unwatch(this.#place);
    this.#place = UNWATCHED;
    this.#onQueue?.(false);
  }

  #busy(why: string): GatewayError {
    return new GatewayError(
      "overloaded",
      `All ${this.limit} slots of '${this.#name}' are taken and ${why}`,
      { code: "deployment_busy", headers: { "retry-after": "1" } },
    );
  }
}
