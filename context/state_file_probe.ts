/**
 * What a state file is like:
 *
 * - `sound`: it can be opened;
 * - `corrupt`: it must not be opened, as that could end the process;
 * - `locked`: another process holds it;
 * - `unusable`: it cannot be opened, for another reason;
 * - `unknown`: it could not be looked at.
 */
export type StateFileState =
  | "sound"
  | "corrupt"
  | "locked"
  | "unusable"
  | "unknown";

/** What was found out about a state file. */
export interface StateFileVerdict {
  /** What it is like. */
  readonly state: StateFileState;
  /** Why, in a few words. */
  readonly detail: string;
}

/**
 * Looks at a state file and prints, one a line as JSON, what it is like: first
 * after SQLite has read every page, then after Deno KV has opened it. A corrupt
 * page can end the process at the second step, so this belongs into a process
 * of its own: {@linkcode checkStateFile} starts it.
 *
 * It stands for itself, without what is around it, so that it can be given to
 * another process as text.
 *
 * @example A file that is none
 * ```ts
 * import { probeStateFile } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * await probeStateFile("/dev/null/state.kv", (line) => lines.push(line));
 * assertEquals(JSON.parse(lines[0]!).state, "unusable");
 * ```
 */
export async function probeStateFile(
  path: string,
  print: (line: string) => void = (line) =>
    void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`)),
): Promise<void> {
  const tell = (state: string, detail: unknown): void =>
    print(JSON.stringify({ state, detail: String(detail) }));
  const fail = (error: unknown): void => {
    const { errcode = 0, message } = error as {
      errcode?: number;
      message?: string;
    };
    // What SQLite calls BUSY and LOCKED, CORRUPT and NOTADB.
    const kind = errcode & 0xff;
    const text = message ?? String(error);
    if (kind === 5 || kind === 6 || /is locked/.test(text)) {
      tell("locked", text);
    } else if (
      kind === 11 || kind === 26 || /malformed|not a database/.test(text)
    ) tell("corrupt", text);
    else tell("unusable", text);
  };
  try {
    const sqlite = await import("node:sqlite");
    const database = new sqlite.DatabaseSync(path);
    let found: unknown;
    try {
      database.exec("PRAGMA busy_timeout = 2000");
      found = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
    } finally {
      database.close();
    }
    if (found !== "ok") return tell("corrupt", found);
    tell("opening", "Deno KV opens it");
    const kv = await Deno.openKv(path);
    for await (const _ of kv.list({ prefix: [] }, { limit: 1 })) break;
    kv.close();
    tell("sound", "Every page can be read");
  } catch (error) {
    fail(error);
  }
}
