import type { BufferedSinkOptions } from "./buffered_sink.ts";
import { LineBatch } from "./_line_batch.ts";
import type { LogSink } from "./log_sink.ts";
import { PartialWriteError } from "./partial_write_error.ts";

/** How long lines gather before they are written, in ms: what a killed process may lose. */
const GATHER_MS = 50;
/** How many waiting characters end the gathering at once. */
const FULL_BATCH = 64 * 1_024;

/** Lines that gather and are written batch by batch, one write at a time. */
class LineQueue {
  readonly #write: (lines: Uint8Array) => Promise<void>;
  readonly #maxChars: number;
  readonly #maxLines: number;
  readonly #closeTimeout: number;
  /** Those that wait; lines are added to the last. */
  #batches: LineBatch[] = [];
  /** One that has been written and can take lines again. */
  #spare: LineBatch | undefined;
  /** Held: waiting or being written. */
  #heldChars = 0;
  #heldLines = 0;
  #dropped = 0;
  #closed = false;
  #work: Promise<void> | undefined;
  /** Ends the gathering that is under way. */
  #wake: () => void = () => {};

  constructor(
    write: (lines: Uint8Array) => Promise<void>,
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

  push(line: string, rest = ""): void {
    const chars = this.#heldChars + line.length + rest.length + 1;
    if (
      this.#closed || chars > this.#maxChars ||
      this.#heldLines >= this.#maxLines
    ) {
      this.#dropped++;
      return;
    }
    this.#heldChars = chars;
    this.#heldLines++;
    if (this.#batches.at(-1)?.add(line, rest) !== true) this.#begin(line, rest);
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
    for (const { lines } of this.#batches) this.#dropped += lines;
    this.#batches = [];
  }

  /** Begins a batch with a line. */
  #begin(line: string, rest: string): void {
    const batch = this.#spare ?? new LineBatch();
    if (batch.add(line, rest)) {
      this.#spare = undefined;
      this.#batches.push(batch);
    } else {
      this.#spare = batch;
      this.#batches.push(new LineBatch(line + rest));
    }
  }

  /** Writes what has gathered, again and again. */
  async #drain(): Promise<void> {
    while (this.#batches.length > 0) {
      await this.#gather();
      for (let left = this.#batches.length; left > 0; left--) {
        const batch = this.#batches.shift();
        if (batch !== undefined) await this.#writeBatch(batch);
      }
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

  async #writeBatch(batch: LineBatch): Promise<void> {
    try {
      await this.#write(batch.bytes);
    } catch (error) {
      const written = error instanceof PartialWriteError
        ? error.linesWritten
        : 0;
      this.#dropped += batch.lines - written;
    }
    this.#heldChars -= batch.chars;
    this.#heldLines -= batch.lines;
    if (!batch.isReusable) return;
    batch.clear();
    this.#spare = batch;
  }
}

/**
 * A sink as {@linkcode bufferedSink} makes one, for what writes bytes: they are
 * good until the write has ended.
 */
export function lineQueue(
  write: (lines: Uint8Array) => Promise<void>,
  options: BufferedSinkOptions = {},
): LogSink {
  const queue = new LineQueue(write, options);
  return Object.assign((line: string) => queue.push(line), {
    parts: (start: string, rest: string) => queue.push(start, rest),
    flush: () => queue.flush(),
    close: () => queue.close(),
    dropped: () => queue.dropped,
  });
}
