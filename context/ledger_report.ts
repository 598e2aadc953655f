import { dayOf, partOf, USAGE } from "./_ledger_keys.ts";
import { rowsOfDay } from "./_ledger_page.ts";
import { METRICS, moneyOf } from "./_ledger_sums.ts";
import type { LedgerRow, UsageCounts } from "./ledger_row.ts";
import type { StateKey, StateStore } from "./state_store.ts";

/** What usage can be told apart by. */
export type UsageDimension = "day" | "key" | "team" | "model" | "provider";

/** What usage is asked for. */
export interface UsageQuery {
  /** The first day, in UTC, for example `2026-11-01`. */
  readonly from: string;
  /** The last day. */
  readonly to: string;
  /** Only that of this key; `""` for callers without one. @default {of all} */
  readonly key?: string | undefined;
  /** Only that of this team. @default {of all} */
  readonly team?: string | undefined;
  /** What it is told apart by. @default {[]} */
  readonly by?: readonly UsageDimension[];
}

/** What requests came to. */
export interface UsageTotals extends UsageCounts {
  /** What it is of: a member for each dimension that was asked for. */
  readonly of: Readonly<Partial<Record<UsageDimension, string>>>;
  /** In pico-dollars; attempts without a known price are in `unpriced`. */
  readonly cost: bigint;
  /** What providers say that they charge for those attempts that are in `reported`, in pico-dollars. */
  readonly reportedCost: bigint;
}

/** Which rows are asked for. */
export interface RowQuery {
  /** The first day, in UTC, for example `2026-11-01`. */
  readonly from: string;
  /** The last day. */
  readonly to: string;
  /** Only those of this key. @default {of all} */
  readonly key?: string | undefined;
}

const DAY_MS = 86_400_000;
/** So many days at most are read at once. */
const MAX_DAYS = 400;
/** So many counts at most: beyond, a report is to be narrowed. */
const MAX_COUNTS = 200_000;
const PAGE = 1_000;
const DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * The days from one to another, in UTC.
 *
 * @throws {RangeError} when one is no day, or there are more than 400.
 */
export function daysBetween(from: string, to: string): string[] {
  const [start, end] = [from, to].map((day) => {
    const at = DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
    if (Number.isNaN(at) || dayOf(at) !== day) {
      throw new RangeError(`A day must read YYYY-MM-DD, got '${day}'`);
    }
    return at;
  }) as [number, number];
  const count = (end - start) / DAY_MS + 1;
  if (count < 1 || count > MAX_DAYS) {
    throw new RangeError(`There must be 1 to ${MAX_DAYS} days, got ${count}`);
  }
  return Array.from({ length: count }, (_, at) => dayOf(start + at * DAY_MS));
}

/**
 * What requests came to, from the sums that are written with their rows.
 *
 * @throws {RangeError} when the days are none, or there is too much to add up.
 * @throws {StateError} when the store cannot be read.
 *
 * @example By model
 * ```ts
 * import { Ledger, MemoryStateStore, usageReport } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemoryStateStore();
 * const ledger = new Ledger({ store });
 * const at = Date.parse("2026-11-23T12:00:00Z");
 * const entry = ledger.begin({ id: "req_1", at, route: "/v1/embeddings", key: "ci" });
 * entry.ended(entry.attempt({ provider: "acme", model: "acme-1", reserved: 0 }), {
 *   outcome: "ok",
 *   cost: 1_500_000,
 * });
 * entry.settle({ status: 200, durationMs: 12 });
 * await ledger.close();
 *
 * const [totals] = await usageReport(store, {
 *   from: "2026-11-01",
 *   to: "2026-11-30",
 *   by: ["model"],
 * });
 * assertEquals(totals?.of, { model: "acme-1" });
 * assertEquals(totals?.cost, 1_500_000n);
 * ```
 */
export async function usageReport(
  store: StateStore,
  query: UsageQuery,
): Promise<UsageTotals[]> {
  const { key, by = [] } = query;
  const team = query.team === undefined ? undefined : partOf(query.team);
  const groups = new Map<string, Sums>();
  let counts = 0;
  for (const day of daysBetween(query.from, query.to)) {
    const prefix = [USAGE, day, ...key === undefined ? [] : [partOf(key)]];
    for await (const { key: parts, count } of countsBelow(store, prefix)) {
      if (++counts > MAX_COUNTS) {
        throw new RangeError("There is too much to add up: ask for fewer days");
      }
      const [, ofDay, ofKey, ofTeam, model, provider, metric] = parts.map(
        String,
      );
      if (team !== undefined && ofTeam !== team) continue;
      const all = { day: ofDay, key: ofKey, team: ofTeam, model, provider };
      const of: Partial<Record<UsageDimension, string>> = {};
      for (const dimension of by) of[dimension] = all[dimension] ?? "";
      const id = JSON.stringify(of);
      let sums = groups.get(id);
      if (sums === undefined) groups.set(id, sums = { of, counts: new Map() });
      const before = sums.counts.get(metric ?? "") ?? 0;
      sums.counts.set(metric ?? "", before + count);
    }
  }
  return [...groups.values()].map(totalsOf);
}

/** What was spent in a window of a budget, in pico-dollars. */
export async function moneyAt(
  store: StateStore,
  key: StateKey,
): Promise<bigint> {
  const [micro, pico] = await Promise.all([
    store.count([...key, "micro"]),
    store.count([...key, "pico"]),
  ]);
  return moneyOf(micro, pico);
}

/**
 * The rows of some days, in the order of time, read page by page: of a minute,
 * no more are held than overlap.
 *
 * @throws {RangeError} when the days are none.
 * @throws {StateError} when the store cannot be read.
 *
 * @example Of a day without any
 * ```ts
 * import { ledgerRows, MemoryStateStore } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const days = { from: "2026-11-23", to: "2026-11-23" };
 * const rows = await Array.fromAsync(ledgerRows(new MemoryStateStore(), days));
 * assertEquals(rows, []);
 * ```
 */
export async function* ledgerRows(
  store: StateStore,
  { from, to, key }: RowQuery,
): AsyncGenerator<LedgerRow> {
  for (const day of daysBetween(from, to)) {
    for await (const row of rowsOfDay(store, day)) {
      if (key === undefined || (row.key ?? "") === key) yield row;
    }
  }
}

interface Sums {
  readonly of: UsageTotals["of"];
  readonly counts: Map<string, number>;
}

function totalsOf({ of, counts }: Sums): UsageTotals {
  const totals = Object.fromEntries(
    METRICS.map((metric) => [metric, counts.get(metric) ?? 0]),
  ) as unknown as UsageCounts;
  const cost = moneyOf(counts.get("micro") ?? 0, counts.get("pico") ?? 0);
  const reportedCost = moneyOf(
    counts.get("reportedMicro") ?? 0,
    counts.get("reportedPico") ?? 0,
  );
  return { of, cost, reportedCost, ...totals };
}

async function* countsBelow(
  store: StateStore,
  prefix: StateKey,
): AsyncGenerator<{ readonly key: StateKey; readonly count: number }> {
  let cursor: string | undefined;
  do {
    const page = await store.listCounts(prefix, { limit: PAGE, cursor });
    yield* page.entries;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
