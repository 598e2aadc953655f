import type { LogSink } from "./log_sink.ts";
import type { Redactor } from "./redactor.ts";

/**
 * A sink that takes the secrets out of each line before it hands it on.
 *
 * @param sink Where the lines go.
 * @param redactor What is taken out.
 * @returns The sink to give to a logger.
 *
 * @example Usage
 * ```ts
 * import { Redactor, redactingSink, StructuredLogger } from "@llm-proxy/logging";
 * import { assert } from "@std/assert";
 *
 * const lines: string[] = [];
 * const sink = redactingSink(
 *   (line) => void lines.push(line),
 *   new Redactor(["correct-horse-battery"]),
 * );
 * new StructuredLogger({ sink }).warn("Refused", { key: "correct-horse-battery" });
 * assert(lines[0]?.includes("[redacted]"));
 * ```
 */
export function redactingSink(sink: LogSink, redactor: Redactor): LogSink {
  return Object.assign((line: string) => sink(redactor.redact(line)), {
    // A secret is in one of them: between them a field ends.
    ...sink.parts !== undefined && {
      parts: (start: string, rest: string) =>
        sink.parts?.(redactor.redact(start), redactor.redact(rest)),
    },
    flush: async () => await sink.flush?.(),
    close: async () => await sink.close?.(),
    dropped: () => sink.dropped?.() ?? 0,
  });
}
