import { join } from "node:path";

const FILE = "state.kv";
/** Tells what the state's file was like when it was closed. */
const MARK = "state.kv.closed";
/** How long the file's thread may take to write the last of it, in ms. */
const CLOSE_MS = 250;

/**
 * Notes that the state in a directory was closed with nothing left to write, so
 * that the next start need not read every page of it. It never rejects.
 */
export async function markClosed(directory: string): Promise<void> {
  try {
    const end = performance.now() + CLOSE_MS;
    let now = await standing(directory);
    while (now === undefined && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      now = await standing(directory);
    }
    if (now === undefined) return;
    await Deno.writeTextFile(join(directory, MARK), now, { mode: 0o600 });
  } catch {
    // Without a mark the file is looked at, that is all.
  }
}

/**
 * Whether the state was closed cleanly, and is as it was then. A mark is good
 * once: after a start that dies of the file there is none. It never rejects.
 */
export async function takeMark(directory: string): Promise<boolean> {
  const path = join(directory, MARK);
  try {
    const then = await Deno.readTextFile(path);
    await Deno.remove(path);
    return then !== "" && then === await standing(directory);
  } catch {
    return false;
  }
}

/** The file as it stands; `undefined` while SQLite has more beside it. */
async function standing(directory: string): Promise<string | undefined> {
  try {
    await Deno.lstat(join(directory, `${FILE}-wal`));
    return undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const { dev, ino, size, mtime } = await Deno.stat(join(directory, FILE));
  return `${dev} ${ino} ${size} ${mtime?.getTime()}`;
}
