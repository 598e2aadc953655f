import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { FormBook, ToldForms } from "./_ledger_forms.ts";
import { OpenEntry } from "./_ledger_entry.ts";
import { LineReader, openLines, rowsOf, rowText } from "./_ledger_lines.ts";
import { LedgerPage, rowsOfPage } from "./_ledger_page.ts";
import { compareRows } from "./_row_merge.ts";
import { Ledger } from "./ledger.ts";
import { ledgerRows, usageReport } from "./ledger_report.ts";
import type {
  LedgerAttempt,
  LedgerAttemptEnd,
  LedgerHead,
  LedgerIntent,
  LedgerRow,
} from "./ledger_row.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { StateError } from "./state_error.ts";
import type { StateBatch, StateCommit } from "./state_store.ts";

const AT = Date.parse("2026-11-23T12:00:00Z");
const DAYS = { from: "2026-11-23", to: "2026-11-23" };

const name = fc.constantFrom("a", "b", 'ö"\\\n]', "x".repeat(300));
const maybe = <T>(it: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(it, { nil: undefined, freq: 2 });
const count = fc.oneof(fc.nat(), fc.constantFrom(-5, 1.5, 2 ** 53, 1e300, NaN));
const price = maybe(fc.record({ source: name, version: name }));
const usage = fc.record({
  input: count,
  cached: count,
  cacheWrite: count,
  output: count,
  reasoning: count,
});
const head: fc.Arbitrary<Omit<LedgerHead, "id">> = fc.record({
  at: fc.integer({ min: AT, max: AT + 59_999 }),
  route: name,
  key: maybe(name),
  user: maybe(name),
  team: maybe(name),
  organisation: maybe(name),
  model: maybe(fc.oneof(name, fc.constant("y".repeat(5_000)))),
});
const intent: fc.Arbitrary<LedgerIntent> = fc.record({
  provider: name,
  model: name,
  reserved: fc.nat(),
  price,
  charges: maybe(fc.array(fc.tuple(name, name, name), { maxLength: 2 })),
});
const ending: fc.Arbitrary<LedgerAttemptEnd> = fc.record({
  outcome: fc.constantFrom("ok", "ok", "ok", "timeout"),
  model: maybe(name),
  price,
  usage: maybe(
    fc.oneof(usage, usage.map((it) => ({ ...it, isEstimated: true as const }))),
  ),
  cost: maybe(fc.nat()),
  reported: maybe(fc.nat()),
});
const request = fc.record({
  head,
  attempts: fc.array(fc.tuple(intent, maybe(ending)), { maxLength: 3 }),
  end: fc.record({
    status: fc.constantFrom(200, 500),
    durationMs: fc.nat(),
    error: maybe(name),
    cache: maybe(name),
    problems: maybe(fc.constant(["odd"])),
  }),
});
type Asked = typeof request extends fc.Arbitrary<infer T> ? T : never;

function rowOf({ head, attempts, end }: Asked, n: number): LedgerRow {
  return {
    ...head,
    ...end,
    id: `r"${n}`,
    state: "settled",
    attempts: attempts.map(([it, how]): LedgerAttempt => ({
      ...it,
      ...how,
      outcome: how?.outcome ?? "unknown",
      model: how?.model ?? it.model,
      price: how?.price ?? it.price,
    })),
    cost: attempts[0]?.[1]?.cost,
  };
}

function serve(ledger: Ledger, { head, attempts, end }: Asked, n: number) {
  const entry = ledger.begin({ ...head, id: `r"${n}` });
  for (const [it, how] of attempts) {
    const place = entry.attempt(it);
    if (how !== undefined) entry.ended(place, how);
  }
  entry.settle(end);
}

/** What JSON makes of it. */
function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

/** A store that takes nothing. */
class DownStore extends MemoryStateStore {
  override commit(_batch: StateBatch): Promise<StateCommit> {
    return Promise.reject(new StateError("unavailable", "Down"));
  }
}

Deno.test("A1: rows of any form come back from their page and from a journal as they went in", () => {
  fc.assert(fc.property(fc.array(request, { maxLength: 30 }), (all) => {
    const forms = new FormBook();
    const page = new LedgerPage();
    const told = new ToldForms();
    const rows = all.map(rowOf);
    let journal = "";
    for (const row of rows) {
      const [first] = row.attempts;
      const text = rowText(row, first && forms.formOf(row, first));
      page.add(row, text);
      journal += told.before(text.form) + text.line;
    }
    assertEquals(rowsOf([journal]), rows.map(asJson));
    if (rows.length === 0) return;
    const sorted = rows.toSorted(compareRows).map(asJson);
    assertEquals(rowsOfPage(page.text), sorted);
  }));
});

Deno.test("A2: a ledger that recovers a journal has the rows and sums of one that wrote them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 12 }),
      fc.nat({ max: 12 }),
      async (all, cut) => {
        const directory = await Deno.makeTempDir();
        const [straight, left, down] = [
          new MemoryStateStore(),
          new MemoryStateStore(),
          new DownStore(),
        ];
        const ledger = new Ledger({ store: straight });
        const dying = new Ledger({ store: down, directory });
        for (const [n, asked] of all.entries()) {
          serve(ledger, asked, n);
          serve(dying, asked, n);
          // What is told is told in what was written before, too.
          if (n === cut) await dying.flush();
        }
        await ledger.close();
        await dying.close();
        const next = new Ledger({ store: left, directory });
        await next.recover();
        await next.close();
        const rows = await Array.fromAsync(ledgerRows(left, DAYS));
        assertEquals(rows, await Array.fromAsync(ledgerRows(straight, DAYS)));
        assertEquals(rows.length, all.length);
        assertEquals(
          await usageReport(left, DAYS),
          await usageReport(straight, DAYS),
        );
        for (const store of [straight, left, down]) await store.close();
        await Deno.remove(directory, { recursive: true });
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("A1: requests that are alike are told in a line of numbers, whatever their callers", () => {
  const forms = new FormBook();
  const page = new LedgerPage();
  const asked = (n: number): LedgerRow => ({
    id: `req_${String(n).padStart(26, "0")}`,
    at: AT + n,
    route: "/v1/chat/completions",
    key: `key-${n % 5}`,
    model: "acme/acme-1",
    status: 200,
    durationMs: n,
    state: "settled",
    attempts: [{
      provider: "acme",
      model: "acme-1",
      reserved: 4_000_000_000,
      price: { source: "config", version: "a1b2c3d4" },
      charges: [["all", "*", "2026-11"]],
      outcome: "ok",
      usage: { input: n, cached: 0, cacheWrite: 0, output: 9, reasoning: 0 },
      cost: 1_400_000_000,
    }],
    cost: 1_400_000_000,
  });
  for (let n = 0; n < 400; n++) {
    const row = asked(n);
    const text = rowText(row, forms.formOf(row, row.attempts[0]!));
    assert(page.takes(text));
    page.add(row, text);
  }
  assert(page.letters < 400 * 110, `${page.letters}`);
  assertEquals(rowsOfPage(page.text)[399], asked(399));
});

Deno.test("FormBook knows so many forms at once, and those that it forgot are told again", () => {
  const forms = new FormBook();
  const told = new ToldForms();
  const intent = { provider: "p", model: "m", reserved: 1 };
  const lines = (): Set<string> => {
    const all = new Set<string>();
    for (let n = 0; n < 2_500; n++) {
      const at = { id: "r", at: AT, route: "/v1/x", model: `made-up-${n}` };
      all.add(told.before(forms.formOf(at, intent)));
    }
    return all;
  };
  assertEquals(lines().size, 2_500);
  assertEquals(lines().size, 2_500);
});

Deno.test("LineReader refuses a line of a form that was not told, and a page of such", () => {
  const reader = new LineReader();
  for (const line of [`[3,"r",${AT},0]`, "null", "7", "{", `[3,"r"`]) {
    assertThrows(() => reader.read(line));
  }
  assertThrows(() => rowsOfPage(`[3,"r",${AT},0,200,1,5]\n`), StateError);
  assertThrows(() => rowsOfPage(`{"settled":`), StateError);
  assertEquals(rowsOf([`[3,"r",${AT},0,200,1,5]\n{"sett`]), []);
});

Deno.test("A2: a journal that is begun between two attempts of a request has both", () => {
  const forms = new FormBook();
  const note: string[] = [];
  let isJournaled = false;
  const head = { id: "r", at: AT, route: "/", key: "k" };
  const entry = new OpenEntry(head, {
    isJournaled: () => isJournaled,
    formOf: (head, intent) => forms.formOf(head, intent),
    note: (lines, form) => void note.push(form?.line ?? "", lines),
    secured: () => Promise.resolve(),
    secure: () => {},
    changed: () => {},
    settle: () => {},
  });
  const intent = {
    model: "m",
    reserved: 5,
    price: { source: "s", version: "1" },
  };
  entry.attempt({ ...intent, provider: "one" });
  isJournaled = true;
  const begun = openLines(entry);
  entry.attempt({ ...intent, provider: "two" });
  const [row] = rowsOf([begun + note.join("")]);
  assertEquals(row?.attempts.map(({ provider }) => provider), ["one", "two"]);
  assertEquals(row?.cost, 10);
});
