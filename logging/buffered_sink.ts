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

/**
 * A write that failed after some lines of its text had been written.
 *
 * @example Usage
 * ```ts
 * import { PartialWriteError } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new PartialWriteError("Disk full", { linesWritten: 2 }).linesWritten, 2);
 * ```
 */
export class PartialWriteError extends Error {
  /** The name of the class. */
  override readonly name = "PartialWriteError";
  /** The number of lines that were written in full. */
  readonly linesWritten: number;

  /** Makes the error; `cause` is what the system said. */
  constructor(
    message: string,
    options: { readonly linesWritten: number; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.linesWritten = options.linesWritten;
  }
}

/** How long lines gather before they are written, in ms: what a killed process may lose. */
const GATHER_MS = 50;
/** How many waiting characters end the gathering at once. */
const FULL_BATCH = 64 * 1_024;

/** The queue behind {@linkcode bufferedSink}. */
class LineQueue {
  readonly #write: (text: string) => Promise<void>;
  readonly #maxChars: number;
  readonly #maxLines: number;
  readonly #closeTimeout: number;
  #lines: string[] = [];
  /** Held: waiting or being written. */
  #heldChars = 0;
  #heldLines = 0;
  #dropped = 0;
  #closed = false;
  #work: Promise<void> | undefined;
  /** Ends the gathering that is under way. */
  #wake: () => void = () => {};

  constructor(
    write: (text: string) => Promise<void>,
    options: BufferedSinkOptions,
  ) {
    this.#write = write;
    this.#maxChars = options.maxChars ?? 4 * 1_024 * 1_024;
    this.#maxLines = options.maxLines ?? 16_384;
    this.#closeTimeout = options.closeTimeout ?? 2_000;
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(line: string): void {
    const chars = this.#heldChars + line.length + 1;
    if (
      this.#closed || chars > this.#maxChars ||
      this.#heldLines >= this.#maxLines
    ) {
      this.#dropped++;
      return;
    }
    this.#heldChars = chars;
    this.#heldLines++;
    // A line that was put together piece by piece is a tree of pieces until it
    // is first read. Reading it now lets the tree go at once, where waiting
    // lines as trees were measured at a fifth of a request's whole cost.
    line.charCodeAt(0);
    this.#lines.push(line);
    this.#work ??= this.#drain();
    if (chars > FULL_BATCH) this.#wake();
  }

  async flush(): Promise<void> {
    while (this.#work) {
      this.#wake();
      await this.#work;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#closeTimeout);
    });
    await Promise.race([this.flush(), late]);
    clearTimeout(timer);
    // What still waits behind a write that hangs is given up.
    this.#dropped += this.#lines.length;
    this.#lines = [];
  }

  /** Writes batch by batch what has gathered. */
  async #drain(): Promise<void> {
    while (this.#lines.length > 0) {
      await this.#gather();
      await this.#writeAll();
    }
    this.#work = undefined;
  }

  /** Lets lines come together for a moment: a write costs as much as ten lines. */
  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #writeAll(): Promise<void> {
    const lines = this.#lines;
    const chars = this.#heldChars;
    this.#lines = [];
    try {
      await this.#write(`${lines.join("\n")}\n`);
    } catch (error) {
      const written = error instanceof PartialWriteError
        ? error.linesWritten
        : 0;
      this.#dropped += lines.length - written;
    }
    this.#heldChars -= chars;
    this.#heldLines -= lines.length;
  }
}

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
  const queue = new LineQueue(write, options);
  return Object.assign((line: string) => queue.push(line), {
    flush: () => queue.flush(),
    close: () => queue.close(),
    dropped: () => queue.dropped,
  });
}
