import type { TraceParent } from "./trace_parent.ts";

/** How a {@linkcode TraceSampler} chooses. */
export interface TraceSamplerOptions {
  /** The share of traces that are kept whatever becomes of them, 0 to 1. @default {0.1} */
  readonly ratio?: number;
  /** From how long on, in ms, a request is kept for its slowness. @default {30_000} */
  readonly slowMs?: number;
}

/** How a request went. */
export interface TracedOutcome {
  /** Whether it was chosen at its beginning. */
  readonly sampled: boolean;
  /** Whether it failed, by no fault of its caller. */
  readonly failed: boolean;
  /** How long its caller waited for the first content, or for a whole answer, in ms. */
  readonly waitedMs: number;
}

/** How many numbers 13 hexadecimal digits can be. */
const SPAN = 2 ** 52;

/**
 * Chooses the requests whose spans are kept: at their beginning by rate, as the
 * caller's trace says where it says so, and at their end those that failed or
 * were slow, whatever was said at their beginning.
 *
 * The choice at the beginning goes by the trace's id, so that several gateways
 * with one rate choose the same traces.
 *
 * @example Errors are always kept
 * ```ts
 * import { newTraceId, TraceSampler } from "@llm-proxy/logging";
 * import { assert } from "@std/assert";
 *
 * const sampler = new TraceSampler({ ratio: 0 });
 * const sampled = sampler.begins(newTraceId());
 * assert(!sampled);
 * assert(!sampler.keeps({ sampled, failed: false, waitedMs: 800 }));
 * assert(sampler.keeps({ sampled, failed: true, waitedMs: 800 }));
 * assert(sampler.keeps({ sampled, failed: false, waitedMs: 31_000 }));
 * ```
 */
export class TraceSampler {
  /** The share of traces that are kept whatever becomes of them. */
  readonly ratio: number;
  /** From how long on, in ms, a request is kept for its slowness. */
  readonly slowMs: number;

  /**
   * Makes a sampler.
   *
   * @throws {RangeError} when the ratio is none, or `slowMs` is not above 0.
   */
  constructor({ ratio = 0.1, slowMs = 30_000 }: TraceSamplerOptions = {}) {
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new RangeError(`'ratio' must be from 0 to 1, not ${ratio}`);
    }
    if (!(slowMs > 0)) {
      throw new RangeError(`'slowMs' must be above 0, not ${slowMs}`);
    }
    this.ratio = ratio;
    this.slowMs = slowMs;
  }

  /**
   * Whether a trace that begins is kept whatever becomes of it.
   *
   * @param parent What the caller says of it. Absent where it begins here.
   */
  begins(traceId: string, parent?: TraceParent): boolean {
    if (parent !== undefined) return parent.sampled;
    // The last 13 digits: 52 bits, which a number holds exactly.
    return Number.parseInt(traceId.slice(-13), 16) < this.ratio * SPAN;
  }

  /** Whether the spans of a request that has ended are kept. */
  keeps({ sampled, failed, waitedMs }: TracedOutcome): boolean {
    return sampled || failed || waitedMs >= this.slowMs;
  }
}
