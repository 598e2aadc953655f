import { ByteCollector } from "./byte_collector.ts";
import { UpstreamError } from "./errors.ts";
import type { SseEvent } from "./sse_parser.ts";
import type { StreamFraming, StreamParser } from "./stream_framing.ts";

/** Most bytes of one line, as of one event of any stream. */
const MAX_LINE = 8 * 1024 * 1024;
const LINE_FEED = 10;
const decoder = new TextDecoder();

/** One JSON value a line (M17): empty lines say nothing, and the last one needs no end. */
export const ndjsonFraming: StreamFraming = {
  parser: () => new LineParser(),
  // An error has the form of every other line: the decoder tells them apart.
  isStray: () => false,
};

class LineParser implements StreamParser {
  #line = new ByteCollector();

  push(chunk: Uint8Array): readonly SseEvent[] {
    const events: SseEvent[] = [];
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, from);
      if (end < 0) break;
      this.#add(chunk.subarray(from, end));
      events.push(...this.end());
      from = end + 1;
    }
    this.#add(chunk.subarray(from));
    return events;
  }

  end(): readonly SseEvent[] {
    if (this.#line.size === 0) return [];
    const data = decoder.decode(this.#line.bytes()).trim();
    this.#line = new ByteCollector();
    return data === "" ? [] : [{ event: "", data }];
  }

  #add(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    if (this.#line.size + bytes.byteLength > MAX_LINE) {
      throw new UpstreamError(
        "upstream",
        "The provider sent an event that is too large",
        {
          code: "upstream_event_too_large",
        },
      );
    }
    // Chunks are not kept; what is left of one must be copied.
    this.#line.add(bytes.slice());
  }
}
