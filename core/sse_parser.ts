import { UpstreamError } from "./errors.ts";

/** One event of a server-sent event stream. */
export interface SseEvent {
  /** The event's type; `""` where the stream named none. */
  readonly event: string;
  /** The lines of data, joined with LF. */
  readonly data: string;
}

/** What an {@linkcode SseParser} may be told. */
export interface SseParserOptions {
  /**
   * The largest event, in bytes. What is kept between two chunks never
   * exceeds it. Lines that have come whole are counted by characters, so text
   * beyond ASCII is refused later, never earlier.
   *
   * @default {8388608}
   */
  readonly maxEventBytes?: number;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const BYTE_ORDER_MARK = 0xfeff;
/** A carry buffer above this size is given back once its line is complete. */
const KEPT_CARRY = 65_536;
const NO_BYTES = new Uint8Array(0);
const NO_EVENTS: readonly SseEvent[] = [];
/** Without state: only whole lines are decoded, and those end with an ASCII byte. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Parses a server-sent event stream as it arrives, whatever the chunks, as the
 * WHATWG standard has it (wire rules M1–M14): LF, CR and CRLF in any mix, one
 * byte order mark stripped, several `data` lines joined with LF, comments and
 * unknown fields ignored, no event without data. Bytes that are no UTF-8
 * become U+FFFD and touch nothing beside them.
 *
 * Unlike the standard, {@linkcode SseParser.end} hands out an event that lacks
 * its blank line: whether the stream was whole is the caller's to judge (M7).
 *
 * @example A stream in two chunks
 * ```ts
 * import { SseParser } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const parser = new SseParser();
 * const encoder = new TextEncoder();
 * assertEquals(parser.push(encoder.encode(": ping\n\ndata: {}\n")), []);
 * assertEquals(parser.push(encoder.encode("\n")), [{ event: "", data: "{}" }]);
 * assertEquals(parser.end(), []);
 * ```
 */
export class SseParser {
  readonly #max: number;
  /** The bytes of a line that is not complete. */
  #carry = NO_BYTES;
  #carried = 0;
  /** The last chunk ended with CR: an LF that comes next belongs to it. */
  #afterCr = false;
  #started = false;
  #type = "";
  #first: string | undefined;
  #rest: string[] = [];
  /** What the event in progress has taken so far. */
  #size = 0;

  /** Makes a parser for one stream; see {@linkcode SseParserOptions}. */
  constructor(options: SseParserOptions = {}) {
    this.#max = options.maxEventBytes ?? 8 * 1024 * 1024;
  }

  /**
   * Takes the next bytes, which may be cut anywhere; they are not kept.
   *
   * @returns The events that these bytes complete; often none.
   * @throws {UpstreamError} with code `upstream_event_too_large` when an event
   * exceeds the cap. The parser is of no use afterwards.
   */
  push(chunk: Uint8Array): readonly SseEvent[] {
    let events = NO_EVENTS;
    let start = this.#afterCr && chunk[0] === LF ? 1 : 0;
    const end = afterLastLineEnd(chunk);
    if (end > start) {
      this.#afterCr = end === chunk.length && chunk[end - 1] === CR;
      if (this.#carried > 0) {
        const lineEnd = afterFirstLineEnd(chunk, start);
        this.#keep(chunk, start, lineEnd);
        events = this.#scan(this.#takeCarry(), events);
        start = lineEnd;
      }
      if (end > start) events = this.#scan(decode(chunk, start, end), events);
      start = end;
    } else if (chunk.length > 0) this.#afterCr = false;
    if (chunk.length > start) this.#keep(chunk, start, chunk.length);
    return events;
  }

  /**
   * Takes the end of the stream.
   *
   * @returns The event that was in progress, if it had data.
   * @throws {UpstreamError} as {@linkcode SseParser.push}.
   */
  end(): readonly SseEvent[] {
    this.#afterCr = false;
    return this.#scan(this.#takeCarry() + "\n\n", NO_EVENTS);
  }

  /** Takes whole lines, for `text` ends with a line end; gives the events before and those in them. */
  #scan(text: string, before: readonly SseEvent[]): readonly SseEvent[] {
    let at = 0;
    if (!this.#started) {
      this.#started = true;
      if (text.charCodeAt(0) === BYTE_ORDER_MARK) at = 1;
    }
    let lf = text.indexOf("\n", at);
    let cr = text.indexOf("\r", at);
    if (cr === -1) cr = text.length;
    // The common case by far: one chunk holds one event of one line.
    if (
      lf === text.length - 2 && cr === text.length && this.#size === 0 &&
      lf < this.#max && text.startsWith("data: ", at) && text.endsWith("\n")
    ) {
      const event = { event: "", data: text.slice(at + 6, lf) };
      // A list of one is small, one that grows is not.
      return before.length === 0 ? [event] : [...before, event];
    }
    const events = [...before];
    if (lf === -1) lf = text.length;
    while (at < text.length) {
      const end = lf < cr ? lf : cr;
      if (end === at) this.#dispatch(events);
      else this.#line(text, at, end);
      at = end === cr && lf === cr + 1 ? lf + 1 : end + 1;
      // Each position is searched for once per kind of line end.
      if (lf < at && (lf = text.indexOf("\n", at)) === -1) lf = text.length;
      if (cr < at && (cr = text.indexOf("\r", at)) === -1) cr = text.length;
    }
    return events;
  }

  #line(text: string, start: number, end: number): void {
    if (text.startsWith("data", start)) {
      const value = fieldValue(text, start + 4, end);
      if (value === undefined) return;
      if (this.#first === undefined) this.#first = value;
      else this.#rest.push(value);
    } else if (text.startsWith("event", start)) {
      const value = fieldValue(text, start + 5, end);
      if (value === undefined) return;
      this.#type = value;
    } else return;
    this.#size += end - start + 1;
    if (this.#size > this.#max) throw tooLarge(this.#max);
  }

  #dispatch(events: SseEvent[]): void {
    if (this.#first !== undefined) {
      let data = this.#first;
      if (this.#rest.length > 0) {
        data += "\n" + this.#rest.join("\n");
        this.#rest = [];
      }
      events.push({ event: this.#type, data });
      this.#first = undefined;
    }
    this.#type = "";
    this.#size = 0;
  }

  /** Adds bytes to the carry, which doubles as it grows: linear in all. */
  #keep(chunk: Uint8Array, start: number, end: number): void {
    const size = this.#carried + end - start;
    if (this.#size + size > this.#max) throw tooLarge(this.#max);
    if (size > this.#carry.length) {
      const carry = new Uint8Array(
        Math.min(this.#max, Math.max(size, 2 * this.#carry.length, 1024)),
      );
      carry.set(this.#carry.subarray(0, this.#carried));
      this.#carry = carry;
    }
    if (end - start < 32) {
      for (let i = start; i < end; i++) {
        this.#carry[this.#carried++] = chunk[i]!;
      }
    } else {
      this.#carry.set(chunk.subarray(start, end), this.#carried);
      this.#carried = size;
    }
  }

  #takeCarry(): string {
    const text = decode(this.#carry, 0, this.#carried);
    this.#carried = 0;
    if (this.#carry.length > KEPT_CARRY) this.#carry = NO_BYTES;
    return text;
  }
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  const whole = start === 0 && end === bytes.length;
  return decoder.decode(whole ? bytes : bytes.subarray(start, end));
}

/** Where the last line that is complete ends; 0 where none is. */
function afterLastLineEnd(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] !== LF && bytes[end - 1] !== CR) end--;
  return end;
}

/** Where the first line ends; `bytes` has a line end after `start`. */
function afterFirstLineEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] !== LF && bytes[at] !== CR) at++;
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
}

/** What follows a field's name; `undefined` where the name goes on. */
function fieldValue(
  text: string,
  at: number,
  end: number,
): string | undefined {
  if (at === end) return "";
  if (text.charCodeAt(at) !== COLON) return undefined;
  return text.slice(text.charCodeAt(at + 1) === SPACE ? at + 2 : at + 1, end);
}

function tooLarge(max: number): UpstreamError {
  return new UpstreamError(
    "upstream",
    `The provider sent an event of more than ${max} bytes`,
    { code: "upstream_event_too_large" },
  );
}
