/** How many characters of text cost as much as one step. */
const CHARS_PER_STEP = 64;

/**
 * Bounds what a schema from outside can cost, in time and in the size of the
 * value: everything that is looked at or made is paid for.
 */
export class Budget {
  #steps: number;

  /** @param steps About the number of schemas and values that may be looked at. */
  constructor(steps: number) {
    this.#steps = steps;
  }

  /** Pays for some steps; `false` when nothing is left. */
  spend(steps: number): boolean {
    this.#steps -= steps;
    return this.#steps >= 0;
  }

  /** Pays for one text and one step. */
  spendText(text: string): boolean {
    return this.spend(1 + Math.floor(text.length / CHARS_PER_STEP));
  }

  /** Pays for a JSON value with all that it holds. */
  spendValue(value: unknown): boolean {
    const open = [value];
    while (open.length > 0) {
      const one = open.pop();
      if (typeof one === "string") {
        if (!this.spendText(one)) return false;
        continue;
      }
      if (!this.spend(1)) return false;
      if (typeof one !== "object" || one === null) continue;
      for (const [key, inner] of Object.entries(one)) {
        if (!this.spendText(key)) return false;
        open.push(inner);
      }
    }
    return true;
  }
}
