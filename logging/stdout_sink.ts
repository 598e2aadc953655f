import { Buffer } from "node:buffer";
import { write } from "node:fs";
import { isatty } from "node:tty";
import {
  bufferedSink,
  type BufferedSinkOptions,
  PartialWriteError,
} from "./buffered_sink.ts";
import type { LogSink } from "./log_sink.ts";

const STDOUT = 1;
const LINE_FEED = 10;
const BUSY_PAUSE = 10;

let terminal: boolean | undefined;

/** Tells whether standard output is a terminal. */
export function isTerminal(): boolean {
  return terminal ??= isatty(STDOUT);
}

/**
 * Writes a part of the bytes; resolves with how many. Deno's own call is used
 * where it is there: its `node:fs` blocks the process on a full pipe.
 */
function writeSome(bytes: Uint8Array): Promise<number> {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  if (deno) return deno.stdout.write(bytes);
  return new Promise((resolve, reject) => {
    write(STDOUT, bytes, 0, bytes.length, null, (error, count) => {
      if (error?.code === "EAGAIN") setTimeout(resolve, BUSY_PAUSE, 0);
      else if (error) reject(error);
      else resolve(count);
    });
  });
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte === LINE_FEED) count++;
  return count;
}

/** Makes the function that writes whole lines to standard output. */
function stdoutWriter(): (text: string) => Promise<void> {
  let midLine = false;
  return async function writeText(text: string): Promise<void> {
    // After a write that broke off, the next line must not join its rest.
    const lead = midLine ? 1 : 0;
    const bytes = Buffer.from(lead ? `\n${text}` : text);
    let done = 0;
    try {
      while (done < bytes.length) done += await writeSome(bytes.subarray(done));
      midLine = false;
    } catch (cause) {
      const written = bytes.subarray(0, done);
      if (done > 0) midLine = written.at(-1) !== LINE_FEED;
      const linesWritten = Math.max(0, countLines(written) - lead);
      throw new PartialWriteError("Cannot write to standard output", {
        linesWritten,
        cause,
      });
    }
  };
}

/**
 * A sink that writes to standard output without ever blocking: where nobody
 * reads the pipe or the disk is full, lines wait up to the limits and are then
 * dropped and counted. Make one for a process.
 *
 * @param options Limits.
 * @returns The sink.
 *
 * @example Usage
 * ```ts
 * import { stdoutSink, StructuredLogger } from "@llm-proxy/logging";
 *
 * await using log = new StructuredLogger({ sink: stdoutSink({ maxLines: 1_000 }) });
 * log.info("Started");
 * ```
 */
export function stdoutSink(options: BufferedSinkOptions = {}): LogSink {
  return bufferedSink(stdoutWriter(), options);
}
