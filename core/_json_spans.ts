import { type JsonScan, readName } from "./_json_scan.ts";

/** Where a value stands in its text. */
export type JsonSpan = readonly [start: number, end: number];

/** Where the top-level values of a document stand, by key; a `Map` is one, too. */
export interface JsonSpans extends Iterable<readonly [string, JsonSpan]> {
  /** How many keys there are. */
  readonly size: number;
  /** Where the value of a key stands; of one that comes twice the last. */
  get(key: string): JsonSpan | undefined;
  /** Whether there is such a key. */
  has(key: string): boolean;
}

/**
 * The spans that a scan has found. They are looked up in the text and not
 * gathered: most documents are asked for one or two of them.
 */
export class ScannedSpans implements JsonSpans {
  readonly size: number;
  readonly #text: string;
  readonly #members: readonly number[];
  #all: ReadonlyMap<string, JsonSpan> | undefined;

  /** Takes a text and what a scan has found in it, so many keys among them. */
  constructor(
    text: string,
    { members, escapedNames }: JsonScan,
    size: number,
  ) {
    this.size = size;
    this.#text = text;
    this.#members = members;
    // A name with escapes has to be read before it can be compared.
    this.#all = escapedNames.length > 0 ? spansOf(text, members) : undefined;
  }

  get(key: string): JsonSpan | undefined {
    if (this.#all !== undefined) return this.#all.get(key);
    const members = this.#members;
    for (let at = members.length - 4; at >= 0; at -= 4) {
      const start = members[at]! + 1;
      if (members[at + 1]! - start !== key.length + 1) continue;
      if (!this.#text.startsWith(key, start)) continue;
      return [members[at + 2]!, members[at + 3]!];
    }
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** Each key once, in the order in which they come first. */
  [Symbol.iterator](): Iterator<readonly [string, JsonSpan]> {
    this.#all ??= spansOf(this.#text, this.#members);
    return this.#all[Symbol.iterator]();
  }
}

/** Where each top-level value stands; of a key that comes twice the last. */
export function spansOf(
  text: string,
  members: readonly number[],
): Map<string, JsonSpan> {
  const spans = new Map<string, JsonSpan>();
  for (let at = 0; at < members.length; at += 4) {
    const key = readName(text.slice(members[at], members[at + 1]));
    spans.set(key, [members[at + 2]!, members[at + 3]!]);
  }
  return spans;
}
