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
