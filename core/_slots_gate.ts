import type { GateState, Hold, LimitGate } from "./_limit_gate.ts";
import { ConcurrencySlots } from "./concurrency_slots.ts";
import type { Limit } from "./rate_limit.ts";

/** When a slot will be free nobody knows; those who ask are told this. */
const HINT_MS = 1_000;

/** A limit on what is under way at once. */
export class SlotsGate implements LimitGate {
  readonly unit = "concurrent";
  readonly #slots: ConcurrencySlots;

  constructor(limit: Limit) {
    this.#slots = new ConcurrencySlots(limit.amount);
  }

  wait({ key, amount }: Hold): number {
    const { limit } = this.#slots;
    if (amount > limit) return Infinity;
    return this.#slots.used(key) + amount <= limit ? 0 : HINT_MS;
  }

  take(hold: Hold): void {
    hold.slot = this.#slots.acquire(hold.key, hold.amount);
  }

  end({ slot }: Hold): void {
    slot?.release();
  }

  state(key: string): GateState {
    const { limit } = this.#slots;
    const used = this.#slots.used(key);
    return {
      limit,
      remaining: Math.max(0, limit - used),
      resetMs: used === 0 ? 0 : HINT_MS,
    };
  }

  adopt({ unit, amount }: Limit): boolean {
    if (unit !== this.unit) return false;
    this.#slots.limit = amount;
    return true;
  }
}
