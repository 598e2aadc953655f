/**
 * Where the lines of a logger go: a function that takes one finished line,
 * without the line break. It must return quickly; what it throws is counted
 * as a dropped record.
 *
 * A sink that keeps lines back has the optional members as well.
 */
export interface LogSink {
  /** Takes one line. */
  (line: string): void;
  /**
   * Takes one line in two parts: to put them together would copy both.
   *
   * @default {it takes them as one line}
   */
  parts?(start: string, rest: string): void;
  /** Resolves when every line taken so far has been written or dropped. */
  flush?(): Promise<void>;
  /** Writes what is left and takes no further lines. Resolves within a few seconds. */
  close?(): Promise<void>;
  /** The number of lines that were taken and are lost. */
  dropped?(): number;
}
