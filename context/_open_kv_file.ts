import { dirname } from "node:path";
import { toStateError } from "./_kv_error.ts";
import { pause } from "./_in_time.ts";
import { identityOf, quarantine } from "./_quarantine.ts";
import { StateError } from "./state_error.ts";
import type { StateFileVerdict } from "./state_file_probe.ts";

/** How a state file is opened. */
export interface OpenKvFileOptions {
  /** Looks at a file before it is opened. */
  readonly check: (path: string) => Promise<StateFileVerdict>;
  /** Gives numbers from 0 up to but not including 1. */
  readonly random: () => number;
  /** Told where a corrupt file was put. */
  readonly onQuarantine: (path: string, detail: string) => void;
  /** Told why a file was opened without a check. */
  readonly onUnchecked: (detail: string) => void;
}

/** How often somebody who opens the file at the same time is waited for. */
const MAX_TRIES = 20;
const MAX_WAIT_MS = 250;

/**
 * Opens a state file, and makes it and its directory where there are none. A
 * corrupt one is put aside first.
 *
 * @throws {StateError} when it cannot be opened.
 */
export async function openKvFile(
  path: string,
  options: OpenKvFileOptions,
): Promise<Deno.Kv> {
  for (let tries = 1;; tries++) {
    try {
      if (await makeFile(path)) await makeSound(path, options);
      return await Deno.openKv(path);
    } catch (cause) {
      const error = tell(cause, path);
      // Two that open a new file at once get into each other's way.
      if (error.code !== "locked" || tries === MAX_TRIES) throw error;
      await pause(options.random() * Math.min(MAX_WAIT_MS, 10 * 2 ** tries));
    }
  }
}

/** Makes the file readable for its owner alone; tells whether it has contents. */
async function makeFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).size > 0;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const options = { createNew: true, write: true, mode: 0o600 };
    (await Deno.open(path, options)).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  return false;
}

async function makeSound(
  path: string,
  options: OpenKvFileOptions,
): Promise<void> {
  const identity = await identityOf(path);
  const { state, detail } = await options.check(path);
  switch (state) {
    case "sound":
      return;
    case "unknown":
      return options.onUnchecked(detail);
    case "locked":
      throw new StateError("locked", `The state file is locked: ${detail}`);
    case "unusable":
      throw new StateError("unavailable", `The state file: ${detail}`);
    case "corrupt":
      // Another process may have put it aside by now.
      if (await identityOf(path) !== identity) {
        throw new StateError("locked", "The state file was replaced meanwhile");
      }
      options.onQuarantine(await quarantine(path), detail);
      await makeFile(path);
  }
}

/** The file system's own words are clear, SQLite's are not. */
function tell(cause: unknown, path: string): StateError {
  const isOfFiles = Object.values(Deno.errors).some((kind) =>
    cause instanceof kind
  );
  if (!isOfFiles) return toStateError(cause);
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StateError(
    "unavailable",
    `Cannot open the state file "${path}": ${why}`,
    { cause },
  );
}
