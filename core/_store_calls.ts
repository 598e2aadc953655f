import type { LimitStoreOptions } from "./limit_store.ts";
import type { SharedLimitSettings } from "./shared_limits.ts";

/**
 * Calls to a store: each has a deadline, and after one that failed the store
 * is left alone for a while.
 */
export class StoreCalls {
  readonly #settings: SharedLimitSettings;
  #failedAt = -Infinity;
  #isOnline = true;

  constructor(settings: SharedLimitSettings) {
    this.#settings = settings;
  }

  /** Whether the last call went well, or there was none. */
  get isOnline(): boolean {
    return this.#isOnline;
  }

  /** Whether a call makes sense now. */
  get isDue(): boolean {
    if (this.#isOnline) return true;
    const since = this.#settings.date() - this.#failedAt;
    // A clock that was set back must not keep the store away.
    return since < 0 || since >= this.#settings.retryMs;
  }

  /** Makes a call; `undefined` where it failed or came too late. */
  async make<T>(
    call: (options: LimitStoreOptions) => Promise<T>,
  ): Promise<T | undefined> {
    const { timeoutMs, schedule } = this.#settings;
    const controller = new AbortController();
    const { signal } = controller;
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
    const cancel = schedule(() => {
      const message = `No answer of the limit store within ${timeoutMs} ms`;
      controller.abort(new DOMException(message, "TimeoutError"));
    }, timeoutMs);
    try {
      const result = await Promise.race([call({ signal }), late]);
      this.#note(undefined);
      return result;
    } catch (cause) {
      this.#failedAt = this.#settings.date();
      this.#note({ cause });
      return undefined;
    } finally {
      cancel();
    }
  }

  #note(failure: { readonly cause: unknown } | undefined): void {
    const isOnline = failure === undefined;
    if (isOnline === this.#isOnline) return;
    this.#isOnline = isOnline;
    try {
      this.#settings.onStore(failure);
    } catch {
      // Whoever listens must not be able to stop the limits.
    }
  }
}
