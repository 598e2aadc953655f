/** Where in a trace a request comes from. */
export interface TraceParent {
  /** The trace: 32 hexadecimal digits in lower case. */
  readonly traceId: string;
  /** The span of the caller: 16 hexadecimal digits in lower case. */
  readonly spanId: string;
  /** Whether the caller records the trace. */
  readonly sampled: boolean;
}

/** The only form of version 00; later versions may go on after a dash. */
const LENGTH = 55;
const MAX_LENGTH = 512;
const FORM =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

/**
 * Reads the `traceparent` header of W3C's Trace Context.
 *
 * @param header The header's value.
 * @returns What it says; nothing where it is absent or not valid, by which a
 * trace begins anew.
 *
 * @example Usage
 * ```ts
 * import { parseTraceParent } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
 * assertEquals(parseTraceParent(header), {
 *   traceId: "0af7651916cd43dd8448eb211c80319c",
 *   spanId: "b7ad6b7169203331",
 *   sampled: true,
 * });
 * ```
 */
export function parseTraceParent(
  header: string | undefined,
): TraceParent | undefined {
  if (header === undefined || header.length < LENGTH) return undefined;
  if (header.length > MAX_LENGTH) return undefined;
  const [whole, version, traceId, spanId, flags] = FORM.exec(header) ?? [];
  if (whole === undefined || traceId === undefined || spanId === undefined) {
    return undefined;
  }
  if (version === "00" && header.length > LENGTH) return undefined;
  return {
    traceId: inOnePiece(traceId),
    spanId: inOnePiece(spanId),
    sampled: (parseInt(flags ?? "", 16) & 1) === 1,
  };
}

/** A copy of what is a part of the header's text to the engine: JSON with such a part is written half as fast. */
function inOnePiece(part: string): string {
  return [part.slice(0, 8), part.slice(8)].join("");
}

/**
 * Writes the `traceparent` header of W3C's Trace Context, for a request that is
 * a part of a trace.
 *
 * @param parent The trace, and the span that makes the request.
 *
 * @example Usage
 * ```ts
 * import { formatTraceParent } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const header = formatTraceParent({
 *   traceId: "0af7651916cd43dd8448eb211c80319c",
 *   spanId: "b7ad6b7169203331",
 *   sampled: true,
 * });
 * assertEquals(header, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
 * ```
 */
export function formatTraceParent(
  { traceId, spanId, sampled }: TraceParent,
): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}
