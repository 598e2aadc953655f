import { KvCalls } from "./_kv_calls.ts";
import { KvLayout } from "./_kv_layout.ts";
import { KvStateStore } from "./_kv_state_store.ts";
import {
  openStateStore,
  type OpenStateStoreOptions,
} from "./open_state_store.ts";
import type { OpenStateStore } from "./open_state_store.ts";
import type { StateAlarm } from "./state_status.ts";

/** A directory of its own, removed at the end. */
export async function withDirectory(
  body: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A store in a file, the file itself, and the alarms it raised. */
export interface OpenFile {
  readonly store: OpenStateStore;
  readonly alarms: StateAlarm[];
}

/** Opens a state file that tries again quickly. */
export async function openFile(
  directory: string,
  options: OpenStateStoreOptions = {},
): Promise<OpenFile> {
  const alarms: StateAlarm[] = [];
  const store = await openStateStore({ type: "file", directory }, {
    retryMs: 20,
    openWithinMs: 30_000,
    onAlarm: (alarm) => void alarms.push(alarm),
    ...options,
  });
  return { store, alarms };
}

/** A bare store over a database of Deno, with the database. */
export async function openBare(
  path: string,
  now: () => number,
): Promise<{ readonly kv: Deno.Kv; readonly store: KvStateStore }> {
  const kv = await Deno.openKv(path);
  const store = new KvStateStore({
    kv,
    layout: new KvLayout(1),
    calls: new KvCalls({ timeoutMs: Infinity, random: Math.random }),
    now,
    random: Math.random,
    sweepEveryMs: 3_600_000,
    isLocal: true,
  });
  return { kv, store };
}

/** Every row of a database, whatever it is. */
export async function rowsOf(kv: Deno.Kv): Promise<Deno.KvKey[]> {
  const rows = await Array.fromAsync(kv.list({ prefix: [] }));
  return rows.map(({ key }) => key);
}

/** Makes a database with many rows. */
export async function fillFile(path: string): Promise<void> {
  const kv = await Deno.openKv(path);
  for (let batch = 0; batch < 10; batch++) {
    const atomic = kv.atomic();
    for (let at = 0; at < 100; at++) {
      atomic.set(["row", batch, at], new Uint8Array(500));
    }
    await atomic.commit();
  }
  kv.close();
}

/** Puts noise in place of a page of a database. */
export async function overwritePage(path: string, page: number): Promise<void> {
  const file = await Deno.open(path, { write: true });
  await file.seek(page * 4_096, Deno.SeekMode.Start);
  await file.write(crypto.getRandomValues(new Uint8Array(4_096)));
  file.close();
}

/** Runs a program as another process of Deno. */
export function runProgram(
  program: string,
  args: readonly string[] = [],
): Deno.ChildProcess {
  const command = new Deno.Command("deno", {
    args: [
      "eval",
      "--unstable-kv",
      "--config",
      new URL("../deno.json", import.meta.url).pathname,
      program,
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  return command.spawn();
}

/** Where a module of this package is, for {@linkcode runProgram}. */
export function moduleUrl(name: string): string {
  return JSON.stringify(new URL(name, import.meta.url).href);
}
