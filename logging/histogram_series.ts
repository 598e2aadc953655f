/** One measured value and the trace in which it was measured. */
export interface Exemplar {
  /** 32 hexadecimal digits in lower case. */
  readonly traceId: string;
  /** What was measured. */
  readonly value: number;
  /** When, in ms since 1970. */
  readonly at: number;
}

const TRACE_ID = /^[0-9a-f]{32}$/;

/** The newest example of each bucket, as three columns so that none is allocated. */
class Exemplars {
  readonly #traceIds: string[];
  readonly #values: Float64Array;
  readonly #times: Float64Array;

  constructor(buckets: number) {
    this.#traceIds = new Array<string>(buckets).fill("");
    this.#values = new Float64Array(buckets);
    this.#times = new Float64Array(buckets);
  }

  put(bucket: number, { traceId, value, at }: Exemplar): void {
    this.#traceIds[bucket] = traceId;
    this.#values[bucket] = value;
    this.#times[bucket] = at;
  }

  get(bucket: number): Exemplar | undefined {
    const traceId = this.#traceIds[bucket] ?? "";
    if (!TRACE_ID.test(traceId)) return undefined;
    const value = this.#values[bucket] ?? 0;
    return { traceId, value, at: this.#times[bucket] ?? 0 };
  }
}

/**
 * How some values are spread: how many fell into each bucket, and their sum.
 *
 * @example Usage
 * ```ts
 * import { MetricsCollector } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const metrics = new MetricsCollector();
 * const wait = metrics.histogram("app_wait_seconds", {
 *   help: "Time in the queue.",
 *   bounds: [0.1, 1],
 * }).at();
 * wait.observe(0.1);
 * wait.observe(3, "0af7651916cd43dd8448eb211c80319c");
 * assertEquals(wait.counts, [1, 0, 1]);
 * assertEquals(wait.sum, 3.1);
 * assertEquals(wait.exemplar(2)?.value, 3);
 * ```
 */
export class HistogramSeries {
  /** The values of the metric's labels. */
  readonly labelValues: readonly string[];
  readonly #bounds: Float64Array;
  readonly #counts: Float64Array;
  readonly #now: () => number;
  #sum = 0;
  #exemplars: Exemplars | undefined;

  /** Made by the metric, with nothing measured; `now` gives ms since 1970. */
  constructor(
    labelValues: readonly string[],
    options: { readonly bounds: Float64Array; readonly now: () => number },
  ) {
    this.labelValues = labelValues;
    this.#bounds = options.bounds;
    this.#now = options.now;
    this.#counts = new Float64Array(options.bounds.length + 1);
  }

  /** How many values fell into each bucket, the last one for those above all bounds. */
  get counts(): number[] {
    return [...this.#counts];
  }

  /** The sum of all values. */
  get sum(): number {
    return this.#sum;
  }

  /**
   * Takes a value; what is negative or not finite is passed over.
   *
   * @param value What was measured.
   * @param traceId The trace in which it was measured. What is no trace id is
   * passed over.
   */
  observe(value: number, traceId?: string): void {
    if (!(value >= 0 && value < Infinity)) return;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) {
      bucket++;
    }
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += value;
    // Whether it is an id is asked when it is shown; a long text is not kept.
    if (traceId === undefined || traceId.length !== 32) return;
    this.#exemplars ??= new Exemplars(bounds.length + 1);
    this.#exemplars.put(bucket, { traceId, value, at: this.#now() });
  }

  /** The newest value of a bucket that came with a trace. */
  exemplar(bucket: number): Exemplar | undefined {
    return this.#exemplars?.get(bucket);
  }
}
