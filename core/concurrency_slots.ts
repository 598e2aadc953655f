/** Holds slots until it is released. */
export interface Slot {
  /** Frees what it holds; only the first call does. */
  release(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Counts what is under way at once, for each key. A key without anything under
 * way takes no memory.
 *
 * @example One at a time
 * ```ts
 * import { ConcurrencySlots } from "@llm-proxy/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const slots = new ConcurrencySlots(1);
 * const slot = slots.acquire("team-a");
 * assert(slot);
 * assertEquals(slots.acquire("team-a"), undefined);
 * slot.release();
 * slot.release();
 * assertEquals(slots.used("team-a"), 0);
 * ```
 */
export class ConcurrencySlots {
  readonly #counts = new Map<string, number>();

  /** How many there may be at once for each key; a change leaves those that are held. */
  limit: number;

  /** Begins with all slots free. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** How many keys hold any. */
  get size(): number {
    return this.#counts.size;
  }

  /** How many a key holds. */
  used(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Takes slots for a key, all or none: `undefined` where so many are not free. */
  acquire(key: string, amount = 1): Slot | undefined {
    if (this.used(key) + amount > this.limit) return undefined;
    if (amount > 0) this.#counts.set(key, this.used(key) + amount);
    let held = amount;
    const release = (): void => {
      if (held === 0) return;
      const left = this.used(key) - held;
      held = 0;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
    return { release, [Symbol.dispose]: release };
  }
}
