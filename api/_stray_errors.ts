import type { Logger } from "@llm-proxy/logging";

/** A fault that comes again and again is told once in so many ms. */
const QUIET = 1_000;

/**
 * Keeps the process alive where something throws that nobody waits for: a
 * promise that was left alone, a timer or callback of a module of the config's
 * own. One request's fault must not end the others (P5).
 *
 * @returns Ends that.
 */
export function surviveStrayErrors(logger: Logger): () => void {
  let untold = 0;
  let toldAt = -Infinity;
  const tell = (message: string, cause: unknown): void => {
    const now = performance.now();
    if (now - toldAt < QUIET) {
      untold++;
      return;
    }
    toldAt = now;
    try {
      // A logger may be what throws: it is not to be called for ever.
      logger.error(message, { cause, ...untold > 0 && { untold } });
    } catch {
      // There is nobody left to tell.
    }
    untold = 0;
  };
  const onRejection = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    tell("unhandled rejection", event.reason);
  };
  const onError = (event: ErrorEvent): void => {
    event.preventDefault();
    tell("uncaught error", event.error);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onError);
  return () => {
    globalThis.removeEventListener("unhandledrejection", onRejection);
    globalThis.removeEventListener("error", onError);
  };
}
