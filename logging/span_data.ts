/** What an attribute of a span may be; a whole number is an integer to whoever reads it. */
export type SpanAttribute = string | number | boolean | readonly string[];

/** Named values of a span; those that are `undefined` are left out. */
export type SpanAttributes = Readonly<
  Record<string, SpanAttribute | undefined>
>;

/** Something that happened at one moment of a span. */
export interface SpanEvent {
  /** What happened. */
  readonly name: string;
  /** When, in ms since 1970. */
  readonly at: number;
  /** What is known of it. @default {{}} */
  readonly attributes?: SpanAttributes;
}

/**
 * A piece of work that has ended: one bar of a trace.
 *
 * @example An attempt at a provider
 * ```ts
 * import { newSpanId, newTraceId, type SpanData } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const span: SpanData = {
 *   name: "chat gpt-4o",
 *   kind: "client",
 *   traceId: newTraceId(),
 *   spanId: newSpanId(),
 *   startedAt: Date.now() - 850,
 *   endedAt: Date.now(),
 *   attributes: { "gen_ai.operation.name": "chat" },
 * };
 * assertEquals(span.traceId.length, 32);
 * ```
 */
export interface SpanData {
  /** What it is called: one of few. */
  readonly name: string;
  /** Whether it answered a request, made one, or neither. */
  readonly kind: "server" | "client" | "internal";
  /** The trace: 32 hexadecimal digits in lower case. */
  readonly traceId: string;
  /** Its own id: 16 hexadecimal digits in lower case. */
  readonly spanId: string;
  /** The span that it is a part of. Absent where it is the first of its trace. */
  readonly parent?: {
    /** The id of that span. */
    readonly spanId: string;
    /** Whether that is another program's. */
    readonly remote: boolean;
  } | undefined;
  /** The `tracestate` that came with the trace. */
  readonly traceState?: string | undefined;
  /** When it began, in ms since 1970. */
  readonly startedAt: number;
  /** When it ended, in ms since 1970. */
  readonly endedAt: number;
  /** What is known of it. */
  readonly attributes: SpanAttributes;
  /** What happened in it. @default {[]} */
  readonly events?: readonly SpanEvent[];
  /** Why it failed, in one line. Absent where it did not. */
  readonly failure?: string | undefined;
}
