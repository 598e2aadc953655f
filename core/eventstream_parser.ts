import {
  frameLength,
  MIN_FRAME_BYTES,
  PRELUDE_BYTES,
  readFrame,
} from "./_eventstream_frame.ts";
import { UpstreamError } from "./errors.ts";
import type { SseEvent } from "./sse_parser.ts";
import type { StreamFraming, StreamParser } from "./stream_framing.ts";

/** What an {@linkcode EventStreamParser} may be told. */
export interface EventStreamParserOptions {
  /**
   * The largest frame, in bytes. What is kept between two chunks never exceeds
   * it.
   *
   * @default {16777216}
   */
  readonly maxFrameBytes?: number;
}

const NO_BYTES = new Uint8Array(0);
/** A carry buffer above this size is given back once its frame is complete. */
const KEPT_CARRY = 65_536;

/**
 * Parses Amazon's event stream encoding as it arrives, whatever the chunks
 * (wire rules E4, M18): binary frames, each with a checksum of its head and one
 * of the whole, both of which are verified.
 *
 * Of a chunk whose later frame is damaged, the frames before it are handed out,
 * and the fault comes with the next call: how a body is cut changes nothing.
 */
export class EventStreamParser implements StreamParser {
  readonly #max: number;
  /** The bytes of a frame that is not complete. */
  #carry = NO_BYTES;
  #carried = 0;
  /** How long that frame is; 0 while its head is not complete. */
  #length = 0;
  #fault: unknown;

  /** Makes a parser for one stream; see {@linkcode EventStreamParserOptions}. */
  constructor(options: EventStreamParserOptions = {}) {
    this.#max = options.maxFrameBytes ?? 16 * 1024 * 1024;
  }

  /** Takes the next bytes; see {@linkcode StreamParser.push}. */
  push(chunk: Uint8Array): readonly SseEvent[] {
    if (this.#fault !== undefined) throw this.#fault;
    const events: SseEvent[] = [];
    try {
      this.#scan(chunk, events);
    } catch (error) {
      this.#fault = error;
      if (events.length === 0) throw error;
    }
    return events;
  }

  /**
   * Takes the end of the stream.
   *
   * @throws {UpstreamError} with code `upstream_stream_truncated` when a frame
   * has not come whole.
   */
  end(): readonly SseEvent[] {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#carried === 0) return [];
    throw new UpstreamError(
      "upstream",
      "The provider's stream ended within a frame",
      { code: "upstream_stream_truncated" },
    );
  }

  #scan(chunk: Uint8Array, events: SseEvent[]): void {
    let at = this.#carried > 0 ? this.#complete(chunk, events) : 0;
    while (chunk.length - at >= PRELUDE_BYTES) {
      const length = this.#checked(frameLength(chunk, at));
      if (chunk.length - at < length) break;
      events.push(readFrame(chunk.subarray(at, at + length)));
      at += length;
    }
    if (at < chunk.length) this.#keep(chunk, at, chunk.length);
  }

  /** Adds to the frame in progress what belongs to it; says where the next one starts. */
  #complete(chunk: Uint8Array, events: SseEvent[]): number {
    let at = 0;
    if (this.#length === 0) {
      at = this.#keep(chunk, 0, Math.max(0, PRELUDE_BYTES - this.#carried));
      if (this.#carried < PRELUDE_BYTES) return at;
      this.#length = this.#checked(frameLength(this.#carry, 0));
    }
    at = this.#keep(chunk, at, at + this.#length - this.#carried);
    if (this.#carried < this.#length) return at;
    events.push(readFrame(this.#carry.subarray(0, this.#length)));
    this.#carried = 0;
    this.#length = 0;
    if (this.#carry.length > KEPT_CARRY) this.#carry = NO_BYTES;
    return at;
  }

  /** Adds bytes to the carry, which doubles as it grows: linear in all. */
  #keep(chunk: Uint8Array, start: number, wanted: number): number {
    const end = Math.min(wanted, chunk.length);
    const size = this.#carried + end - start;
    if (size > this.#carry.length) {
      const room = Math.min(this.#max, 2 * this.#carry.length);
      const carry = new Uint8Array(Math.max(size, room, 256));
      carry.set(this.#carry.subarray(0, this.#carried));
      this.#carry = carry;
    }
    this.#carry.set(chunk.subarray(start, end), this.#carried);
    this.#carried = size;
    return end;
  }

  #checked(length: number): number {
    if (length <= Math.max(this.#max, MIN_FRAME_BYTES)) return length;
    throw new UpstreamError(
      "upstream",
      `The provider sent a frame of more than ${this.#max} bytes`,
      { code: "upstream_event_too_large" },
    );
  }
}

const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

/** Amazon's event stream encoding, as Bedrock streams. */
export const eventStreamFraming: StreamFraming = {
  parser: () => new EventStreamParser(),
  // A frame that began like JSON would be over a gigabyte long.
  isStray: ([first]) =>
    first === undefined
      ? undefined
      : first === OPENING_BRACE || first === OPENING_BRACKET,
};
