import { keyOf, KvLayout, ownerOf } from "./_kv_layout.ts";
import {
  commitPlan,
  type KvMutation,
  planRemoval,
  planWrite,
} from "./_kv_plan.ts";
import { readCount, readStored, toEntry } from "./_kv_read.ts";
import { encodeBatch, OWN_PART } from "./_state_batch.ts";
import { StateError } from "./state_error.ts";
import type { StateRow, StateSchema } from "./state_schema.ts";
import type { StateWrite } from "./state_store.ts";

/** How many rows are moved at the same time. */
const AT_ONCE = 50;
/**
 * Counts before their deadlines, which know them by the old keys; values before
 * what only they make use of.
 */
const KINDS = ["c", "d", "v", "s", "p"] as const;

/** Moves the rows of older versions. */
export class KvUpgrade {
  readonly #kv: Deno.Kv;
  readonly #layout: KvLayout;
  readonly #schema: StateSchema;

  constructor(kv: Deno.Kv, layout: KvLayout, schema: StateSchema) {
    this.#kv = kv;
    this.#layout = layout;
    this.#schema = schema;
  }

  /** Moves all there are; those of a run that was ended too early as well. */
  async run(): Promise<void> {
    for (let from = await this.#oldest(0); from !== undefined;) {
      const old = new KvLayout(from);
      for (const kind of KINDS) {
        while (await this.#moveSome(old, kind, from));
      }
      from = await this.#oldest(from + 1);
    }
  }

  async #oldest(from: number): Promise<number | undefined> {
    const { version } = this.#schema;
    const rows = this.#kv.list(
      { start: [from], end: [version] },
      { limit: 1 },
    );
    for await (const { key: [found] } of rows) return Number(found);
    return undefined;
  }

  /** Whether there were any. */
  async #moveSome(
    old: KvLayout,
    kind: typeof KINDS[number],
    from: number,
  ): Promise<boolean> {
    const list = this.#kv.list({ prefix: old.all(kind) }, { limit: AT_ONCE });
    const rows = await Array.fromAsync(list);
    const move = (row: Deno.KvEntry<unknown>): Promise<void> => {
      if (kind === "v") return this.#moveValue(old, row, from);
      if (kind === "c") return this.#moveCount(row, from);
      if (kind === "d") return this.#moveDeadline(row, from);
      return this.#kv.delete(row.key);
    };
    await Promise.all(rows.map(async (row) => {
      try {
        await move(row);
      } catch (error) {
        const isRow = error instanceof StateError &&
          error.code === "unreadable";
        if (!isRow) throw error;
        // Nobody could ever read it, and all others have to be moved.
        await this.#kv.delete(row.key);
      }
    }));
    return rows.length > 0;
  }

  async #moveCount(row: Deno.KvEntry<unknown>, from: number): Promise<void> {
    const count = readCount(row.value);
    const moved = this.#upgrade(
      { type: "count", key: keyOf(row.key), count },
      from,
    );
    const mutations: KvMutation[] = [{ type: "delete", key: row.key }];
    if (moved) mutations.push(...this.#plan(writeOf(moved)));
    await commitPlan(this.#kv, { checks: [row], mutations });
  }

  /** Those of values are written anew with these. */
  async #moveDeadline(row: Deno.KvEntry<unknown>, from: number): Promise<void> {
    const { kind, key } = ownerOf(row.key);
    const mutations: KvMutation[] = [{ type: "delete", key: row.key }];
    const moved = kind === "c"
      ? this.#upgrade({ type: "count", key, count: 0 }, from)
      : undefined;
    if (moved) {
      const deadline = Number(row.key[2]);
      const renewed = this.#layout.deadline("c", moved.key, {
        deadline,
        now: deadline,
      });
      mutations.push({ type: "set", key: renewed, value: new Uint8Array() });
    }
    await commitPlan(this.#kv, { checks: [row], mutations });
  }

  async #moveValue(
    old: KvLayout,
    row: Deno.KvEntry<unknown>,
    from: number,
  ): Promise<void> {
    const stored = await readStored(
      { kv: this.#kv, layout: old },
      keyOf(row.key),
    );
    if (stored === undefined) return;
    const { key, value, deadline } = toEntry(stored);
    const moved = this.#upgrade({ type: "value", key, value }, from);
    const removal = planRemoval(old, stored);
    const checks = [{ key: row.key, versionstamp: stored.version }];
    if (moved) {
      // What is there already is newer.
      const place = this.#layout.value(moved.key);
      const isFree = { key: place, versionstamp: null };
      const writes = this.#plan(writeOf(moved, deadline));
      if (stored.parts > 0) {
        // Both at once may be more than a commit can hold.
        await commitPlan(this.#kv, {
          checks: [...checks, isFree],
          mutations: writes,
        });
      } else {
        const mutations = [...removal, ...writes];
        const plan = { checks: [...checks, isFree], mutations };
        if (await commitPlan(this.#kv, plan) !== undefined) return;
      }
    }
    await commitPlan(this.#kv, { checks, mutations: removal });
  }

  #upgrade(row: StateRow, from: number): StateRow | undefined {
    const { upgrade } = this.#schema;
    const isOwn = row.key[0] === OWN_PART;
    return upgrade && !isOwn ? upgrade(row, from) : row;
  }

  #plan(write: StateWrite): KvMutation[] {
    const { writes } = encodeBatch({ writes: [write] });
    // As seen from so long ago, deadlines are rounded to hours.
    const options = { layout: this.#layout, now: 0 };
    return writes.flatMap((write) => planWrite(write, options));
  }
}

function writeOf(row: StateRow, deadline?: number): StateWrite {
  const { key } = row;
  if (row.type === "count") return { type: "sum", key, amount: row.count };
  return { type: "set", key, value: row.value, deadline };
}
