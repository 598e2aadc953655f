import { dirname } from "node:path";

/** Editors and config maps write in several steps: what comes so close is one change, in ms. */
const SETTLE = 250;

/**
 * Calls back when something in a file's directory has changed and then been
 * still for a moment: a file that is replaced, or a link that is set anew, is
 * not told of the file itself.
 *
 * @returns Ends the watch.
 */
export function watchFile(file: string, onChange: () => unknown): () => void {
  let watcher: Deno.FsWatcher;
  try {
    watcher = Deno.watchFs(dirname(file), { recursive: false });
  } catch {
    // No permission, or none left of the system's: SIGHUP does it still.
    return () => {};
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  (async () => {
    for await (const { kind } of watcher) {
      if (kind === "access") continue;
      clearTimeout(timer);
      timer = setTimeout(onChange, SETTLE);
    }
  })();
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
