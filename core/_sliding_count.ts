/**
 * Counts over the newest slots of time; what is older is forgotten. Slots are
 * numbered by the caller and never go back. Memory and time of a call are fixed.
 */
export class SlidingCount {
  readonly #counts: Float64Array;
  #newest = -Infinity;
  #sum = 0;

  /** Counts over so many slots, the newest included. */
  constructor(slots: number) {
    this.#counts = new Float64Array(slots);
  }

  /** The count as of a slot. */
  at(slot: number): number {
    this.#slide(slot);
    return this.#sum;
  }

  /** Adds to a slot, or takes off it; one that is forgotten stays so. */
  add(slot: number, count: number): void {
    this.#slide(slot);
    const { length } = this.#counts;
    if (slot <= this.#newest - length) return;
    const index = slot % length;
    this.#counts[index] = (this.#counts[index] ?? 0) + count;
    this.#sum += count;
  }

  #slide(slot: number): void {
    if (slot <= this.#newest) return;
    const { length } = this.#counts;
    const oldest = Math.max(this.#newest, slot - length) + 1;
    for (let passed = oldest; passed <= slot; passed++) {
      const index = passed % length;
      this.#sum -= this.#counts[index] ?? 0;
      this.#counts[index] = 0;
    }
    this.#newest = slot;
  }
}
