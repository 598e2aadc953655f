/**
 * Structured logging for services: JSON lines or readable text, child loggers
 * with bound fields, bounded buffering that never blocks, and redaction of
 * secrets as a wrapper around the place where the lines go.
 *
 * @example A logger that lets no secret out
 * ```ts
 * import { Redactor, redactingSink, stdoutSink, StructuredLogger } from "@llm-proxy/logging";
 *
 * const redactor = new Redactor(["correct-horse-battery"]);
 * await using log = new StructuredLogger({
 *   level: "info",
 *   sink: redactingSink(stdoutSink(), redactor),
 * });
 * log.info("Listening", { address: "127.0.0.1:8000" });
 * ```
 *
 * @module
 */
export {
  bufferedSink,
  type BufferedSinkOptions,
  PartialWriteError,
} from "./buffered_sink.ts";
export {
  compareLogLevels,
  isLogLevel,
  LOG_LEVELS,
  type LogLevel,
  parseLogLevel,
} from "./level.ts";
export type { LogSink } from "./log_sink.ts";
export type { LogFields, Logger } from "./logger.ts";
export { redactingSink } from "./redacting_sink.ts";
export { Redactor } from "./redactor.ts";
export { stdoutSink } from "./stdout_sink.ts";
export {
  type LogFormat,
  StructuredLogger,
  type StructuredLoggerOptions,
} from "./structured_logger.ts";
