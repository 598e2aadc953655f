import { assert, assertEquals } from "@std/assert";
import { rowsOf } from "./_ledger_lines.ts";
import { rowKey } from "./_ledger_page.ts";
import { Ledger } from "./ledger.ts";
import type { LedgerAlarm } from "./ledger_alarm.ts";
import { ledgerRows, usageReport } from "./ledger_report.ts";
import type { LedgerRow } from "./ledger_row.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { openStateStore } from "./open_state_store.ts";
import { until } from "../logging/_test_wait.ts";
import type { StateBatch, StateCommit, StateStore } from "./state_store.ts";

const NOON = Date.parse("2026-11-23T12:00:00Z");
const DAY_MS = 86_400_000;
const DAYS = { from: "2026-11-22", to: "2026-11-24" };

/** A store that remembers what it was told. */
class ToldStore extends MemoryStateStore {
  readonly batches: StateBatch[] = [];

  override commit(batch: StateBatch): Promise<StateCommit> {
    this.batches.push(batch);
    return super.commit(batch);
  }
}

interface Served {
  readonly id: string;
  readonly at: number;
  readonly key?: string;
  readonly model?: string;
}

function serve(ledger: Ledger, { id, at, key, model }: Served): void {
  const entry = ledger.begin({ id, at, route: "/v1/x", key, model });
  const place = entry.attempt({ provider: "p", model: "m", reserved: 9 });
  entry.ended(place, { outcome: "ok", cost: 5 });
  entry.settle({ status: 200, durationMs: 1 });
}

/** A row as older programs stored it. */
async function storeSingle(store: StateStore, { id, at }: Served) {
  const row: LedgerRow = {
    id,
    at,
    route: "/v1/x",
    state: "settled",
    status: 200,
    durationMs: 1,
    attempts: [],
  };
  await store.set(rowKey(row), row, { deadline: NOON + DAY_MS });
}

async function idsOf(store: StateStore, key?: string): Promise<string[]> {
  const rows = ledgerRows(store, { ...DAYS, key });
  return (await Array.fromAsync(rows)).map(({ id }) => id);
}

Deno.test("A1: rows come in the order of time, whoever wrote them, in whatever pages, one by one as well", async () => {
  const store = new MemoryStateStore({ now: () => NOON });
  const two = [new Ledger({ store }), new Ledger({ store })];
  const served: Served[] = [];
  for (let n = 0; n < 600; n++) {
    // Over two midnights; some began long before those around them.
    const at = NOON - DAY_MS + n * 290_000 - (n % 7 === 0 ? 3_600_000 : 0);
    const key = n % 3 === 0 ? "ci" : "web";
    served.push({ id: `r${n % 10}-${n}`, at, key });
  }
  for (const [n, row] of served.entries()) {
    if (n % 5 === 4) await storeSingle(store, row);
    else serve(two[n % 2]!, row);
    if (n % 50 === 0) await two[n % 2]?.flush();
  }
  for (const ledger of two) await ledger.close();
  const sorted = served.filter(({ at }) => at < NOON + 1.5 * DAY_MS)
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  assertEquals(await idsOf(store), sorted.map(({ id }) => id));
  const own = sorted.filter(({ id, key }) =>
    key === "ci" && Number(id.split("-")[1]) % 5 !== 4
  );
  assertEquals(await idsOf(store, "ci"), own.map(({ id }) => id));
  await store.close();
});

Deno.test("A1: a busy minute is many pages that overlap, some too large for one value of the store", async () => {
  const directory = await Deno.makeTempDir();
  const store = await openStateStore({ type: "file", directory });
  const two = [
    new Ledger({ store, directory }),
    new Ledger({ store, directory }),
  ];
  for (let n = 0; n < 1_500; n++) {
    const model = n === 700 ? "ü".repeat(90_000) : undefined;
    serve(two[n % 2]!, {
      id: `r${String(n).padStart(4, "0")}`,
      at: NOON + (n * 37) % 60_000,
      ...(model && { model }),
    });
    if (n % 400 === 399) await Promise.all(two.map((it) => it.flush()));
  }
  await Promise.all(two.map((it) => it.close()));
  const rows = await Array.fromAsync(ledgerRows(store, DAYS));
  assertEquals(rows.length, 1_500);
  assertEquals(new Set(rows.map(({ id }) => id)).size, 1_500);
  assert(rows.every(({ at }, n) => n === 0 || at >= rows[n - 1]!.at));
  assertEquals(rows.find(({ id }) => id === "r0700")?.model?.length, 90_000);
  const pages = (await store.list(["ledger_page"], { limit: 1_000 })).entries;
  assert(pages.length >= 8 && pages.length < 60, `${pages.length}`);
  const [totals] = await usageReport(store, DAYS);
  assertEquals([totals?.requests, totals?.cost], [1_500, 7_500n]);
  await store.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("A2: a journal of an older program is read, and what it has written in its own way is not written again", async () => {
  const directory = await Deno.makeTempDir();
  const store = new MemoryStateStore({ now: () => NOON });
  const head = { id: "open", at: NOON, route: "/v1/x" };
  const intent = {
    provider: "p",
    model: "m",
    reserved: 7,
    price: { source: "config", version: "1" },
  };
  const settled = (id: string): object => ({
    settled: {
      ...head,
      id,
      state: "settled",
      status: 200,
      durationMs: 1,
      attempts: [{ ...intent, outcome: "ok", cost: 5 }],
      cost: 5,
    },
  });
  const lines = [
    { begin: head },
    { of: "open", attempt: intent },
    { of: "open", at: 0, ended: { ...intent, outcome: "timeout", cost: 2 } },
    { of: "open", attempt: intent },
    { begin: { ...head, id: "written" } },
    settled("written"),
    settled("waiting"),
  ];
  await Deno.writeTextFile(
    `${directory}/ledger-${crypto.randomUUID()}.journal`,
    lines.map((line) => `${JSON.stringify(line)}\n`).join("") + `{"settl`,
  );
  await storeSingle(store, { id: "written", at: NOON });
  const alarms: LedgerAlarm[] = [];
  const ledger = new Ledger({
    store,
    directory,
    now: () => NOON,
    onAlarm: (alarm) => void alarms.push(alarm),
  });
  await ledger.recover();
  await ledger.close();
  assertEquals(alarms, [{ type: "recovered", rows: 2, unknown: 1 }]);
  const rows = await Array.fromAsync(ledgerRows(store, DAYS));
  assertEquals(rows.map(({ id, state, cost }) => [id, state, cost]), [
    ["open", "unknown", 9],
    ["waiting", "settled", 5],
    ["written", "settled", undefined],
  ]);
  assertEquals([...Deno.readDirSync(directory)], []);
  await store.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("Ledger keeps pages as long as rows, sums ten times as long, and tells their deadline once", async () => {
  let now = NOON;
  const store = new ToldStore({ now: () => now });
  const ledger = new Ledger({ store, retentionMs: DAY_MS, now: () => now });
  const deadlines = (): unknown[] =>
    (store.batches.at(-1)?.writes ?? []).filter(({ type }) => type === "sum")
      .map((write) => "deadline" in write && write.deadline);
  serve(ledger, { id: "a", at: NOON });
  await ledger.flush();
  const deadline = NOON + 11 * DAY_MS;
  assertEquals(deadlines(), [deadline, deadline, deadline]);
  serve(ledger, { id: "b", at: NOON });
  await ledger.flush();
  assertEquals(deadlines(), [false, false, false]);
  // What is counted for the first time has one.
  const failed = ledger.begin({ id: "c", at: NOON, route: "/v1/x" });
  failed.settle({ status: 500, durationMs: 1 });
  serve(ledger, { id: "d", at: NOON + DAY_MS });
  await ledger.close();
  assert(deadlines().includes(deadline));
  assertEquals((await usageReport(store, DAYS))[0]?.requests, 4);
  assertEquals(await idsOf(store), ["a", "b", "c", "d"]);
  now = NOON + DAY_MS;
  assertEquals(await idsOf(store), []);
  assertEquals((await usageReport(store, DAYS))[0]?.requests, 4);
  await store.close();
});

Deno.test("Ledger.flush() writes what waits when it is asked, and leaves what comes meanwhile to the next time", async () => {
  const begun: PromiseWithResolvers<void>[] = [];
  /** A store whose commits wait for a word. */
  class SlowStore extends ToldStore {
    override async commit(batch: StateBatch): Promise<StateCommit> {
      const word = Promise.withResolvers<void>();
      begun.push(word);
      await word.promise;
      return await super.commit(batch);
    }
  }
  const store = new SlowStore();
  const ledger = new Ledger({ store, flushMs: 60_000 });
  serve(ledger, { id: "a", at: NOON });
  const first = ledger.flush();
  serve(ledger, { id: "b", at: NOON });
  serve(ledger, { id: "c", at: NOON });
  begun[0]?.resolve();
  await first;
  assertEquals([store.batches.length, ledger.waiting], [1, 2]);
  const second = ledger.flush();
  serve(ledger, { id: "d", at: NOON });
  const third = ledger.flush();
  begun[1]?.resolve();
  await until(() => begun.length === 3);
  begun[2]?.resolve();
  await Promise.all([second, third]);
  assertEquals([store.batches.length, ledger.waiting], [3, 0]);
  assertEquals(await idsOf(store), ["a", "b", "c", "d"]);
  await ledger.close();
  await store.close();
});

Deno.test("Ledger writes the more at a time, the more there is, and has the journal meanwhile", async () => {
  const directory = await Deno.makeTempDir();
  const store = new ToldStore();
  const ledger = new Ledger({ store, directory, flushMs: 20 });
  const end = performance.now() + 500;
  let served = 0;
  while (performance.now() < end) {
    serve(ledger, { id: `r${served++}`, at: NOON });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  // Each 20 ms it were 25.
  assert(store.batches.length < 15, `${store.batches.length}`);
  const [file] = [...Deno.readDirSync(directory)];
  const text = await Deno.readTextFile(`${directory}/${file?.name}`);
  const known = rowsOf([text]);
  assertEquals(known.find(({ id }) => id === "r0")?.state, "settled");
  await ledger.close();
  assertEquals((await idsOf(store)).length, served);
  await store.close();
  await Deno.remove(directory, { recursive: true });
});
