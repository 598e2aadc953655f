import { assert, assertEquals, assertThrows } from "@std/assert";
import { spendKey } from "./_ledger_keys.ts";
import { BudgetBook } from "./budget_book.ts";
import type { BudgetWarning } from "./budget_hold.ts";
import { budgetWindow } from "./budget_window.ts";
import { Ledger } from "./ledger.ts";
import { moneyAt } from "./ledger_report.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { StateError } from "./state_error.ts";
import type { StateEntry, StateKey, StateStore } from "./state_store.ts";

const USD = 1_000_000_000_000;
const ASKS = [{ budget: "all", subject: "" }];

/** A process: a book and the ledger that tells it what was written. */
class Process {
  readonly book: BudgetBook;
  readonly ledger: Ledger;
  readonly warnings: BudgetWarning[] = [];
  #next = 0;

  constructor(
    store: StateStore,
    { name = "p", now = Date.now }: {
      readonly name?: string;
      readonly now?: () => number;
    } = {},
  ) {
    this.name = name;
    this.book = new BudgetBook({
      store,
      now,
      onWarning: (warning) => void this.warnings.push(warning),
    });
    this.ledger = new Ledger({
      store,
      flushMs: 1,
      onWritten: (rows) => this.book.reported(rows),
    });
  }

  readonly name: string;

  /** Makes a request; `undefined` where it is refused. */
  async request(
    { reserve, cost, asks = ASKS }: {
      readonly reserve: number | undefined;
      readonly cost: number;
      readonly asks?: typeof ASKS;
    },
  ): Promise<string> {
    await this.book.prepare(asks, reserve);
    const hold = this.book.take(asks, reserve);
    if (!hold.ok) return hold.reason;
    const id = `${this.name}-${this.#next++}`;
    const entry = this.ledger.begin({ id, at: Date.now(), route: "/" });
    const place = entry.attempt({
      provider: "p",
      model: "m",
      reserved: reserve ?? 0,
      charges: hold.charges,
    });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    entry.ended(place, { outcome: "ok", cost });
    hold.settle(cost);
    entry.settle({ status: 200, durationMs: 1 });
    return "ok";
  }

  async close(): Promise<void> {
    await this.ledger.close();
    this.book.close();
  }
}

async function spentOf(store: StateStore, window = "total"): Promise<number> {
  return Number(await moneyAt(store, spendKey(["all", "", window])));
}

Deno.test("A4: 200 concurrent callers whose reserve is an upper bound overspend nothing, and spend all that fits", async () => {
  const store = new MemoryStateStore();
  const process = new Process(store);
  process.book.define({ name: "all", limit: 1, period: "total" });
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 200 }, () =>
      process.request({
        reserve: 0.02 * USD,
        cost: Math.ceil(Math.random() * 0.02 * USD),
      })));
  }
  await process.ledger.flush();
  const spent = await spentOf(store);
  assert(spent <= USD, `${spent}`);
  // No false block: what is left has no room for another one.
  assert(spent > 0.98 * USD, `${spent}`);
  assertEquals(
    await process.request({ reserve: 0.02 * USD, cost: 0 }),
    "spent",
  );
  await process.close();
  await store.close();
});

Deno.test("A4: 200 concurrent callers of unknown cost overspend by one request at most", async () => {
  const store = new MemoryStateStore();
  const process = new Process(store);
  process.book.define({ name: "all", limit: 1, period: "total" });
  const cost = 0.3 * USD;
  const outcomes = new Set<string>();
  for (let round = 0; round < 10; round++) {
    const made = await Promise.all(
      Array.from(
        { length: 200 },
        () => process.request({ reserve: undefined, cost }),
      ),
    );
    made.forEach((outcome) => outcomes.add(outcome));
  }
  await process.ledger.flush();
  const spent = await spentOf(store);
  assert(spent >= USD && spent <= USD + cost, `${spent}`);
  assertEquals([...outcomes].sort(), ["busy", "ok", "spent"]);
  await process.close();
  await store.close();
});

Deno.test("A4: two processes on one store overspend nothing where reserves are upper bounds, and nobody blocks for good", async () => {
  const store = new MemoryStateStore();
  const two = ["a", "b"].map((name) => new Process(store, { name }));
  for (const { book } of two) {
    book.define({ name: "all", limit: 1, period: "total" });
  }
  for (let round = 0; round < 30; round++) {
    await Promise.all(
      two.flatMap((process) =>
        Array.from(
          { length: 30 },
          () => process.request({ reserve: 0.01 * USD, cost: 0.004 * USD }),
        )
      ),
    );
    await Promise.all(two.map(({ ledger }) => ledger.flush()));
  }
  const spent = await spentOf(store);
  assert(spent <= USD, `${spent}`);
  // At most one lease of each is not used.
  assert(spent > 0.7 * USD, `${spent}`);
  for (const process of two) await process.close();
  await store.close();
});

Deno.test("A4: a process that dies keeps its lease for a while, and no longer", async () => {
  let now = Date.parse("2026-11-23T12:00:00Z");
  const store = new MemoryStateStore();
  const options = { now: () => now };
  const dead = new Process(store, { name: "dead", ...options });
  dead.book.define({ name: "all", limit: 1, period: "total" });
  await dead.book.prepare(ASKS, 0.9 * USD);
  assert(dead.book.take(ASKS, 0.9 * USD).ok);
  await dead.close();
  const lives = new Process(store, { name: "lives", ...options });
  lives.book.define({ name: "all", limit: 1, period: "total" });
  assertEquals(await lives.request({ reserve: 0.5 * USD, cost: 0 }), "busy");
  now += 31_000;
  assertEquals(await lives.request({ reserve: 0.5 * USD, cost: 1 }), "ok");
  await lives.close();
  await store.close();
});

Deno.test("A4: a budget begins anew with its window, and what is underway is counted where it began", async () => {
  let now = Date.parse("2026-11-23T12:59:59Z");
  const store = new MemoryStateStore();
  const process = new Process(store, { now: () => now });
  process.book.define({ name: "all", limit: 1, period: "hour" });
  assertEquals(await process.request({ reserve: USD, cost: 0.9 * USD }), "ok");
  await process.book.prepare(ASKS, 0.1 * USD);
  const open = process.book.take(ASKS, 0.1 * USD);
  assert(open.ok);
  assertEquals(await process.request({ reserve: 0.5 * USD, cost: 0 }), "spent");
  const refused = process.book.take(ASKS, 0.5 * USD);
  assert(!refused.ok);
  assertEquals(
    new Date(refused.resetAt).toISOString(),
    "2026-11-23T13:00:00.000Z",
  );
  now += 1_000;
  assertEquals(await process.request({ reserve: USD, cost: USD }), "ok");
  open.settle(0.1 * USD);
  assertEquals(open.charges[0]?.[2], "2026-11-23T12");
  await process.ledger.flush();
  assertEquals(await spentOf(store, "2026-11-23T12"), 0.9 * USD);
  assertEquals(await spentOf(store, "2026-11-23T13"), USD);
  await process.close();
  await store.close();
});

Deno.test("A4: what was set aside comes back at once, and all budgets have room or none is touched", async () => {
  const store = new MemoryStateStore();
  const process = new Process(store);
  const { book } = process;
  book.define({ name: "all", limit: 10, period: "total" });
  book.define({ name: "team", limit: 1, period: "day" });
  const asks = [...ASKS, { budget: "team", subject: "a" }];
  for (let round = 0; round < 50; round++) {
    assertEquals(await process.request({ reserve: USD, cost: 0, asks }), "ok");
  }
  await book.prepare(asks, 2 * USD);
  const refused = book.take(asks, 2 * USD);
  assert(!refused.ok);
  assertEquals([refused.budget, refused.subject], ["team", "a"]);
  const left = [...book.views()].map((
    { budget, leftUsd },
  ) => [budget, leftUsd]);
  assertEquals(left, [["all", 10], ["team", 1]]);
  await process.close();
  await store.close();
});

Deno.test("BudgetBook warns once for each share, and a soft budget refuses nothing", async () => {
  const store = new MemoryStateStore();
  const process = new Process(store);
  process.book.define({
    name: "all",
    limit: 1,
    period: "total",
    isHard: false,
    warnAt: [0.5, 0.8, 1],
  });
  for (let n = 0; n < 6; n++) {
    const reserve = n % 2 === 0 ? undefined : USD;
    assertEquals(await process.request({ reserve, cost: 0.3 * USD }), "ok");
  }
  assertEquals(
    process.warnings.map(({ share, spentUsd }) => [share, spentUsd]),
    [
      [0.5, 0.6],
      [0.8, 0.9],
      [1, 1.2],
    ],
  );
  await process.close();
  await store.close();
});

Deno.test("BudgetBook warns of a soft budget that others, or an earlier process, have spent", async () => {
  const store = new MemoryStateStore();
  const terms = {
    name: "all",
    limit: 1,
    period: "total",
    isHard: false,
    warnAt: [0.8],
  } as const;
  const earlier = new Process(store, { name: "a" });
  earlier.book.define(terms);
  assertEquals(
    await earlier.request({ reserve: USD, cost: 0.75 * USD }),
    "ok",
  );
  await earlier.close();
  const process = new Process(store, { name: "b" });
  process.book.define(terms);
  for (let n = 0; n < 10 && process.warnings.length === 0; n++) {
    assertEquals(
      await process.request({ reserve: USD, cost: 0.01 * USD }),
      "ok",
    );
  }
  assertEquals(process.warnings.map(({ share }) => share), [0.8]);
  await process.close();
  await store.close();
});

Deno.test("BudgetBook goes on with its lease while the store is away, and refuses as unknown beyond it", async () => {
  class AwayStore extends MemoryStateStore {
    isAway = false;
    override get<T>(key: StateKey): Promise<StateEntry<T> | undefined> {
      return this.isAway
        ? Promise.reject(new StateError("unavailable", "Away"))
        : super.get(key);
    }
  }
  const store = new AwayStore();
  const process = new Process(store);
  process.book.define({ name: "all", limit: 1, period: "total" });
  assertEquals(await process.request({ reserve: 0.01 * USD, cost: 0 }), "ok");
  store.isAway = true;
  assertEquals(await process.request({ reserve: 0.01 * USD, cost: 0 }), "ok");
  assertEquals(
    await process.request({ reserve: 0.9 * USD, cost: 0 }),
    "unknown",
  );
  await process.close();
  await store.close();
});

Deno.test("budgetWindow() names windows by time and ends them in UTC", () => {
  const at = Date.parse("2026-12-31T23:30:00Z");
  const windows = (["hour", "day", "week", "month", "total"] as const).map(
    (period) => {
      const { name, end } = budgetWindow(period, at);
      return [name, end === Infinity ? "" : new Date(end).toISOString()];
    },
  );
  assertEquals(windows, [
    ["2026-12-31T23", "2027-01-01T00:00:00.000Z"],
    ["2026-12-31", "2027-01-01T00:00:00.000Z"],
    ["2026-12-28/7", "2027-01-04T00:00:00.000Z"],
    ["2026-12", "2027-01-01T00:00:00.000Z"],
    ["total", ""],
  ]);
});

Deno.test("BudgetBook refuses budgets and names that are none", () => {
  const book = new BudgetBook({ store: new MemoryStateStore() });
  for (const limit of [0, -1, NaN, 1e10]) {
    assertThrows(
      () => book.define({ name: "x", limit, period: "day" }),
      RangeError,
    );
  }
  assertThrows(() => book.take([{ budget: "x", subject: "" }], 1), TypeError);
});
