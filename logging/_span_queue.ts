import type { SpanData } from "./span_data.ts";

/** How many spans are held at most, those being sent included: some 16 MiB where each is as large as they come. */
const MAX_HELD = 2_048;
/** How many are sent in one go: what takes some milliseconds to encode. */
const BATCH = 256;
/** How long spans gather, in ms. */
const GATHER = 2_000;

/** Sends some spans; resolves with how many of them were taken, and never rejects. */
export type SendSpans = (spans: readonly SpanData[]) => Promise<number>;

/** Spans on their way: gathered, sent batch by batch, one at a time, and counted. */
export class SpanQueue {
  readonly #send: SendSpans;
  #waiting: SpanData[] = [];
  #underWay = 0;
  #exported = 0;
  #dropped = 0;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> | undefined;

  constructor(send: SendSpans) {
    this.#send = send;
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
    if (this.#closed || held + spans.length > MAX_HELD) {
      this.#dropped += spans.length;
      return;
    }
    for (const span of spans) this.#waiting.push(span);
    if (this.#work !== undefined) return;
    if (this.#waiting.length >= BATCH) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), GATHER);
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
