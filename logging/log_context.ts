import { AsyncLocalStorage } from "node:async_hooks";
import type { LogFields } from "./logger.ts";

const storage = new AsyncLocalStorage<LogFields>();

/**
 * Does some work, and has every record that is logged on its way carry these
 * fields, however deep it is called and whatever it waits for: the id of a
 * request, for example, and its place in a trace. Within such work there may be
 * other, whose fields come on top.
 *
 * A field of the record itself, or of its logger, has precedence.
 *
 * @param fields What the records carry.
 * @param work What is done.
 * @returns What the work gives back.
 *
 * @example A request's id on every record
 * ```ts
 * import { StructuredLogger, withLogContext } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const log = new StructuredLogger({
 *   format: "json",
 *   sink: (line) => void lines.push(line),
 * });
 *
 * async function lookUp(): Promise<void> {
 *   await Promise.resolve();
 *   log.info("looked up");
 * }
 * await withLogContext({ request_id: "r-1" }, lookUp);
 *
 * assertEquals(JSON.parse(lines[0] ?? "").request_id, "r-1");
 * ```
 */
export function withLogContext<T>(fields: LogFields, work: () => T): T {
  const outer = storage.getStore();
  return storage.run(outer ? { ...outer, ...fields } : fields, work);
}

/** The fields of the work that is under way, if any. */
export function logContext(): LogFields | undefined {
  return storage.getStore();
}
