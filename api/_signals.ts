import type { Logger } from "@llm-proxy/logging";
import { surviveStrayErrors } from "./_stray_errors.ts";
import type { Listener } from "./listen.ts";

/** Signals so close together are one, in ms. */
const SAME_SIGNAL = 500;
/** How often a worker looks whether its supervisor lives, in ms. */
const PARENT_LOOK = 1_000;

/** How a service ends. */
export interface StopOptions {
  /** How long requests may take to finish, in ms. */
  readonly graceMs: number;
  readonly logger: Logger;
  /** Stops it as a signal does. */
  readonly giveUp: AbortSignal;
  /** The process whose end is this one's too. @default {none} */
  readonly parent?: number | undefined;
  /** Called when it begins to end. */
  readonly onStop: () => void;
}

/** Resolves when the service has been told to stop and has drained. */
export function untilStopped(
  listener: Listener,
  { graceMs, logger, giveUp, onStop, parent }: StopOptions,
): Promise<void> {
  return new Promise((resolve) => {
    const stopSurviving = surviveStrayErrors(logger);
    let stoppedAt: number | undefined;
    const stop = (): void => {
      const now = performance.now();
      if (stoppedAt !== undefined) {
        // One Ctrl-C reaches a task's process twice, by its terminal and by its parent.
        if (now - stoppedAt > SAME_SIGNAL) void listener.close(0);
        return;
      }
      stoppedAt = now;
      onStop();
      clearInterval(look);
      listener.close(graceMs).then(() => {
        stopSurviving();
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
          Deno.removeSignalListener(signal, stop);
        }
        resolve();
      });
    };
    // A worker must not outlive a supervisor that was killed.
    const look = parent === undefined ? undefined : setInterval(() => {
      if (Deno.ppid !== parent) stop();
    }, PARENT_LOOK);
    giveUp.addEventListener("abort", stop, { once: true });
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, stop);
    }
  });
}

/**
 * Logs everything from one SIGUSR2 on, and what the config says from the next.
 *
 * @returns Ends that.
 */
export function switchLevel(logger: Logger): () => void {
  const { level } = logger;
  // Windows has no such signal.
  if (level === undefined || Deno.build.os === "windows") return () => {};
  const onSignal = (): void => {
    const to = logger.level === "debug" ? level : "debug";
    logger.level = "info";
    logger.info("log level", { to });
    logger.level = to;
  };
  Deno.addSignalListener("SIGUSR2", onSignal);
  return () => Deno.removeSignalListener("SIGUSR2", onSignal);
}
