/** What a caller wishes of caches, by its `cache-control` (RFC 9111, 5.2.1). */
export interface CacheWishes {
  /** Nothing of this is to be looked up or kept. */
  readonly noStore: boolean;
  /** How old an answer may be, in milliseconds; 0 for none that was kept. */
  readonly maxAgeMs: number;
}

const NO_WISHES: CacheWishes = { noStore: false, maxAgeMs: Infinity };

/** Reads the header; what it does not know, it passes over. */
export function cacheWishes(header: string | undefined): CacheWishes {
  if (header === undefined || header === "") return NO_WISHES;
  let noStore = false;
  let maxAgeMs = Infinity;
  for (const directive of header.toLowerCase().split(",", 100)) {
    const [name = "", value = ""] = directive.split("=", 2)
      .map((text) => text.trim());
    if (name === "no-store") noStore = true;
    else if (name === "no-cache") maxAgeMs = 0;
    else if (name === "max-age") {
      const seconds = value.replace(/^"(.*)"$/, "$1");
      // What is no number asks for something, and it is not more.
      const ms = /^\d{1,10}$/.test(seconds) ? Number(seconds) * 1_000 : 0;
      maxAgeMs = Math.min(maxAgeMs, ms);
    }
  }
  return { noStore, maxAgeMs };
}
