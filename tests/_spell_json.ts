/**
 * The same JSON in other letters: what a provider may change from one day to
 * the next.
 *
 * @module
 */

/** How JSON is written. */
export interface Spelling {
  /** Members in another order. */
  readonly shuffled: boolean;
  /** Blanks between tokens. */
  readonly spaced: boolean;
  /** Letters beyond ASCII, and slashes, as escapes. */
  readonly escaped: boolean;
  /** Whole numbers with a fraction of zero. */
  readonly decimal: boolean;
  /** Members that nobody knows. */
  readonly unknown: boolean;
  /** Members that are null left out. */
  readonly sparse: boolean;
}

/** Draws a spelling. */
export function drawSpelling(random: () => number): Spelling {
  const toss = (): boolean => random() < 0.5;
  return {
    shuffled: toss(),
    spaced: toss(),
    escaped: toss(),
    decimal: toss(),
    unknown: toss(),
    sparse: toss(),
  };
}

/** Members whose value is the user's or the model's own, not the provider's. */
const FREE = new Set([
  "args",
  "arguments",
  "input",
  "metadata",
  "parameters",
]);
const UNKNOWN: readonly unknown[] = [null, 0, "", [], {}, "new", [{ a: 1 }]];

/** Writes a value as JSON. */
export function spellJson(
  value: unknown,
  { spelling, random }: {
    readonly spelling: Spelling;
    readonly random: () => number;
  },
): string {
  return new Speller(spelling, random).write(value, false);
}

class Speller {
  readonly #spelling: Spelling;
  readonly #random: () => number;

  constructor(spelling: Spelling, random: () => number) {
    this.#spelling = spelling;
    this.#random = random;
  }

  write(value: unknown, free: boolean): string {
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "number") return this.#number(value, free);
    if (typeof value !== "object" || value === null) {
      return JSON.stringify(value);
    }
    const blank = this.#spelling.spaced ? " " : "";
    if (Array.isArray(value)) {
      const items = value.map((item) => this.write(item, free));
      return `[${blank}${items.join(`,${blank}`)}${blank}]`;
    }
    const members = this.#members(value, free).map(([key, member]) =>
      `${this.#text(key)}${blank}:${blank}${
        this.write(member, free || FREE.has(key))
      }`
    );
    return `{${blank}${members.join(`,${blank}`)}${blank}}`;
  }

  #members(value: object, free: boolean): [string, unknown][] {
    const members = Object.entries(value).filter(([, member]) =>
      member !== undefined
    );
    if (free) return members;
    const { shuffled, unknown, sparse } = this.#spelling;
    const kept = sparse
      ? members.filter(([, member]) => member !== null)
      : members;
    if (unknown && this.#random() < 0.5) {
      const odd = UNKNOWN[Math.floor(this.#random() * UNKNOWN.length)];
      kept.push(["x_new", odd]);
    }
    if (shuffled) kept.sort(() => this.#random() - 0.5);
    return kept;
  }

  #number(value: number, free: boolean): string {
    return this.#spelling.decimal && !free && Number.isInteger(value)
      ? `${value}.0`
      : JSON.stringify(value);
  }

  #text(text: string): string {
    const plain = JSON.stringify(text);
    if (!this.#spelling.escaped) return plain;
    return plain.replaceAll("/", "\\/").replaceAll(
      // Every other letter beyond ASCII stays: both forms stand side by side.
      /[^\x20-\x7e]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }
}
