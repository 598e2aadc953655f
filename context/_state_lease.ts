import type {
  StateKey,
  StateLease,
  StateLeaseOptions,
  StateStore,
} from "./state_store.ts";

/** What a lease needs of a store. */
export type LeaseRows = Pick<StateStore, "get" | "commit">;

/** How leases are taken. */
export interface TakeLeaseOptions extends StateLeaseOptions {
  readonly key: StateKey;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Takes a lease: a value with a deadline, written only where there is none. Its
 * version is the proof of who has it.
 *
 * @throws {RangeError} when it would be over at once.
 */
export async function takeLease(
  store: LeaseRows,
  { key, ttlMs, now }: TakeLeaseOptions,
): Promise<StateLease | undefined> {
  if (!(ttlMs >= 1)) {
    throw new RangeError(`A lease must last 1 ms or more, got '${ttlMs}'`);
  }
  let version: string | null = null;
  let deadline = 0;

  async function write(): Promise<boolean> {
    const until = now() + ttlMs;
    const result = await store.commit({
      checks: [{ key, version }],
      writes: [{ type: "set", key, value: { until }, deadline: until }],
    });
    if (!result.ok) return false;
    version = result.version;
    deadline = until;
    return true;
  }

  if (await store.get(key) !== undefined || !await write()) return undefined;
  return {
    get deadline(): number {
      return deadline;
    },
    renew: write,
    release: async (): Promise<void> => {
      await store.commit({
        checks: [{ key, version }],
        writes: [{ type: "delete", key }],
      });
    },
  };
}
