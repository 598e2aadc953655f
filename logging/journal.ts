import { fstatSync } from "node:fs";
import process from "node:process";

const STDOUT = 1;

/**
 * Tells whether standard output goes to systemd's journal itself, by what
 * `JOURNAL_STREAM` says of the stream that it was given: a service's output
 * may have been sent elsewhere since. Then each line may begin with its
 * priority; see `priorities` of a `StructuredLogger`.
 *
 * @returns `false` also where the variable may not be read.
 *
 * @example Usage
 * ```ts
 * import { isJournal, stdoutSink, StructuredLogger } from "@llm-proxy/logging";
 *
 * await using log = new StructuredLogger({
 *   sink: stdoutSink(),
 *   priorities: isJournal(),
 * });
 * log.warn("Under systemd this is a warning");
 * ```
 */
export function isJournal(): boolean {
  try {
    const stream = process.env.JOURNAL_STREAM;
    if (stream === undefined) return false;
    const { dev, ino } = fstatSync(STDOUT);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
