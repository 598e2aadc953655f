import { wait } from "@llm-proxy/core";

/** After so long others have their turn, in ms. */
const LONG_MS = 10;
/** Time enough for small requests to come, be served and be gone, in ms. */
const PAUSE_MS = 2;

/** Divides long work for one request, so that others don't wait for all of it (L11). */
export class Turns {
  readonly #signal: AbortSignal;
  #since = performance.now();

  /** @param signal Aborted when nobody wants the work any more. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /**
   * Lets others have their turn where this one has been long enough.
   *
   * @throws {GatewayError} when the caller leaves meanwhile.
   */
  breathe(): Promise<void> | undefined {
    if (performance.now() - this.#since < LONG_MS) return undefined;
    return wait(PAUSE_MS, this.#signal).then(() => {
      this.#since = performance.now();
    });
  }
}
