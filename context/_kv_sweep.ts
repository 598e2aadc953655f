import { keyOf, type KvLayout, ownerOf } from "./_kv_layout.ts";
import {
  commitPlan,
  type KvCheck,
  type KvMutation,
  planPartsRemoval,
  planRemoval,
} from "./_kv_plan.ts";
import { isOver, parseKvValue } from "./_kv_value.ts";

/** What is swept, and where. */
export interface SweepOptions {
  readonly kv: Deno.Kv;
  readonly layout: KvLayout;
  /** The time, in milliseconds since 1970. */
  readonly now: number;
  /** How many rows are looked at. */
  readonly limit: number;
}

/** Servers of KV Connect take ten checks, and a row needs two. */
const ROWS_PER_COMMIT = 5;

/** What removing a row takes. */
interface Removal {
  readonly checks: KvCheck[];
  readonly mutations: KvMutation[];
}

/**
 * Removes what is over, a few rows at a time.
 *
 * @returns How many deadlines were looked at.
 */
export async function sweepDue(
  { kv, layout, now, limit }: SweepOptions,
): Promise<number> {
  const due = await Array.fromAsync(kv.list(layout.due(now), { limit }));
  for (let from = 0; from < due.length; from += ROWS_PER_COMMIT) {
    const removals: Removal[] = [];
    for (const row of due.slice(from, from + ROWS_PER_COMMIT)) {
      removals.push(await removalOf(row, { kv, layout, now }));
    }
    // Where one of them was written meanwhile, all wait for the next sweep.
    await commitPlan(kv, {
      checks: removals.flatMap(({ checks }) => checks),
      mutations: removals.flatMap(({ mutations }) => mutations),
    });
  }
  return due.length;
}

/**
 * Frees the parts of values that are split no more.
 *
 * @returns Where to go on; `undefined` at the end.
 */
export async function sweepParts(
  { kv, layout, limit }: SweepOptions,
  cursor: string | undefined,
): Promise<string | undefined> {
  const rows = kv.list(
    { prefix: layout.all("s") },
    cursor === undefined ? { limit } : { limit, cursor },
  );
  let looked = 0;
  for await (const row of rows) {
    looked++;
    const key = keyOf(row.key);
    const value = await kv.get(layout.value(key));
    const isSplit = value.versionstamp === row.versionstamp &&
      (parseKvValue(value.value)?.parts ?? 0) > 0;
    if (isSplit) continue;
    await commitPlan(kv, {
      checks: [value, row],
      mutations: planPartsRemoval(layout, key),
    });
  }
  return looked < limit ? undefined : rows.cursor;
}

async function removalOf(
  row: Deno.KvEntry<unknown>,
  { kv, layout, now }: Omit<SweepOptions, "limit">,
): Promise<Removal> {
  const { kind, key } = ownerOf(row.key);
  const own: Removal = {
    checks: [row],
    mutations: [{ type: "delete", key: row.key }],
  };
  if (kind === "c") {
    own.mutations.push({ type: "delete", key: layout.count(key) });
    return own;
  }
  const stored = await kv.get(layout.value(key));
  if (stored.versionstamp === null) return own;
  const value = parseKvValue(stored.value);
  // What is no value of this store must not stop the sweep for ever.
  if (value === undefined || isOver(value, now)) {
    const { parts = 0 } = value ?? {};
    own.checks.push(stored);
    own.mutations.push(...planRemoval(layout, { key, parts }));
  }
  return own;
}
