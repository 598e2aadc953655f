/** How a {@linkcode SummaryCache} is bounded. */
export interface SummaryCacheOptions {
  /** The most summaries. @default {1000} */
  readonly maxEntries?: number;
  /** How long one is kept, in ms. @default {3600000} */
  readonly ttlMs?: number;
  /** The most characters of all together. @default {8388608} */
  readonly maxChars?: number;
  /** A clock that never goes back, in ms. @default {performance.now} */
  readonly now?: () => number;
}

interface Entry {
  readonly text: string;
  readonly until: number;
}

/**
 * Keeps summaries by a digest of what they sum up. The same summary is made
 * once, however many want it at the same time.
 *
 * @example Two who want the same
 * ```ts
 * import { SummaryCache } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const cache = new SummaryCache();
 * let calls = 0;
 * const make = () => Promise.resolve(`summary ${++calls}`);
 * const both = await Promise.all([cache.getOrMake("a", make), cache.getOrMake("a", make)]);
 * assertEquals(both, ["summary 1", "summary 1"]);
 * assertEquals(cache.get("a"), "summary 1");
 * ```
 */
export class SummaryCache {
  readonly #options: Required<SummaryCacheOptions>;
  readonly #entries = new Map<string, Entry>();
  readonly #making = new Map<string, Promise<string>>();
  #chars = 0;

  /** Begins empty. */
  constructor(options: SummaryCacheOptions = {}) {
    const { maxEntries = 1000, ttlMs = 3_600_000 } = options;
    const { maxChars = 8_388_608, now = () => performance.now() } = options;
    this.#options = { maxEntries, ttlMs, maxChars, now };
  }

  /** How many summaries there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many bytes they take, about. */
  get bytes(): number {
    return this.#chars * 2;
  }

  /** How many bytes they take at most, about. */
  get maxBytes(): number {
    return this.#options.maxChars * 2;
  }

  /** Finds one. */
  get(key: string): string | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#delete(key);
    if (entry.until <= this.#options.now()) return undefined;
    // The one used latest is the last to go.
    this.#set(key, entry);
    return entry.text;
  }

  /**
   * Finds one, or has it made. A failure is told to all who wait, and is not
   * kept.
   */
  getOrMake(key: string, make: () => Promise<string>): Promise<string> {
    const known = this.get(key);
    if (known !== undefined) return Promise.resolve(known);
    const under = this.#making.get(key);
    if (under !== undefined) return under;
    const making = this.#make(key, make);
    this.#making.set(key, making);
    return making;
  }

  /** Forgets all. */
  clear(): void {
    this.#entries.clear();
    this.#chars = 0;
  }

  async #make(key: string, make: () => Promise<string>): Promise<string> {
    try {
      const text = await make();
      const until = this.#options.now() + this.#options.ttlMs;
      this.#delete(key);
      this.#set(key, { text, until });
      return text;
    } finally {
      this.#making.delete(key);
    }
  }

  #set(key: string, entry: Entry): void {
    const { maxEntries, maxChars } = this.#options;
    if (maxEntries === 0 || entry.text.length > maxChars) return;
    this.#entries.set(key, entry);
    this.#chars += entry.text.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries && this.#chars <= maxChars) return;
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#chars -= entry.text.length;
  }
}
