import { assert, assertEquals, assertRejects } from "@std/assert";
import { spendKey } from "./_ledger_keys.ts";
import { rowsOf } from "./_ledger_lines.ts";
import { Ledger, type LedgerEntry } from "./ledger.ts";
import type { LedgerAlarm } from "./ledger_alarm.ts";
import { ledgerRows, moneyAt, usageReport } from "./ledger_report.ts";
import { type LedgerRow, usageProblems } from "./ledger_row.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { until } from "../logging/_test_wait.ts";
import { openStateStore } from "./open_state_store.ts";
import { StateError } from "./state_error.ts";
import type { StateStatus } from "./state_status.ts";
import type {
  StateBatch,
  StateCommit,
  StateEntry,
  StateKey,
  StateStore,
} from "./state_store.ts";

const AT = Date.parse("2026-11-23T12:00:00Z");
const DAY = { from: "2026-11-23", to: "2026-11-23" };
const PRICE = { source: "config", version: "1" };
const TOTAL = ["team", "a", "2026-11"] as const;

function begin(ledger: Ledger, id: string): LedgerEntry {
  return ledger.begin({ id, at: AT, route: "/v1/x", key: "ci", team: "a" });
}

function attempt(entry: LedgerEntry, reserved = 1_000): number {
  return entry.attempt({
    provider: "acme",
    model: "acme-1",
    reserved,
    price: PRICE,
    charges: [TOTAL],
  });
}

/** Serves a request whole. */
function serve(ledger: Ledger, id: string, cost: number): void {
  const entry = begin(ledger, id);
  const place = attempt(entry);
  entry.ended(place, { outcome: "ok", cost });
  entry.settle({ status: 200, durationMs: 1 });
}

function rowsIn(store: StateStore): Promise<LedgerRow[]> {
  return Array.fromAsync(ledgerRows(store, DAY));
}

/** A store that fails while it is told to. */
class FailingStore extends MemoryStateStore {
  isDown = false;

  override commit(batch: StateBatch): Promise<StateCommit> {
    return this.isDown
      ? Promise.reject(new StateError("unavailable", "Down"))
      : super.commit(batch);
  }
}

/** One that knows that it fails, and counts what it is asked. */
class DegradedStore extends FailingStore {
  asked = 0;

  override get status(): StateStatus {
    return { ...super.status, ...this.isDown && { mode: "degraded" } };
  }

  override get<T>(key: StateKey): Promise<StateEntry<T> | undefined> {
    this.asked++;
    return super.get(key);
  }
}

Deno.test("A1: 10,000 mixed requests are exactly 10,000 rows, their attempts and their sums", async () => {
  const store = new MemoryStateStore();
  const ledger = new Ledger({ store, flushMs: 1 });
  let attempts = 0;
  let cost = 0n;
  for (let n = 0; n < 10_000; n++) {
    const entry = begin(ledger, `req_${n}`);
    for (let i = 0; i < n % 4; i++) {
      const place = attempt(entry);
      attempts++;
      const spent = n % 4 === 3 && i < 2 ? 0 : n * 1_000 + i;
      if (n % 10 === 9 && i === 0) continue;
      entry.ended(place, { outcome: i === 0 ? "timeout" : "ok", cost: spent });
    }
    cost += BigInt(entry.cost ?? 0);
    entry.settle({ status: n % 4 === 0 ? 400 : 200, durationMs: 1 });
    // A second end is none.
    entry.settle({ status: 500, durationMs: 9 });
    if (n % 1_000 === 0) await ledger.flush();
  }
  await ledger.close();
  const rows = await rowsIn(store);
  assertEquals(rows.length, 10_000);
  assertEquals(new Set(rows.map(({ id }) => id)).size, 10_000);
  const made = rows.reduce((sum, row) => sum + row.attempts.length, 0);
  assertEquals(made, attempts);
  const [totals] = await usageReport(store, DAY);
  assertEquals(totals?.requests, 10_000);
  assertEquals(totals?.attempts, attempts);
  assertEquals(totals?.failed, 2_500);
  assertEquals(totals?.cost, cost);
  assertEquals(await moneyAt(store, spendKey(TOTAL)), cost);
  await store.close();
});

Deno.test("usageReport() tells usage apart by what it is asked for, and one key's from others'", async () => {
  const store = new MemoryStateStore();
  const ledger = new Ledger({ store });
  for (const [n, key] of ["ci", "ci", "web", undefined].entries()) {
    const entry = ledger.begin({ id: `r${n}`, at: AT, route: "/v1/x", key });
    const place = entry.attempt({ provider: "p", model: `m${n}`, reserved: 0 });
    entry.ended(place, {
      outcome: "ok",
      usage: { input: 10, cached: 4, cacheWrite: 0, output: 2, reasoning: 1 },
      ...(n < 3 && { cost: 5 }),
    });
    entry.settle({ status: 200, durationMs: 1 });
  }
  await ledger.close();
  const byKey = await usageReport(store, { ...DAY, by: ["key"] });
  assertEquals(
    byKey.map(({ of, requests, cost, unpriced }) => [
      of.key,
      requests,
      cost,
      unpriced,
    ]),
    [["", 1, 0n, 1], ["ci", 2, 10n, 0], ["web", 1, 5n, 0]],
  );
  const own = await usageReport(store, { ...DAY, key: "ci", by: ["model"] });
  assertEquals(own.map(({ of, input }) => [of.model, input]), [
    ["m0", 10],
    ["m1", 10],
  ]);
  assertEquals(await usageReport(store, { ...DAY, key: "c" }), []);
  assertEquals(await usageReport(store, { ...DAY, team: "other" }), []);
  const rows = ledgerRows(store, { ...DAY, key: "web" });
  assertEquals((await Array.fromAsync(rows)).map(({ id }) => id), ["r2"]);
  for (const from of ["2026-1-1", "2026-02-30", "2020-01-01", "x"]) {
    await assertRejects(
      () => usageReport(store, { from, to: "2026-11-23" }),
      RangeError,
    );
  }
  await store.close();
});

Deno.test("Ledger keeps rows while the store is down, and says so once", async () => {
  const store = new FailingStore();
  const alarms: LedgerAlarm[] = [];
  const ledger = new Ledger({
    store,
    maxRows: 20,
    onAlarm: (alarm) => void alarms.push(alarm),
  });
  store.isDown = true;
  for (let n = 0; n < 25; n++) serve(ledger, `r${n}`, 1);
  await ledger.flush();
  await ledger.flush();
  assertEquals(alarms.map(({ type }) => type), [
    ...Array(5).fill("dropped"),
    "store",
  ]);
  assertEquals(ledger.waiting, 20);
  store.isDown = false;
  await ledger.close();
  assertEquals((await rowsIn(store)).length, 20);
  await store.close();
});

Deno.test("Ledger finds the row that a store will never take, and writes the others", async () => {
  const store = new MemoryStateStore();
  const alarms: LedgerAlarm[] = [];
  const ledger = new Ledger({
    store,
    onAlarm: (alarm) => void alarms.push(alarm),
  });
  for (let n = 0; n < 30; n++) {
    const entry = ledger.begin({
      id: `r${n}`,
      at: AT,
      route: "/v1/x",
      model: n === 13 ? "x".repeat(700_000) : "m",
    });
    const place = attempt(entry);
    entry.ended(place, {
      outcome: "ok",
      // What nobody can have used must not hold up the rest.
      cost: n === 5 ? 1e300 : 1,
      usage: {
        input: 1e300,
        cached: 0,
        cacheWrite: 0,
        output: -5,
        reasoning: NaN,
      },
    });
    entry.settle({ status: 200, durationMs: 1 });
  }
  await ledger.close();
  assertEquals((await rowsIn(store)).length, 29);
  assertEquals(alarms, [{ type: "dropped", id: "r13" }]);
  await store.close();
});

Deno.test("A2: what a process leaves behind is in the ledger of the next, with its reserve where it is unknown", async () => {
  const directory = await Deno.makeTempDir();
  const store = new FailingStore();
  store.isDown = true;
  const first = new Ledger({ store, directory, maxRows: 2 });
  for (let n = 0; n < 3; n++) serve(first, `settled${n}`, 400);
  const open = begin(first, "open");
  open.ended(attempt(open), { outcome: "timeout", cost: 50 });
  attempt(open, 900);
  attempt(begin(first, "lone"), 700);
  // Closed in the middle: what is nowhere else stays.
  await first.close();
  store.isDown = false;
  const alarms: LedgerAlarm[] = [];
  const next = new Ledger({
    store,
    directory,
    onAlarm: (alarm) => void alarms.push(alarm),
  });
  await next.recover();
  await next.recover();
  await next.close();
  assertEquals(alarms, [{ type: "recovered", rows: 5, unknown: 2 }]);
  const rows = await rowsIn(store);
  assertEquals(
    rows.map(({ id, state, cost }) => [id, state, cost]),
    [
      ["lone", "unknown", 700],
      ["open", "unknown", 950],
      ["settled0", "settled", 400],
      ["settled1", "settled", 400],
      ["settled2", "settled", 400],
    ],
  );
  assertEquals(await moneyAt(store, spendKey(TOTAL)), 2_850n);
  assertEquals([...Deno.readDirSync(directory)], []);
  await store.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("A2: S7: what a process leaves behind is taken over as soon as the store can be had", async () => {
  const directory = await Deno.makeTempDir();
  const store = new FailingStore();
  store.isDown = true;
  const first = new Ledger({ store, directory });
  for (let n = 0; n < 3; n++) serve(first, `r${n}`, 400);
  await first.close();
  const alarms: string[] = [];
  const next = new Ledger({
    store,
    directory,
    onAlarm: ({ type }) => void alarms.push(type),
  });
  await next.recover();
  assertEquals(await rowsIn(store), []);
  store.isDown = false;
  await until(async () => (await rowsIn(store)).length === 3);
  await until(() => alarms.length === 2);
  assertEquals(alarms, ["store", "recovered"]);
  await next.close();
  assertEquals([...Deno.readDirSync(directory)], []);
  await store.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("Ledger leaves the journal of a process that lives alone, and begins its own anew when it is long", async () => {
  const directory = await Deno.makeTempDir();
  const store = new MemoryStateStore();
  const lives = new Ledger({ store, directory, journalBytes: 2_000 });
  const open = begin(lives, "open");
  attempt(open, 900);
  const other = new Ledger({ store, directory });
  await other.recover();
  await other.close();
  assertEquals(await rowsIn(store), []);
  for (let round = 0; round < 5; round++) {
    for (let n = 0; n < 20; n++) serve(lives, `r${round}-${n}`, 1);
    await lives.flush();
  }
  const files = [...Deno.readDirSync(directory)];
  assertEquals(files.length, 1);
  const text = await Deno.readTextFile(`${directory}/${files[0]?.name}`);
  assert(text.length < 3_000, `${text.length}`);
  assert(text.includes(`"id":"open"`));
  open.settle({ status: 200, durationMs: 1 });
  await lives.close();
  assertEquals((await rowsIn(store)).length, 101);
  assertEquals([...Deno.readDirSync(directory)], []);
  await store.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("Ledger serves on without a journal where the disk does not take one", async () => {
  const store = new MemoryStateStore();
  const alarms: string[] = [];
  const ledger = new Ledger({
    store,
    directory: "/dev/null/none",
    onAlarm: ({ type }) => void alarms.push(type),
  });
  for (let n = 0; n < 100; n++) serve(ledger, `r${n}`, 1);
  await ledger.recover();
  await ledger.close();
  assertEquals(alarms, ["journal", "journal"]);
  assertEquals((await rowsIn(store)).length, 100);
  await store.close();
});

Deno.test("A2: kill -9 in the middle, again and again, loses no row of a delivered answer", async () => {
  const directory = await Deno.makeTempDir();
  const delivered = new Set<string>();
  const child = new URL("_test_ledger_child.ts", import.meta.url);
  for (let round = 0; round < 3; round++) {
    const process = new Deno.Command("deno", {
      args: [
        "run",
        "--unstable-kv",
        "-A",
        child.pathname,
        directory,
        `p${round}`,
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let text = "";
    let isKilled = false;
    const decoder = new TextDecoder();
    for await (const chunk of process.stdout) {
      text += decoder.decode(chunk);
      // What it has said by then may come in several pieces.
      if (isKilled || text.split("\n").length <= 300 + 400 * round) continue;
      process.kill("SIGKILL");
      isKilled = true;
    }
    await process.status;
    for (const id of text.split("\n").slice(0, -1)) delivered.add(id);
  }
  const store = await openStateStore({ type: "file", directory });
  const ledger = new Ledger({ store, directory });
  await ledger.recover();
  await ledger.close();

  const rows = await Array.fromAsync(
    ledgerRows(store, { from: daysAgo(1), to: daysAgo(0) }),
  );
  const ids = new Set(rows.map(({ id }) => id));
  assertEquals(ids.size, rows.length);
  const lost = [...delivered].filter((id) => !ids.has(id));
  assertEquals(lost, []);
  assert(rows.length >= 300);
  // Nothing twice: the sums are those of the rows.
  const cost = rows.reduce((sum, row) => sum + BigInt(row.cost ?? 0), 0n);
  const charge = spendKey(["all", "*", "total"]);
  assertEquals(await moneyAt(store, charge), cost);
  await store.close();
  await Deno.remove(directory, { recursive: true });
});

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

Deno.test("usageProblems() tells parts that are more than the whole", () => {
  const usage = {
    input: 10,
    cached: 4,
    cacheWrite: 6,
    cacheWrite1h: 6,
    output: 5,
    reasoning: 5,
    total: 15,
  };
  assertEquals(usageProblems(usage), []);
  assertEquals(usageProblems({ ...usage, cached: 5 }).length, 1);
  assertEquals(usageProblems({ ...usage, reasoning: 6 }).length, 1);
  assertEquals(usageProblems({ ...usage, total: 16 }).length, 1);
  assertEquals(usageProblems({ ...usage, cacheWrite1h: 7 }).length, 1);
  assertEquals(usageProblems({ ...usage, output: NaN }).length > 0, true);
});

/** What the only journal in a directory holds. */
function journalIn(directory: string): string {
  const [file] = [...Deno.readDirSync(directory)];
  return Deno.readTextFileSync(`${directory}/${file?.name}`);
}

Deno.test("A2: attempts that begin in one turn are in the journal before any of them goes on, by one write", async () => {
  const directory = await Deno.makeTempDir();
  const store = new MemoryStateStore();
  const ledger = new Ledger({ store, directory });
  const entries = ["one", "two", "three"].map((id) => begin(ledger, id));
  const written = entries.map((entry) => {
    attempt(entry);
    return entry.secured();
  });
  assertEquals(journalIn(directory), "");
  assertEquals(new Set(written).size, 1);
  await written[0];
  const rows = rowsOf([journalIn(directory)]);
  assertEquals(rows.map(({ id }) => id), ["one", "two", "three"]);
  // The next turn's are not of that write.
  attempt(entries[0]!);
  assert(entries[0]!.secured() !== written[0]);
  await entries[0]!.secured();
  const [first] = rowsOf([journalIn(directory)]);
  assertEquals(first?.attempts.length, 2);
  for (const entry of entries) entry.settle({ status: 200, durationMs: 1 });
  await ledger.close();
  await store.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("A2: what an attempt came to is in the journal before the next one goes on, or else soon", async () => {
  const directory = await Deno.makeTempDir();
  const store = new MemoryStateStore();
  const ledger = new Ledger({ store, directory, flushMs: 5 });
  const entry = begin(ledger, "r");
  entry.ended(attempt(entry), { outcome: "timeout", cost: 11 });
  const place = attempt(entry);
  await entry.secured();
  assert(journalIn(directory).includes(`"cost":11`));
  entry.ended(place, { outcome: "timeout", cost: 12 });
  await until(() => journalIn(directory).includes(`"cost":12`));
  entry.settle({ status: 504, durationMs: 1 });
  await ledger.close();
  assertEquals((await rowsIn(store)).map(({ cost }) => cost), [23]);
  await store.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("A2: what a process leaves behind is not read again and again for a store that is known to fail", async () => {
  const directory = await Deno.makeTempDir();
  const store = new DegradedStore();
  store.isDown = true;
  const first = new Ledger({ store, directory });
  serve(first, "r", 400);
  await first.close();
  const next = new Ledger({ store, directory });
  await next.recover();
  store.asked = 0;
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  assertEquals(store.asked, 0);
  store.isDown = false;
  await until(async () => (await rowsIn(store)).length === 1);
  await next.close();
  await store.close();
  await Deno.remove(directory, { recursive: true });
});
