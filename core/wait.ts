/** The longest delay that a timer takes; at more it would end at once. */
const MAX_DELAY = 2_147_483_647;

/**
 * Waits, and stops waiting the moment the signal is aborted: whatever was to
 * follow is then not done, and no timer is left (C3).
 *
 * @param ms How long, in milliseconds; zero and less do not wait, and more than
 * 24 days are taken for 24 days.
 * @param signal Aborted when there is nothing left to wait for.
 * @returns Resolves after that time.
 * @throws {unknown} the signal's reason, at once, where it is or gets aborted.
 *
 * @example A pause before another try
 * ```ts
 * import { wait } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const caller = new AbortController();
 * await wait(1, caller.signal);
 * const waiting = wait(60_000, caller.signal);
 * caller.abort("gone");
 * assertEquals(await waiting.catch((reason) => reason), "gone");
 * ```
 */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason);
  if (!(ms > 0)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, Math.min(ms, MAX_DELAY));
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
