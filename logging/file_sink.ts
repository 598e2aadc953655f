import { appendFiles } from "./_append_file.ts";
import type { BufferedSinkOptions } from "./buffered_sink.ts";
import { lineQueue } from "./_line_queue.ts";
import { lineWriter } from "./_line_writer.ts";
import { LogFile } from "./_log_file.ts";
import type { LogSink } from "./log_sink.ts";

/** What a {@linkcode fileSink} can be told. */
export interface FileSinkOptions extends BufferedSinkOptions {
  /**
   * How long a file may become, in bytes; then a new one is begun, and the old
   * ones are `….1`, `….2` and so on. Only a line that is longer makes one longer.
   *
   * @default {Infinity}
   */
  readonly maxBytes?: number;
  /** How many files are kept, the current one included. @default {5} */
  readonly maxFiles?: number;
}

/**
 * A sink that appends to a file without ever blocking, and begins a new one
 * when it is full. Where the disk is full or slow, or the directory gone,
 * lines wait up to the limits and are then dropped and counted; it goes on as
 * soon as it can. A file that somebody moves or removes is begun anew. Make
 * one for a file.
 *
 * @param path The file. Its directory must be there.
 * @param options Limits.
 * @returns The sink.
 * @throws {RangeError} when `maxBytes` or `maxFiles` is less than 1.
 *
 * @example Five files of ten megabytes
 * ```ts
 * import { fileSink, StructuredLogger } from "@llm-proxy/logging";
 * import { assertMatch } from "@std/assert";
 *
 * const path = await Deno.makeTempFile({ suffix: ".log" });
 * const sink = fileSink(path, { maxBytes: 10_000_000, maxFiles: 5 });
 * const log = new StructuredLogger({ format: "json", sink });
 * log.info("Started");
 * await log.close();
 * assertMatch(await Deno.readTextFile(path), /"msg":"Started"}\n$/);
 * await Deno.remove(path);
 * ```
 */
export function fileSink(path: string, options: FileSinkOptions = {}): LogSink {
  for (const key of ["maxBytes", "maxFiles"] as const) {
    const value = options[key] ?? 1;
    if (!(value >= 1)) {
      throw new RangeError(`'${key}' must be 1 or more, not ${value}`);
    }
  }
  const { maxBytes, maxFiles } = options;
  const file = new LogFile(path, { maxBytes, maxFiles, files: appendFiles() });
  const write = lineWriter((bytes) => file.writeSome(bytes));
  const sink = lineQueue(write, options);
  return Object.assign((line: string) => sink(line), {
    ...sink,
    close: async () => {
      await sink.close?.();
      // Not waited for: where a write hangs this may hang as well.
      void file.close().catch(() => {});
    },
  });
}
