import { join } from "node:path";
import { KvCalls } from "./_kv_calls.ts";
import { prepareSchema } from "./_kv_schema.ts";
import { ManagedStateStore } from "./_managed_state_store.ts";
import { openKvFile } from "./_open_kv_file.ts";
import { KvStateStore } from "./_kv_state_store.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { checkStateFile } from "./state_file_check.ts";
import type { StateFileVerdict } from "./state_file_probe.ts";
import type { StateSchema } from "./state_schema.ts";
import type { StateAlarm, StateStatus } from "./state_status.ts";
import type { StateStore } from "./state_store.ts";

/**
 * Where state is kept:
 *
 * - `memory`: as long as the process lasts;
 * - `file`: in `state.kv` in a directory, by Deno KV. Several processes may
 *   share it, though they write slower then;
 * - `connect`: in a database that speaks KV Connect, for several machines. Deno
 *   reads the token from `DENO_KV_ACCESS_TOKEN`, which is set while it opens;
 * - `redis`: in Redis or Valkey, or a cluster of either, for several machines:
 *   `redis://host:6379/0`, or `rediss://…` over TLS. A user's name may be in the
 *   URL, a password may not.
 */
export type StateLocation =
  | { readonly type: "memory" }
  | { readonly type: "file"; readonly directory: string }
  | { readonly type: "connect"; readonly url: string; readonly token: string }
  | {
    readonly type: "redis";
    readonly url: string;
    readonly password?: string | undefined;
  };

/** How a store is opened and managed. */
export interface OpenStateStoreOptions {
  /** What the rows look like. @default {version 1} */
  readonly schema?: StateSchema;
  /** Told what an operator should know. @default {nobody} */
  readonly onAlarm?: (alarm: StateAlarm) => void;
  /**
   * Looks at a state file before it is opened, in another process.
   *
   * @default {checkStateFile}
   */
  readonly check?: (
    path: string,
    signal: AbortSignal,
  ) => Promise<StateFileVerdict>;
  /**
   * How long opening is waited for before the store works in memory, in
   * milliseconds.
   *
   * @default {3_000}
   */
  readonly openWithinMs?: number;
  /**
   * How long a read may take, and a write before others wait in memory, in
   * milliseconds.
   *
   * @default {1_000}
   */
  readonly slowMs?: number;
  /**
   * How long a database on the network is waited for, in milliseconds.
   *
   * @default {10_000}
   */
  readonly timeoutMs?: number;
  /**
   * The wait before a store that failed is tried again, in milliseconds. It
   * doubles up to half a minute.
   *
   * @default {250}
   */
  readonly retryMs?: number;
  /**
   * How many changes wait in memory; more are refused with `full`.
   *
   * @default {50_000}
   */
  readonly maxRows?: number;
  /**
   * How many bytes they may have; more are refused with `full`.
   *
   * @default {67_108_864}
   */
  readonly maxBytes?: number;
  /**
   * How often what is over is swept, in milliseconds.
   *
   * @default {60_000}
   */
  readonly sweepEveryMs?: number;
  /** Whether other processes have the same state. @default {true for a database, false for a file} */
  readonly isShared?: boolean;
  /** The clock, in milliseconds since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** Gives numbers from 0 up to but not including 1. @default {Math.random} */
  readonly random?: () => number;
}

/** A store that tells how it does. */
export interface OpenStateStore extends StateStore {
  /** How the store does. */
  readonly status: StateStatus;
  /** Whether other processes are meant to have the same state. */
  readonly isShared: boolean;
}

const MAX_RETRY_MS = 30_000;

type DurableLocation = Exclude<StateLocation, { readonly type: "memory" }>;

type RemoteLocation = Extract<StateLocation, { readonly url: string }>;

/** The options that all parts need, with nothing left out. */
type Settings =
  & Required<Omit<OpenStateStoreOptions, "check" | "isShared">>
  & Pick<OpenStateStoreOptions, "check">;

/**
 * Opens a store, which then looks after itself: while the file or the database
 * is locked, full, read-only, corrupt or out of reach, changes wait in memory
 * and what waits is seen by whoever reads. Reads of anything else and batches
 * with checks are refused meanwhile, unless nothing can have been stored before.
 * It tries again by itself and writes what waited.
 *
 * Deno KV needs `--unstable-kv`, and the check of a file the permission to run
 * `deno`.
 *
 * @throws {StateError} `newer_schema` when a newer program wrote what is stored.
 * @throws {TypeError} when the URL is not one of HTTP, or of Redis.
 *
 * @example In a file
 * ```ts
 * import { openStateStore } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const store = await openStateStore({ type: "file", directory });
 * await store.set(["model", "acme"], { selected: "acme-1" });
 * assertEquals((await store.get(["model", "acme"]))?.value, {
 *   selected: "acme-1",
 * });
 * assertEquals(store.status.mode, "durable");
 * await store.close();
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function openStateStore(
  location: StateLocation,
  options: OpenStateStoreOptions = {},
): Promise<OpenStateStore> {
  const settings = settingsOf(options);
  if (location.type === "memory") return new MemoryStateStore(settings);
  const isRemote = location.type !== "file";
  if (isRemote) checkUrl(location);
  const store = new ManagedStateStore({
    ...settings,
    open: (signal) => open(location, { ...settings, signal }),
    exists: async () => location.type !== "file" || await hasContents(location),
    isRemote,
    isShared: options.isShared ?? isRemote,
    readTimeoutMs: settings.slowMs,
    maxRetryMs: MAX_RETRY_MS,
  });
  await store.start(settings.openWithinMs);
  return store;
}

/** Credentials in a URL would be told with it. */
function checkUrl({ type, url }: RemoteLocation): void {
  const { protocol, password } = new URL(url);
  if (type === "connect" && !/^https?:$/.test(protocol)) {
    throw new TypeError("The URL of a state must be one of HTTP");
  }
  if (type === "redis" && !/^rediss?:$/.test(protocol)) {
    throw new TypeError("The URL of a state in Redis must be one of Redis");
  }
  if (password !== "") {
    throw new TypeError("The URL of a state must not have a password in it");
  }
}

function settingsOf(options: OpenStateStoreOptions): Settings {
  return {
    schema: { version: 1 },
    onAlarm: () => {},
    openWithinMs: 3_000,
    slowMs: 1_000,
    timeoutMs: 10_000,
    retryMs: 250,
    maxRows: 50_000,
    maxBytes: 67_108_864,
    sweepEveryMs: 60_000,
    now: Date.now,
    random: Math.random,
    ...options,
  };
}

async function open(
  location: DurableLocation,
  settings: Settings & { readonly signal: AbortSignal },
): Promise<StateStore> {
  // What most have no use for is loaded where it has one.
  if (location.type === "redis") {
    const { openRedis } = await import("./_open_redis.ts");
    return await openRedis(location, settings);
  }
  const isLocal = location.type === "file";
  const { timeoutMs, random } = settings;
  const kv = location.type === "file"
    ? await openFile(location, settings)
    : await (await import("./_open_kv_remote.ts")).openKvRemote({
      ...location,
      timeoutMs,
    });
  const calls = new KvCalls({
    timeoutMs: isLocal ? Infinity : timeoutMs,
    random,
  });
  try {
    const layout = await calls.write(() => prepareSchema(kv, settings.schema));
    return new KvStateStore({ ...settings, kv, layout, calls, isLocal });
  } catch (error) {
    kv.close();
    throw error;
  }
}

function openFile(
  location: StateLocation & { readonly type: "file" },
  settings: Settings & { readonly signal: AbortSignal },
): Promise<Deno.Kv> {
  const { check, signal, random, onAlarm } = settings;
  return openKvFile(pathOf(location), {
    check: (path) =>
      check ? check(path, signal) : checkStateFile(path, { signal }),
    random,
    onQuarantine: (path, detail) =>
      onAlarm({ type: "quarantined", path, detail }),
    onUnchecked: (detail) => onAlarm({ type: "unchecked", detail }),
  });
}

/** An unreadable one may have some. */
async function hasContents(
  location: StateLocation & { readonly type: "file" },
): Promise<boolean> {
  try {
    return (await Deno.stat(pathOf(location))).size > 0;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory);
  }
}

function pathOf({ directory }: { readonly directory: string }): string {
  return join(directory, "state.kv");
}
