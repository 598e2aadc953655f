import { lineQueue } from "./_line_queue.ts";
import type { LogSink } from "./log_sink.ts";

/** Limits of a {@linkcode bufferedSink}. */
export interface BufferedSinkOptions {
  /** How many characters may wait, those being written included. @default {4_194_304} */
  readonly maxChars?: number;
  /** How many lines may wait, those being written included. @default {16_384} */
  readonly maxLines?: number;
  /** How long `close` waits for a write that hangs, in milliseconds. @default {2_000} */
  readonly closeTimeout?: number;
}

/** Leaves every character where it is. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A sink that gathers lines for up to 50 ms and hands them on together, one
 * write at a time. While a write hangs, lines wait up to the limits;
 * beyond them, and where a write fails, lines are dropped and counted.
 *
 * @param write Writes a text of whole lines, each with its line break.
 * @param options Limits.
 * @returns The sink.
 *
 * @example Into an array
 * ```ts
 * import { bufferedSink } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const writes: string[] = [];
 * const sink = bufferedSink((text) => Promise.resolve(void writes.push(text)));
 * sink("one");
 * sink("two");
 * await sink.flush?.();
 * assertEquals(writes, ["one\ntwo\n"]);
 * ```
 */
export function bufferedSink(
  write: (text: string) => Promise<void>,
  options: BufferedSinkOptions = {},
): LogSink {
  return lineQueue((lines) => write(decoder.decode(lines)), options);
}
