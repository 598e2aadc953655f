import type { PiiKind } from "./config_types_guardrails.ts";
import { PII_FINDERS, type PiiFinder } from "./_guard_pii.ts";
import type { Turns } from "./_turns.ts";

/** What stands for what was masked. */
const PLACEHOLDER = /\[(?:EMAIL|PHONE|CARD|IBAN|IP|KEY)_\d{1,6}\]/g;
/** The beginning of one, at the end of a text. */
const BEGUN = /\[(?:[A-Z]{0,5}|[A-Z]{2,5}_\d{0,6})$/;
/** The longest placeholder. */
const LONGEST = "[EMAIL_999999]".length;
/** So many of one request get a placeholder; whoever sends more is refused. */
const MAX_MASKED = 100_000;

/** How much of a long text is looked at in one go, in UTF-16 units. */
const STEP = 65_536;
/** Longer than whatever is found. */
const LONGEST_DATA = 16_384;

/**
 * The personal data of one request, and what stands for it. The same data has
 * the same placeholder wherever it stands, and none that the request itself
 * holds, so that what is put back is what was there.
 */
export class Mask {
  readonly #taken: ReadonlySet<string>;
  readonly #placeholders = new Map<string, string>();
  readonly #originals = new Map<string, string>();
  readonly #counts = new Map<PiiKind, number>();

  /** @param texts All texts of the request. */
  constructor(texts: Iterable<string>) {
    const taken = new Set<string>();
    for (const text of texts) {
      for (const [own] of text.matchAll(PLACEHOLDER)) taken.add(own);
    }
    this.#taken = taken;
  }

  /** How much was masked. */
  get size(): number {
    return this.#originals.size;
  }

  /** Whether there is no room for more. */
  get isFull(): boolean {
    return this.#originals.size >= MAX_MASKED;
  }

  /** Puts placeholders in the place of personal data. */
  mask(text: string, kinds: readonly PiiKind[]): string {
    for (const { kind, pattern, isOne } of PII_FINDERS) {
      if (!kinds.includes(kind)) continue;
      text = text.replaceAll(
        pattern,
        (found) =>
          isOne === undefined || isOne(found) ? this.#of(kind, found) : found,
      );
    }
    return text;
  }

  /** Does what {@linkcode Mask.mask} does, part by part. */
  async maskInTurns(
    text: string,
    { kinds, turns }: {
      readonly kinds: readonly PiiKind[];
      readonly turns: Turns;
    },
  ): Promise<string> {
    if (text.length <= STEP + LONGEST_DATA) return this.mask(text, kinds);
    for (const finder of PII_FINDERS) {
      if (!kinds.includes(finder.kind)) continue;
      let masked = "";
      for (let from = 0; from < text.length;) {
        const part = this.#maskPart(text, { from, finder });
        masked += part.masked;
        from = part.to;
        const pause = turns.breathe();
        if (pause !== undefined) await pause;
      }
      text = masked;
    }
    return text;
  }

  /** Masks what begins within a step of a text. */
  #maskPart(
    text: string,
    { from, finder: { kind, pattern, isOne } }: {
      readonly from: number;
      readonly finder: PiiFinder;
    },
  ): { readonly masked: string; readonly to: number } {
    const end = Math.min(text.length, afterPair(text, from + STEP));
    // What stands before tells where a word begins.
    const base = Math.max(0, from - 2);
    const part = text.slice(base, end + LONGEST_DATA);
    let masked = "";
    let to = from;
    pattern.lastIndex = from - base;
    for (let found; (found = pattern.exec(part)) !== null;) {
      const start = base + found.index;
      if (start >= end) break;
      const [data] = found;
      const isPersonal = isOne === undefined || isOne(data);
      masked += text.slice(to, start) +
        (isPersonal ? this.#of(kind, data) : data);
      to = start + data.length;
    }
    pattern.lastIndex = 0;
    return {
      masked: masked + text.slice(to, end),
      to: Math.max(to, end),
    };
  }

  /** Puts back what was masked. */
  unmask(text: string): string {
    if (this.#originals.size === 0) return text;
    return text.replaceAll(
      PLACEHOLDER,
      (placeholder) => this.#originals.get(placeholder) ?? placeholder,
    );
  }

  #of(kind: PiiKind, found: string): string {
    let placeholder = this.#placeholders.get(found);
    if (placeholder !== undefined) return placeholder;
    if (this.isFull) return found;
    let count = this.#counts.get(kind) ?? 0;
    do {
      count++;
      placeholder = `[${kind.toUpperCase()}_${count}]`;
    } while (this.#taken.has(placeholder));
    this.#counts.set(kind, count);
    this.#placeholders.set(found, placeholder);
    this.#originals.set(placeholder, found);
    return placeholder;
  }
}

/** A place in a text, or the next one where that is between the halves of a character. */
function afterPair(text: string, place: number): number {
  return (text.charCodeAt(place) & 0xfc00) === 0xdc00 ? place + 1 : place;
}

/** Puts back what was masked in a text that comes in pieces. Holds back what may be the beginning of a placeholder. */
export class Unmasking {
  readonly #mask: Mask;
  #held = "";

  constructor(mask: Mask) {
    this.#mask = mask;
  }

  /** Takes more; gives what can be told. */
  take(text: string): string {
    text = this.#held + text;
    const tail = text.slice(-LONGEST);
    const begun = BEGUN.exec(tail);
    const end = text.length - (begun === null ? 0 : begun[0].length);
    this.#held = text.slice(end);
    return this.#mask.unmask(text.slice(0, end));
  }

  /** The end: what was held back is no placeholder. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}
