import {
  formatTraceParent,
  newSpanId,
  newTraceId,
  type TraceParent,
  type TraceSampler,
} from "@llm-proxy/logging";
import type { AttemptTrace } from "./attempt_trace.ts";

/** The longest `tracestate` that is carried on, as W3C's Trace Context has it. */
const MAX_STATE = 512;

/** What begins the tracing of a request. */
export interface RequestTracingOptions {
  readonly sampler: TraceSampler;
  /** Where in a trace the caller is, if it says. */
  readonly parent: TraceParent | undefined;
  /** The caller's `tracestate`. */
  readonly state: string | undefined;
  /** Whether providers are told the trace. */
  readonly propagate: boolean;
}

/** One attempt, with the id of its span. */
export interface TracedAttempt {
  readonly trace: AttemptTrace;
  readonly spanId: string;
}

/** A request's place in its trace. What its spans say is put together at its end, and only where they are kept. */
export class RequestTracing {
  readonly traceId: string;
  /** The id of the request's own span. */
  readonly spanId: string = newSpanId();
  /** Whether it is kept whatever becomes of it. */
  readonly sampled: boolean;
  readonly parent: TraceParent | undefined;
  readonly state: string | undefined;
  /** Whether its spans are sent; known at its end. */
  kept = false;
  /** The attempts, in the order in which they began. */
  readonly attempts: TracedAttempt[] = [];
  readonly #propagate: boolean;

  /** Goes on with the caller's trace, or begins one. */
  constructor(options: RequestTracingOptions) {
    const { sampler, parent, state, propagate } = options;
    this.parent = parent;
    this.traceId = parent?.traceId ?? newTraceId();
    this.sampled = sampler.begins(this.traceId, parent);
    this.state = parent && state && state.length <= MAX_STATE
      ? state
      : undefined;
    this.#propagate = propagate;
  }

  /** Begins the span of an attempt; the request that it sends tells the trace. */
  attempt<
    R extends { readonly headers: Readonly<Record<string, string>> },
  >(trace: AttemptTrace, request: R): R {
    const { traceId, sampled, state } = this;
    const spanId = newSpanId();
    this.attempts.push({ trace, spanId });
    if (!this.#propagate) return request;
    const traceparent = formatTraceParent({ traceId, spanId, sampled });
    return {
      ...request,
      headers: {
        ...request.headers,
        traceparent,
        ...(state !== undefined && { tracestate: state }),
      },
    };
  }
}
