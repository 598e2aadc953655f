/** A piece of a text: thought between tags, or what was said. */
export interface ThinkPiece {
  readonly isThought: boolean;
  readonly text: string;
}

const OPEN = "<think>";
const CLOSE = "</think>";
/** How many blanks are held back, whose part they are being unknown. */
const MAX_HELD = 256;

/**
 * Takes thought out of a text that comes in pieces (J27): what stands between
 * `<think>` and `</think>` at its beginning, however the tags are cut. Blanks
 * around them are nobody's. Later tags are words like any others.
 */
export class ThinkSplitter {
  /** What may be the beginning of a tag, and blanks of which nobody knows yet whose they are. */
  #held = "";
  #state: "before" | "thought" | "text";
  /** Nothing of the thought at hand has been seen. */
  #isFirst: boolean;
  #hasThought = false;
  #length = 0;
  #cut = 0;

  /** `open`: thought begins without its tag, for the model's template has written that. */
  constructor(tags: "tagged" | "open") {
    this.#isFirst = tags === "open";
    this.#state = this.#isFirst ? "thought" : "before";
  }

  /** Whether thought has begun, and what is said has not. */
  get isThinking(): boolean {
    return this.#state === "thought" ||
      (this.#state === "before" && this.#hasThought);
  }

  /** How much of the text stood before what is said, in UTF-16 units. */
  get cut(): number {
    return this.#cut;
  }

  /** Takes the next piece. */
  push(text: string): ThinkPiece[] {
    if (this.#state === "text") return [{ isThought: false, text }];
    this.#held += text;
    this.#length += text.length;
    const pieces: ThinkPiece[] = [];
    while (this.#step(pieces));
    return pieces;
  }

  /** Takes the end of the text: what was held is what it looked like. */
  end(): ThinkPiece[] {
    const text = this.#held;
    this.#held = "";
    const isThought = this.#state === "thought";
    const isNothing = isThought || this.#hasThought
      ? text.trim() === ""
      : text === "";
    return isNothing ? [] : [{ isThought, text }];
  }

  /** Goes on as far as it is clear; whether there is more to be seen. */
  #step(pieces: ThinkPiece[]): boolean {
    switch (this.#state) {
      case "before":
        return this.#begin(pieces);
      case "thought":
        return this.#isFirst ? this.#enter() : this.#think(pieces);
      case "text":
        return false;
    }
  }

  /** In front of a tag, or of what is said. */
  #begin(pieces: ThinkPiece[]): boolean {
    const rest = this.#held.trimStart();
    if (rest.startsWith(OPEN)) {
      this.#held = rest.slice(OPEN.length);
      this.#state = "thought";
      this.#isFirst = true;
      return true;
    }
    const text = this.#hasThought ? rest : this.#held;
    if (OPEN.startsWith(rest) && text.length <= MAX_HELD) {
      this.#held = text;
      return false;
    }
    this.#state = "text";
    this.#held = "";
    this.#cut = this.#length - text.length;
    pieces.push({ isThought: false, text });
    return false;
  }

  /** Behind an opening tag: blanks, and perhaps the same tag once more. */
  #enter(): boolean {
    const rest = this.#held.trimStart();
    const isTag = rest.startsWith(OPEN);
    this.#held = isTag ? rest.slice(OPEN.length) : rest;
    if (!isTag && OPEN.startsWith(rest)) return false;
    this.#isFirst = isTag;
    return true;
  }

  #think(pieces: ThinkPiece[]): boolean {
    const at = this.#held.indexOf(CLOSE);
    const end = at < 0
      ? this.#held.length - heldAtEnd(this.#held)
      : this.#held.slice(0, at).trimEnd().length;
    if (end > 0) {
      pieces.push({ isThought: true, text: this.#held.slice(0, end) });
      this.#hasThought = true;
    }
    this.#held = this.#held.slice(at < 0 ? end : at + CLOSE.length);
    if (at < 0) return false;
    this.#hasThought = true;
    this.#state = "before";
    return true;
  }
}

/** How many characters at the end of a thought may be of the closing tag, or blanks before it. */
function heldAtEnd(text: string): number {
  let tag = Math.min(CLOSE.length - 1, text.length);
  while (!text.endsWith(CLOSE.slice(0, tag))) tag--;
  const before = text.length - tag;
  let blanks = 0;
  while (blanks < MAX_HELD && isBlank(text[before - blanks - 1])) blanks++;
  return tag + blanks;
}

function isBlank(sign: string | undefined): boolean {
  return sign !== undefined && sign.trim() === "";
}
