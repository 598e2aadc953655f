/** What hears of an abort. */
export interface AbortListener {
  /** It has come; called once at most. */
  handleEvent(): void;
}

/** The part of an `AbortSignal` that is enough to end by it. Every `AbortSignal` is one. */
export interface AbortSource {
  /** Whether the abort has come. */
  readonly aborted: boolean;
  /** Why it came. */
  readonly reason: unknown;
  /** Has `listener` told of it, from now on. */
  addEventListener(type: "abort", listener: AbortListener): void;
  /** Has `listener` told of it no longer. */
  removeEventListener(type: "abort", listener: AbortListener): void;
}

/**
 * An `AbortController` that makes its signal only where somebody asks for that:
 * a signal and a listener on it cost a request more than a kilobyte, and most
 * requests have one listener, which needs none.
 *
 * @example Ended without a signal
 * ```ts
 * import { LateAbort } from "@llm-proxy/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const abort = new LateAbort();
 * let reason: unknown;
 * abort.addEventListener("abort", {
 *   handleEvent: () => reason = abort.reason,
 * });
 * abort.abort("left");
 * assertEquals(reason, "left");
 * assert(abort.signal.aborted);
 * ```
 */
export class LateAbort implements AbortSource {
  #aborted = false;
  #reason: unknown;
  /** The first that listens; whoever comes besides listens to the signal. */
  #listener: AbortListener | undefined;
  #controller: AbortController | undefined;

  /** Whether it is aborted. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** What it was aborted with. */
  get reason(): unknown {
    return this.#reason;
  }

  /** Tells the same as this does. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Aborts it, once: whatever is told later changes nothing. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.handleEvent();
  }

  /** Has `listener` told of the abort, as an `AbortSignal` does. */
  addEventListener(type: "abort", listener: AbortListener): void {
    if (this.#aborted) return;
    if (this.#listener === undefined) this.#listener = listener;
    else this.signal.addEventListener(type, listener);
  }

  /** Has `listener` told of it no longer. */
  removeEventListener(type: "abort", listener: AbortListener): void {
    if (this.#listener === listener) this.#listener = undefined;
    else this.#controller?.signal.removeEventListener(type, listener);
  }
}

/** The signal of what may be one, or make one. */
export function signalOf(abort: AbortSignal | LateAbort): AbortSignal {
  return abort instanceof LateAbort ? abort.signal : abort;
}
