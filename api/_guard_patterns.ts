import type { RE2JS } from "re2js";
import type { GuardrailError, TextScan } from "./_guard_scan.ts";
import type { Turns } from "./_turns.ts";

type Engine = typeof RE2JS;

let engine: Engine | undefined;
let loading: Promise<Engine> | undefined;

/** Loads what runs patterns, once: it is large, and few configs have any. */
export async function loadPatterns(): Promise<void> {
  loading ??= import("re2js").then((module) => module.RE2JS);
  engine = await loading;
}

/** Loads it where a config's text may have patterns, so that they are checked with the rest. */
export async function loadPatternsFor(text: string): Promise<void> {
  if (/\bpattern(?:s|Properties)?\b/.test(text)) await loadPatterns();
}

/** Why a text is no pattern; nothing where it is one, or nothing that knows is loaded. */
export function patternFault(pattern: string): string | undefined {
  if (engine === undefined) return undefined;
  try {
    return engine.compile(pattern).matcher("").find()
      ? "it fits every text"
      : undefined;
  } catch (error) {
    return toldFault(error);
  }
}

/** Why a text is no pattern of a JSON Schema that can be run in linear time. */
export function schemaPatternFault(pattern: string): string | undefined {
  if (engine === undefined) return undefined;
  try {
    compileSchemaPattern(pattern);
    return undefined;
  } catch (error) {
    return toldFault(error);
  }
}

/**
 * Compiles a pattern of a JSON Schema, which is written as JavaScript's are.
 *
 * @returns Whether a text has a match.
 * @throws {Error} where it is none, or {@linkcode loadPatterns} has not been awaited.
 */
export function compileSchemaPattern(
  pattern: string,
): (text: string) => boolean {
  if (engine === undefined) throw new Error("Cannot compile: nothing loaded");
  const compiled = engine.compile(engine.translateRegExp(pattern));
  return (text) => compiled.matcher(text).find();
}

function toldFault(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : "it is refused";
  // The pattern itself is in the file.
  return message.replace(/^error parsing regexp: /, "").split(": `")[0];
}

/**
 * Compiles patterns.
 *
 * @throws {Error} where one is none, or {@linkcode loadPatterns} has not been awaited.
 */
export function compilePatterns(patterns: readonly string[]): RE2JS[] {
  const { compile } = engine ?? {};
  if (compile === undefined) throw new Error("Cannot compile: nothing loaded");
  return patterns.map((pattern) => compile(pattern));
}

/** What a {@linkcode PatternScan} is made with. */
export interface PatternScanOptions {
  readonly patterns: readonly RE2JS[];
  /** The longest match that is surely found, in UTF-16 units. */
  readonly window: number;
  /** What is thrown at a match. */
  readonly refusal: () => GuardrailError;
}

/** So many matches of nothing are passed by in one text. */
const MAX_EMPTY = 16;

/** How much of a long text is looked at in one go, in UTF-16 units: a pattern takes some 10 ms for it. */
const STEP = 65_536;
/** The longest match that is surely found in a long text. */
const LONGEST = 32_768;

/**
 * Looks for patterns in one text that is there as a whole: a match may be of any
 * length, or of 32,768 characters where the text has more than twice as many.
 */
export class WholePatternScan implements TextScan {
  readonly #options: Omit<PatternScanOptions, "window">;
  #text = "";

  constructor(options: Omit<PatternScanOptions, "window">) {
    this.#options = options;
  }

  take(text: string): number {
    this.#text += text;
    return 0;
  }

  end(): void {
    const { patterns, refusal } = this.#options;
    for (const pattern of patterns) {
      const matcher = pattern.matcher(this.#text);
      for (let tries = 0; matcher.find(); tries++) {
        // A match of nothing is none, but looking on from each would take long.
        const isNone = matcher.end() === matcher.start();
        if (!isNone || tries >= MAX_EMPTY) throw refusal();
      }
    }
  }

  async takeWhole(text: string, turns: Turns): Promise<void> {
    for (const pattern of this.#options.patterns) {
      for (let from = 0; from < text.length; from += STEP) {
        this.#look(pattern, { text, from });
        const pause = turns.breathe();
        if (pause !== undefined) await pause;
      }
    }
  }

  /** Looks for a match that begins within a step. */
  #look(
    pattern: RE2JS,
    { text, from }: { readonly text: string; readonly from: number },
  ): void {
    // One unit more is kept to the left, which begins no match.
    const first = Math.min(1, from);
    const part = text.slice(from - first, from + STEP + LONGEST);
    const isEnd = from + STEP + LONGEST >= text.length;
    const matcher = pattern.matcher(part);
    let tries = 0;
    for (let at = first; at <= part.length && matcher.find(at);) {
      const [start, end] = [matcher.start(), matcher.end()];
      // It is looked at again with what follows.
      if (!isEnd && start >= first + STEP) return;
      if (end > start || ++tries > MAX_EMPTY) throw this.#options.refusal();
      at = end + 1;
    }
  }
}

/** At every so many units of the whole text it is looked at, at least. */
const MIN_STEP = 32;

/**
 * Looks for patterns in one text: at places that depend on nothing but the
 * text's own length, each time in the window before it. A match counts once
 * something follows it, or the text has ended, so that `\b` and `$` are true.
 */
export class PatternScan implements TextScan {
  readonly #options: PatternScanOptions;
  /** So long that no unit is looked at more than five times or so. */
  readonly #step: number;
  /** The end of the text that has come, from `#from` on. */
  #text = "";
  #from = 0;
  #looked = 0;

  constructor(options: PatternScanOptions) {
    this.#options = options;
    this.#step = Math.max(MIN_STEP, options.window >> 2);
  }

  take(text: string): number {
    const { window } = this.#options;
    const step = this.#step;
    // A long piece is added bit by bit: what is looked at stays short.
    for (let at = 0; at < text.length;) {
      const upTo = this.#looked + step - this.#from - this.#text.length;
      this.#text += text.slice(at, at + upTo);
      at += upTo;
      if (this.#from + this.#text.length < this.#looked + step) break;
      this.#looked += step;
      this.#look(false);
    }
    return Math.max(0, this.#looked - window);
  }

  end(): void {
    this.#look(true);
  }

  #look(isWhole: boolean): void {
    const { window, patterns, refusal } = this.#options;
    // One unit more is kept to the left, which begins no match.
    const keep = window + this.#step + 1;
    if (this.#text.length > keep) {
      const cut = this.#text.length - keep;
      this.#text = this.#text.slice(cut);
      this.#from += cut;
    }
    const first = this.#from > 0 ? 1 : 0;
    for (const pattern of patterns) {
      const matcher = pattern.matcher(this.#text);
      for (let from = first; from <= this.#text.length;) {
        if (!matcher.find(from)) break;
        // What matches nothing is in every text.
        if (matcher.end() > matcher.start()) {
          const isOver = isWhole || matcher.end() < this.#text.length;
          // One that goes on is as long as can be held back.
          const start = this.#from + matcher.start();
          if (isOver || start < this.#looked - window) throw refusal();
          break;
        }
        from = matcher.end() + 1;
      }
    }
  }
}
