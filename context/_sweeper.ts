/** How a {@linkcode Sweeper} works. */
export interface SweeperOptions {
  /** Sweeps a little; tells whether there is more. */
  readonly sweep: () => Promise<boolean>;
  /** The wait when there is no more, in milliseconds. */
  readonly everyMs: number;
  /** Gives numbers from 0 up to but not including 1. */
  readonly random: () => number;
}

/** The wait between two sweeps when there is more, in milliseconds. */
const NEXT_MS = 100;

/** Sweeps again and again, and leaves time between for others. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#wait(options.everyMs);
  }

  /** Sweeps no more, once what is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#work;
  }

  #wait(ms: number): void {
    if (this.#isStopped) return;
    // Several processes should not sweep at the same moment.
    const jitter = 0.75 + this.#options.random() / 2;
    const timer = setTimeout(() => {
      this.#work = this.#sweep();
    }, ms * jitter);
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  async #sweep(): Promise<void> {
    let isMore = false;
    try {
      isMore = await this.#options.sweep();
    } catch {
      // Whoever reads or writes next learns what is wrong with the store.
    }
    this.#wait(isMore ? NEXT_MS : this.#options.everyMs);
  }
}
