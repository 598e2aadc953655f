import { write } from "node:fs";
import { isatty } from "node:tty";
import type { BufferedSinkOptions } from "./buffered_sink.ts";
import { lineQueue } from "./_line_queue.ts";
import { lineWriter } from "./_line_writer.ts";
import type { LogSink } from "./log_sink.ts";

const STDOUT = 1;
const BUSY_PAUSE = 10;

let terminal: boolean | undefined;

/** Tells whether standard output is a terminal. */
export function isTerminal(): boolean {
  return terminal ??= isatty(STDOUT);
}

/** A descriptor that does not wait has no room now: asks again a moment later. */
async function pauseIfBusy(error: unknown): Promise<number> {
  if ((error as { code?: unknown }).code !== "EAGAIN") throw error;
  await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE));
  return 0;
}

/** Where Deno is not: Node, Bun and others. */
function writeAsNode(bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(STDOUT, bytes, 0, bytes.length, null, (error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}

/**
 * Writes a part of the bytes; resolves with how many. Deno's own call is used
 * where it is there: its `node:fs` blocks the process on a full pipe.
 */
function writeSome(bytes: Uint8Array): Promise<number> {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  const written = deno ? deno.stdout.write(bytes) : writeAsNode(bytes);
  return written.catch(pauseIfBusy);
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
  return lineQueue(lineWriter(writeSome), options);
}
