import { basename, dirname, join } from "node:path";

/** How many corrupt files are kept; the oldest go. */
const KEPT = 3;
const MARK = ".corrupt-";

/**
 * Puts a corrupt state file aside, with what SQLite keeps beside it, so that it
 * can be looked at and a new one can take its place.
 *
 * @returns Where it is now.
 * @throws {Error} when it cannot be moved.
 */
export async function quarantine(path: string): Promise<string> {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const aside = `${path}${MARK}${stamp}`;
  await Deno.rename(path, aside);
  for (const suffix of ["-wal", "-shm"]) {
    await Deno.rename(path + suffix, aside + suffix).catch(ignoreMissing);
  }
  await forgetOldest(path);
  return aside;
}

/** The file's identity, so that nobody puts aside what took its place. */
export async function identityOf(path: string): Promise<string> {
  const { dev, ino, birthtime } = await Deno.stat(path);
  return `${dev} ${ino} ${birthtime?.getTime()}`;
}

async function forgetOldest(path: string): Promise<void> {
  const directory = dirname(path);
  const start = basename(path) + MARK;
  const kept: string[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    if (name.startsWith(start) && !/-(wal|shm)$/.test(name)) kept.push(name);
  }
  for (const name of kept.sort().slice(0, -KEPT)) {
    for (const suffix of ["", "-wal", "-shm"]) {
      await Deno.remove(join(directory, name + suffix)).catch(ignoreMissing);
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
