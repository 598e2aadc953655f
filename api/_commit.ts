import { COMMIT } from "./version.ts";

/** The commit that runs: what the build told, else that of the clone, where this is one. */
export function runningCommit(
  root: URL = new URL("../.git/", import.meta.url),
): string {
  // What no build has told is a phrase.
  if (!COMMIT.includes(" ")) return COMMIT;
  try {
    const read = (path: string): string =>
      Deno.readTextFileSync(new URL(path, root)).trim();
    const head = read("HEAD");
    const id = head.startsWith("ref: ") ? read(head.slice(5)) : head;
    return /^[0-9a-f]{12,}$/.test(id) ? id.slice(0, 12) : COMMIT;
  } catch {
    return COMMIT;
  }
}
