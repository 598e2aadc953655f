import type { SpanData } from "./span_data.ts";

/** How many are sent in one go: what takes some milliseconds to encode. */
const BATCH = 256;

/** Bounds of a {@linkcode SpanQueue}. */
export interface SpanQueueOptions {
  /** How many spans are held at most, those being sent included. */
  readonly maxSpans: number;
  /** How long spans gather, in ms. */
  readonly spanDelayMs: number;
}

/** Sends some spans; resolves with how many of them were taken, and never rejects. */
export type SendSpans = (spans: readonly SpanData[]) => Promise<number>;

/** Spans on their way: gathered, sent batch by batch, one at a time, and counted. */
export class SpanQueue {
  readonly #send: SendSpans;
  readonly #maxSpans: number;
  readonly #delayMs: number;
  #waiting: SpanData[] = [];
  #underWay = 0;
  #exported = 0;
  #dropped = 0;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> | undefined;

  constructor(
    send: SendSpans,
    { maxSpans, spanDelayMs }: SpanQueueOptions,
  ) {
    this.#send = send;
    this.#maxSpans = maxSpans;
    this.#delayMs = spanDelayMs;
  }

  /** How many were taken. */
  get exported(): number {
    return this.#exported;
  }

  /** How many are lost. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes all of the spans, or drops all: half a trace helps nobody. */
  push(spans: readonly SpanData[]): void {
    const held = this.#waiting.length + this.#underWay;
    if (this.#closed || held + spans.length > this.#maxSpans) {
      this.#dropped += spans.length;
      return;
    }
    for (const span of spans) this.#waiting.push(span);
    if (this.#work !== undefined) return;
    const full = Math.min(BATCH, this.#maxSpans);
    if (this.#waiting.length >= full) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), this.#delayMs);
  }

  /** Sends what waits now. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#work !== undefined) {
      this.#begin();
      await this.#work;
    }
  }

  /** Takes no more; what waits can still be flushed. */
  close(): void {
    this.#closed = true;
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#work ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      this.#underWay = batch.length;
      const taken = await this.#send(batch);
      this.#exported += taken;
      this.#dropped += batch.length - taken;
      this.#underWay = 0;
    }
    this.#work = undefined;
  }
}
