import { GatewayError } from "../errors.ts";
import type { UpstreamBody } from "../upstream.ts";

/** Largest chunk, in bytes. */
const MAX_CHUNK = 65_536;

/** Longest that the loop is held without letting others run, in milliseconds. */
const MAX_HOLD = 10;

const encoder = new TextEncoder();

/**
 * A body that is made while it is read: `source` gives the chunks' texts or bytes and,
 * as numbers, pauses in milliseconds. Each text is one chunk, unless it is
 * larger than 64 KiB; the next is asked for when the one before is taken.
 */
export class MockBody implements UpstreamBody {
  readonly #source: Iterator<string | number | Uint8Array>;
  readonly #signal: AbortSignal;
  #cancelled = false;
  #interrupt: (() => void) | undefined;
  #lastPause = 0;

  /** Nothing of `source` is asked for before {@linkcode MockBody.pump | pump}. */
  constructor(
    source: Iterator<string | number | Uint8Array>,
    signal: AbortSignal,
  ) {
    this.#source = source;
    this.#signal = signal;
  }

  async pump(
    take: (chunk: Uint8Array) => void | Promise<void>,
  ): Promise<void> {
    this.#signal.addEventListener("abort", this.#end);
    this.#lastPause = performance.now();
    try {
      for (;;) {
        this.#check();
        if (performance.now() - this.#lastPause > MAX_HOLD) {
          await this.#pause(0);
          continue;
        }
        const step = this.#source.next();
        if (step.done === true) return;
        if (typeof step.value === "number") await this.#pause(step.value);
        else {
          const bytes = typeof step.value === "string"
            ? encoder.encode(step.value)
            : step.value;
          if (bytes.length > MAX_CHUNK) await this.#giveSlices(bytes, take);
          else {
            const taken = take(bytes);
            if (taken instanceof Promise) await this.#taken(taken);
          }
        }
      }
    } finally {
      this.#signal.removeEventListener("abort", this.#end);
      this.#source.return?.();
    }
  }

  cancel(): void {
    this.#cancelled = true;
    this.#end();
  }

  readonly #end = (): void => this.#interrupt?.();

  /** Throws where the exchange has been ended from outside. */
  #check(): void {
    this.#signal.throwIfAborted();
    if (this.#cancelled) {
      throw new GatewayError("client_closed", "The exchange was cancelled", {
        code: "cancelled",
      });
    }
  }

  async #giveSlices(
    bytes: Uint8Array,
    take: (chunk: Uint8Array) => void | Promise<void>,
  ): Promise<void> {
    for (let start = 0; start < bytes.length; start += MAX_CHUNK) {
      this.#check();
      const taken = take(bytes.subarray(start, start + MAX_CHUNK));
      if (taken instanceof Promise) await this.#taken(taken);
    }
  }

  /** Waits until a chunk is taken or the exchange is ended. */
  async #taken(taken: Promise<void>): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#interrupt = resolve;
        taken.then(resolve, reject);
      });
    } finally {
      this.#interrupt = undefined;
    }
  }

  /** Waits for a time or until the exchange is ended. */
  async #pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#interrupt = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.#interrupt = undefined;
    this.#lastPause = performance.now();
  }
}
