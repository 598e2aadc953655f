import { crc32 } from "node:zlib";
import { UpstreamError } from "./errors.ts";
import type { SseEvent } from "./sse_parser.ts";

/** Total length, length of the headers, checksum of both. */
export const PRELUDE_BYTES = 12;
/** What a frame without headers and payload takes: the prelude and the checksum of the whole. */
export const MIN_FRAME_BYTES = 16;
const CHECKSUM_BYTES = 4;

/** How many bytes the value of a header of each type has; types 6 and 7 tell their length. */
const VALUE_BYTES: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
const STRING = 7;
const decoder = new TextDecoder();

/** How many bytes a frame has, from its prelude, whose checksum is verified. */
export function frameLength(bytes: Uint8Array, at: number): number {
  const view = viewOf(bytes, at);
  const prelude = bytes.subarray(at, at + PRELUDE_BYTES - CHECKSUM_BYTES);
  if (view.getUint32(8) !== crc32(prelude)) {
    throw brokenFrame("has a frame whose head is damaged");
  }
  const total = view.getUint32(0);
  if (total < MIN_FRAME_BYTES + view.getUint32(4)) {
    throw brokenFrame("has a frame that is shorter than its head says");
  }
  return total;
}

/**
 * The event in a whole frame, whose checksum is verified. An exception's event
 * is `exception/` and its type, that of an error without one `error/` and its
 * code, with data in the same form.
 */
export function readFrame(frame: Uint8Array): SseEvent {
  const view = viewOf(frame, 0);
  const end = frame.length - CHECKSUM_BYTES;
  if (view.getUint32(end) !== crc32(frame.subarray(0, end))) {
    throw brokenFrame("has a frame that is damaged");
  }
  const payload = PRELUDE_BYTES + view.getUint32(4);
  const headers = readHeaders(frame, payload);
  const type = headers.get(":message-type");
  if (type === "error") {
    const message = headers.get(":error-message") ?? "";
    return {
      event: `error/${headers.get(":error-code") ?? ""}`,
      data: JSON.stringify({ message }),
    };
  }
  const data = decoder.decode(frame.subarray(payload, end));
  return type === "exception"
    ? { event: `exception/${headers.get(":exception-type") ?? ""}`, data }
    : { event: headers.get(":event-type") ?? "", data };
}

/** The headers that are strings; there are about three, and no other type says anything here. */
function readHeaders(
  frame: Uint8Array,
  end: number,
): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = PRELUDE_BYTES;
  const text = (length: number): string => {
    const start = at;
    at += length;
    if (at > end) throw brokenFrame("has a frame with a broken header");
    return decoder.decode(frame.subarray(start, at));
  };
  while (at < end) {
    const nameLength = frame[at++]!;
    const name = text(nameLength);
    const type = frame[at++]!;
    let length = VALUE_BYTES[type];
    if (length === undefined || at > end) {
      throw brokenFrame("has a frame with a broken header");
    }
    if (length < 0) {
      length = frame[at]! << 8 | frame[at + 1]!;
      at += 2;
    }
    const value = text(length);
    if (type === STRING) headers.set(name, value);
  }
  return headers;
}

function viewOf(bytes: Uint8Array, at: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at);
}

/** A body that breaks its framing. `problem` ends the sentence. */
function brokenFrame(problem: string): UpstreamError {
  return new UpstreamError("upstream", `The provider's stream ${problem}`, {
    code: "upstream_invalid_response",
  });
}
