import type { UpstreamCall, UpstreamScript } from "./_scripted_upstream.ts";

/** What an upstream is able to do. */
export interface CapacityOptions {
  /** How many requests are worked on at once; further ones wait their turn. */
  readonly parallel: number;
  /** How long the work on one takes, in milliseconds. */
  readonly serviceMs: number;
}

/** An upstream that has only so many hands: a service time and a parallelism. */
export class Capacity {
  /** May be changed while it runs, as the service time may. */
  parallel: number;
  serviceMs: number;
  /** How many requests were worked on to the end. */
  served = 0;
  /** How long all that work really took, in ms: on a busy machine longer than it should. */
  workedMs = 0;
  #busy = 0;
  readonly #waiting = new Set<() => void>();

  constructor({ parallel, serviceMs }: CapacityOptions) {
    this.parallel = parallel;
    this.serviceMs = serviceMs;
  }

  /** How many are worked on now. */
  get busy(): number {
    return this.#busy;
  }

  /** How many wait their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** What a script does comes after the work; a request whose caller left is dropped. */
  before(script: UpstreamScript): UpstreamScript {
    return async (call) => {
      if (this.#busy >= this.parallel) await this.#turn(call);
      if (call.gone) return;
      this.#busy++;
      const begin = performance.now();
      await call.wait(this.serviceMs);
      this.#busy--;
      this.workedMs += performance.now() - begin;
      this.#next();
      if (call.gone) return;
      this.served++;
      await script(call);
    };
  }

  async #turn(call: UpstreamCall): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    await Promise.race([promise, call.left]);
    // Whoever was called and is gone gives its turn to the next.
    if (!this.#waiting.delete(resolve) && call.gone) this.#next();
  }

  #next(): void {
    if (this.#busy >= this.parallel) return;
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    first();
  }
}
