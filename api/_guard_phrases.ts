import { foldPoint, foldText } from "./_guard_fold.ts";
import type { GuardrailError, TextScan } from "./_guard_scan.ts";

/** A state of the machine: what was read last is the beginning of some phrase. */
interface State {
  readonly next: Map<number, State>;
  readonly depth: number;
  /** The longest proper end of it that is the beginning of some phrase. */
  fail: State | undefined;
  /** The length of a phrase that ends here. */
  phrase: number;
  /** The nearest state of the fail chain at which a phrase ends. */
  also: State | undefined;
}

/** Scripts that put no blanks between words. */
const WORD = /[\p{L}\p{N}_]/u;
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const BLANK = 32;

/** Phrases that are looked for all at once, in time that is linear in the text (Aho and Corasick, 1975). */
export class PhraseList {
  readonly root: State = newState(0);
  readonly longest: number;

  constructor(phrases: readonly string[]) {
    let longest = 0;
    for (const phrase of phrases) {
      const folded = foldText(phrase);
      if (folded === "") continue;
      longest = Math.max(longest, folded.length);
      let state = this.root;
      for (let at = 0; at < folded.length; at++) {
        const code = folded.charCodeAt(at);
        let next = state.next.get(code);
        if (next === undefined) {
          next = newState(state.depth + 1);
          state.next.set(code, next);
        }
        state = next;
      }
      state.phrase = folded.length;
    }
    this.longest = longest;
    this.#link();
  }

  #link(): void {
    const queue = [this.root];
    for (let at = 0; at < queue.length; at++) {
      const state = queue[at] as State;
      for (const [code, next] of state.next) {
        let fail = state.fail;
        while (fail !== undefined && !fail.next.has(code)) fail = fail.fail;
        next.fail = fail?.next.get(code) ?? this.root;
        next.also = next.fail.phrase > 0 ? next.fail : next.fail.also;
        queue.push(next);
      }
    }
  }
}

function newState(depth: number): State {
  return {
    next: new Map(),
    depth,
    fail: undefined,
    phrase: 0,
    also: undefined,
  };
}

/** What a {@linkcode PhraseScan} is made with. */
export interface PhraseScanOptions {
  readonly list: PhraseList;
  readonly wholeWords: boolean;
  /** What is thrown at a phrase. */
  readonly refusal: () => GuardrailError;
}

/** Looks for phrases in one text. What may be the beginning of one is held back, and no more. */
export class PhraseScan implements TextScan {
  readonly #options: PhraseScanOptions;
  readonly #size: number;
  /** Where the latest folded units stand in the text, and whether each is part of a word. */
  readonly #places: Float64Array;
  readonly #words: Uint8Array;
  #count = 0;
  #at = 0;
  #state: State;
  /** The first half of a pair that was cut. */
  #half = 0;
  #wasBlank = false;
  /** Where a phrase begins that is refused unless its word goes on; -1 for none. */
  #pending = -1;

  constructor(options: PhraseScanOptions) {
    this.#options = options;
    this.#state = options.list.root;
    this.#size = options.list.longest + 2;
    this.#places = new Float64Array(this.#size);
    this.#words = new Uint8Array(this.#size);
  }

  take(text: string): number {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const half = this.#half;
      if (half !== 0) {
        this.#half = 0;
        if (unit >= 0xdc00 && unit <= 0xdfff) {
          this.#point(0x10000 + (half - 0xd800) * 0x400 + unit - 0xdc00, 2);
          continue;
        }
        this.#point(half, 1);
      }
      if (unit >= 0xd800 && unit <= 0xdbff) this.#half = unit;
      else this.#point(unit, 1);
    }
    const { depth } = this.#state;
    let cleared = depth === 0 ? this.#at : this.#placeOf(depth);
    if (this.#pending >= 0) cleared = Math.min(cleared, this.#pending);
    return cleared;
  }

  end(): void {
    if (this.#pending >= 0) throw this.#options.refusal();
  }

  #placeOf(back: number): number {
    return this.#places[(this.#count - back) % this.#size] as number;
  }

  #point(code: number, units: number): void {
    const folded = foldPoint(code);
    for (let i = 0; i < folded.length; i++) this.#unit(folded.charCodeAt(i));
    this.#at += units;
  }

  #unit(code: number): void {
    const isBlank = code === BLANK;
    if (isBlank && this.#wasBlank) return;
    this.#wasBlank = isBlank;
    const isWord = isWordUnit(code);
    if (this.#pending >= 0) {
      if (!isWord) throw this.#options.refusal();
      this.#pending = -1;
    }
    const slot = this.#count++ % this.#size;
    this.#places[slot] = this.#at;
    this.#words[slot] = isWord ? 1 : 0;
    let state: State | undefined = this.#state;
    while (state !== undefined && !state.next.has(code)) state = state.fail;
    this.#state = state?.next.get(code) ?? this.#options.list.root;
    let found: State | undefined = this.#state.phrase > 0
      ? this.#state
      : this.#state.also;
    for (; found !== undefined; found = found.also) this.#found(found, isWord);
  }

  #found({ phrase }: State, endsInWord: boolean): void {
    if (!this.#options.wholeWords) throw this.#options.refusal();
    const first = this.#words[(this.#count - phrase) % this.#size] === 1;
    const before = this.#count > phrase &&
      this.#words[(this.#count - phrase - 1) % this.#size] === 1;
    if (first && before) return;
    if (!endsInWord) throw this.#options.refusal();
    const place = this.#placeOf(phrase);
    this.#pending = this.#pending < 0 ? place : Math.min(this.#pending, place);
  }
}

/** Whether a word goes on with it; those of scripts without blanks stand alone. */
function isWordUnit(code: number): boolean {
  if (code < 128) {
    return code >= 97 && code <= 122 || code >= 48 && code <= 57 ||
      code === 95;
  }
  const unit = String.fromCharCode(code);
  return WORD.test(unit) && !UNSPACED.test(unit);
}
