/**
 * The id of a new trace: 32 hexadecimal digits, the last 14 of them random as
 * W3C's Trace Context wants it.
 *
 * @example Usage
 * ```ts
 * import { newTraceId } from "@llm-proxy/logging";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(newTraceId(), /^[0-9a-f]{32}$/);
 * ```
 */
export function newTraceId(): string {
  // Joined, for the engine then has it in one piece: it goes to many places.
  return crypto.randomUUID().split("-").join("");
}

/**
 * The id of a new span: 16 hexadecimal digits, all of them random.
 *
 * @example Usage
 * ```ts
 * import { newSpanId } from "@llm-proxy/logging";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(newSpanId(), /^[0-9a-f]{16}$/);
 * ```
 */
export function newSpanId(): string {
  const uuid = crypto.randomUUID();
  const id = [uuid.slice(0, 8), uuid.slice(-8)].join("");
  // The one that stands for no span.
  return id === "0000000000000000" ? newSpanId() : id;
}
