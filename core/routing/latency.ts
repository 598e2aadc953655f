import { LatencyHistogram } from "./_latency_histogram.ts";
import type { RouteRequest } from "./route_request.ts";

/** What is waited for: the first token of a stream, or an answer that comes whole. */
export type AnswerKind = "streamed" | "whole";

/** How long answers of one kind take, to be read. */
export interface LatencyView {
  /** How many samples the figures stand for, 512 at most. */
  readonly samples: number;
  /**
   * The moving average, in ms. It fades while nothing is measured, so that a
   * deployment once slow is tried again.
   */
  average(now: number): number | undefined;
  /** The time within which a share of them came, in ms; exact to 25 %. */
  quantile(share: number): number | undefined;
}

/** How quickly the average follows: the weight of what is older than this is 1/e. */
const FOLLOW_MS = 30_000;
/** A sample counts at least so much, however quickly it follows the one before. */
const MIN_WEIGHT = 0.1;
/** Without a sample the average halves in a minute. */
const FADE_PER_MS = Math.LN2 / 60_000;

/** How long answers of one kind take: an average and a distribution. */
export class Latency implements LatencyView {
  readonly #histogram = new LatencyHistogram();
  #average: number | undefined;
  #measuredAt = 0;

  get samples(): number {
    return this.#histogram.count;
  }

  average(now: number): number | undefined {
    if (this.#average === undefined) return undefined;
    return this.#average * Math.exp((this.#measuredAt - now) * FADE_PER_MS);
  }

  quantile(share: number): number | undefined {
    return this.#histogram.quantile(share);
  }

  /** Takes a sample. */
  add(ms: number, now: number): void {
    this.#histogram.add(ms);
    const age = now - this.#measuredAt;
    const weight = Math.max(MIN_WEIGHT, 1 - Math.exp(-age / FOLLOW_MS));
    this.#average = this.#average === undefined
      ? ms
      : this.#average + (ms - this.#average) * weight;
    this.#measuredAt = now;
  }
}

/** What a request waits for. */
export function answerKind({ needs }: Pick<RouteRequest, "needs">): AnswerKind {
  return needs?.includes("streaming") ? "streamed" : "whole";
}
