import {
  type ContentVisitor,
  walkContent,
  walkRequest,
} from "./_content_walk.ts";
import { imageSize } from "./_image_size.ts";

/** A picture, as far as its tokens depend on it. Sizes are pixels; 0 where unknown. */
export interface MeasuredImage {
  /** Across. */
  readonly width: number;
  /** From top to bottom. */
  readonly height: number;
  /** The model is to look at it coarsely. */
  readonly isLow: boolean;
}

/** How much there is to read, by what tokenizers tell apart. No words are kept. */
export interface TokenMeasure {
  /** ASCII letters and blanks. */
  readonly letters: number;
  /** ASCII digits. */
  readonly digits: number;
  /** Other ASCII. */
  readonly marks: number;
  /** Letters with accents. */
  readonly latin: number;
  /** Other alphabets: Greek, Cyrillic, Arabic, Devanagari and so on. */
  readonly alphabetic: number;
  /** Chinese, Japanese, Korean, emoji: UTF-16 units. */
  readonly wide: number;
  /** Turns, calls and results. */
  readonly frames: number;
  /** Tools that may be called. */
  readonly tools: number;
  /** Pictures. */
  readonly images: readonly MeasuredImage[];
  /** Characters of base64 of documents and sounds, 51,200 for each at least. */
  readonly mediaChars: number;
}

/** A longer text is looked at in places: what it is made of is told by a few thousand characters. */
const WHOLE = 4_096;
const PLACES = 32;
const PLACE = WHOLE / PLACES;
/** Digits and marks are counted in one number: a sum is quicker than a choice for each character. */
const MARK_BITS = 13;
const MARK = 1 << MARK_BITS;
const PACKED = new Uint16Array(128).map((_, unit) => {
  const letter = String.fromCharCode(unit);
  if (/[A-Za-z ]/.test(letter)) return 0;
  return /\d/.test(letter) ? 1 : MARK;
});
/** A page or a second is something at least, whatever its bytes. */
const LEAST_MEDIA = 51_200;

/** Share of a schema's marks that are one token with others: `":{"` is one. */
const JOINED = 0.6;

/** Gathers a measure. */
class Measuring implements ContentVisitor, TokenMeasure {
  letters = 0;
  digits = 0;
  marks = 0;
  latin = 0;
  alphabetic = 0;
  wide = 0;
  frames = 0;
  tools = 0;
  readonly images: MeasuredImage[] = [];
  mediaChars = 0;

  text(text: string): void {
    const { length } = text;
    if (length <= WHOLE) return this.#read(text, 0, length, 1);
    const gap = (length - PLACE) / (PLACES - 1);
    const share = length / (PLACES * PLACE);
    for (let place = 0; place < PLACES; place++) {
      const from = Math.floor(place * gap);
      this.#read(text, from, from + PLACE, share);
    }
  }

  frame(): void {
    this.frames++;
  }

  tool(): void {
    this.tools++;
  }

  schema(text: string): void {
    const { marks } = this;
    this.text(text);
    this.marks -= (this.marks - marks) * JOINED;
  }

  image(data: string | undefined, isLow: boolean): void {
    const { width = 0, height = 0 } = data && imageSize(data) || {};
    this.images.push({ width, height, isLow });
  }

  media(data: string): void {
    this.mediaChars += Math.max(data.length, LEAST_MEDIA);
  }

  #read(text: string, from: number, to: number, share: number): void {
    let packed = 0, latin = 0, alphabetic = 0, wide = 0;
    for (let at = from; at < to; at++) {
      const unit = text.charCodeAt(at);
      if (unit < 0x80) packed += PACKED[unit] as number;
      else if (unit < 0x250) latin++;
      else if (unit < 0x2e80) alphabetic++;
      else wide++;
    }
    const digits = packed & (MARK - 1);
    const marks = packed >> MARK_BITS;
    this.letters += (to - from - digits - marks - latin - alphabetic - wide) *
      share;
    this.digits += digits * share;
    this.marks += marks * share;
    this.latin += latin * share;
    this.alphabetic += alphabetic * share;
    this.wide += wide * share;
  }
}

/**
 * Measures a request in any client's dialect, or a conversation in the
 * canonical vocabulary: what is said, called and attached, and the tools. One
 * pass, in which long texts are looked at in places: a millisecond for some
 * 2,000 turns, however long they are.
 *
 * The measure is the same for every model; a `TokenEstimator` makes tokens of it.
 *
 * @example A chat
 * ```ts
 * import { measureRequest } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const measure = measureRequest({
 *   model: "gpt-4o",
 *   messages: [{ role: "user", content: "Say 42" }],
 * });
 * assertEquals([measure.frames, measure.letters, measure.digits], [1, 4, 2]);
 * ```
 */
export function measureRequest(request: object): TokenMeasure {
  const measuring = new Measuring();
  walkRequest(request, measuring);
  return measuring;
}

/**
 * Measures a message, a list of messages, or a text.
 *
 * @example A text
 * ```ts
 * import { measureContent } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(measureContent("你好").wide, 2);
 * ```
 */
export function measureContent(content: unknown): TokenMeasure {
  const measuring = new Measuring();
  walkContent(content, measuring);
  return measuring;
}
