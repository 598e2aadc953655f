import { assert, assertEquals, assertRejects } from "@std/assert";
import { StateError } from "./state_error.ts";
import type { StateKey, StateStore } from "./state_store.ts";

/** A store under test, its clock, and how to end it. */
export interface StateStoreUnderTest {
  readonly store: StateStore;
  readonly close: () => Promise<void> | void;
}

/** How a store under test is opened. */
export type OpenStateStoreUnderTest = (
  now: () => number,
) => Promise<StateStoreUnderTest> | StateStoreUnderTest;

/** More than one row of Deno KV can hold, and no two bytes alike for long. */
export function largeBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    { length },
    (_, at) => (at * 31 + seed + at / 251) & 255,
  );
}

/** What every {@linkcode StateStore} has to do; one test each. */
export function testStateStore(
  name: string,
  open: OpenStateStoreUnderTest,
): void {
  const clock = { now: 1_800_000_000_000 };
  function test(
    what: string,
    body: (store: StateStore) => Promise<void>,
  ): void {
    Deno.test(`${name} ${what}`, async () => {
      clock.now = 1_800_000_000_000;
      const { store, close } = await open(() => clock.now);
      try {
        await body(store);
      } finally {
        await store.close();
        await close();
      }
    });
  }
  async function value(store: StateStore, key: StateKey): Promise<unknown> {
    return (await store.get(key))?.value;
  }
  async function keys(
    store: StateStore,
    prefix: StateKey,
  ): Promise<readonly StateKey[]> {
    return (await store.list(prefix)).entries.map(({ key }) => key);
  }
  async function refuses(
    code: string,
    work: () => Promise<unknown>,
  ): Promise<void> {
    assertEquals((await assertRejects(work, StateError)).code, code);
  }

  test("gives back what was stored, whatever JSON or bytes it is", async (store) => {
    const values = [
      null,
      false,
      0,
      -1.5,
      "",
      "é\u0000\u{1F600}",
      [],
      [1, [2]],
      {},
      { a: { b: null }, __proto__x: 1 },
      JSON.parse('{"__proto__": {"polluted": true}}'),
      new Uint8Array(),
      Uint8Array.of(0, 255),
      largeBytes(65_520),
      largeBytes(65_521),
      "ä".repeat(100_000),
    ];
    for (const [at, stored] of values.entries()) {
      await store.set(["v", at], stored);
      assertEquals(await value(store, ["v", at]), stored, `${at}`);
    }
    const { entries } = await store.list(["v"]);
    assertEquals(entries.map((entry) => entry.value), values);
    assertEquals(await value(store, ["v"]), undefined);
  });

  test("keeps its own copy of a value", async (store) => {
    const given = { list: [1] };
    const bytes = Uint8Array.of(1);
    await store.set(["a"], given);
    await store.set(["b"], bytes);
    given.list.push(2);
    bytes[0] = 9;
    assertEquals(await value(store, ["a"]), { list: [1] });
    assertEquals(await value(store, ["b"]), Uint8Array.of(1));
    ((await value(store, ["a"])) as { list: number[] }).list.push(3);
    assertEquals(await value(store, ["a"]), { list: [1] });
  });

  test("refuses what is no value, key, amount, deadline or cursor", async (store) => {
    const cases: (() => Promise<unknown>)[] = [
      () => store.set(["a"], undefined),
      () => store.set(["a"], () => {}),
      () => store.set(["a"], 1n),
      () => store.set([], 1),
      () => store.set(["\ud800"], 1),
      () => store.set([NaN], 1),
      () => store.set([null] as unknown as StateKey, 1),
      () => store.get("a" as unknown as StateKey),
      () => store.set(["a"], 1, { deadline: NaN }),
      () => store.set(["a"], 1, { deadline: -1 }),
      () =>
        store.commit({ writes: [{ type: "sum", key: ["a"], amount: 0.5 }] }),
      () => store.list(["a"], { limit: 0 }),
      () => store.list(["a"], { limit: 1_001 }),
      () => store.list(["a"], { cursor: "x" }),
      () => store.list(["a"], { cursor: "null" }),
      () => store.list(["a"], { cursor: '["b"]' }),
      () => store.lease(["a"], { ttlMs: 0 }),
    ];
    for (const [at, work] of cases.entries()) {
      const error = await assertRejects(work, Error, "", `${at}`);
      assert(error instanceof TypeError || error instanceof RangeError);
    }
    assertEquals(await keys(store, []), []);
  });

  test("S9: refuses what is too large, and does not keep a part of it", async (store) => {
    const longest = "k".repeat(1_898);
    await store.set([longest], largeBytes(589_824));
    assertEquals(await value(store, [longest]), largeBytes(589_824));
    await refuses("too_large", () => store.set([`${longest}k`], 1));
    await refuses("too_large", () => store.set(["a"], largeBytes(589_825)));
    const write = (key: StateKey, amount: number) =>
      ({ type: "sum", key, amount }) as const;
    const many = Array.from({ length: 401 }, (_, at) => write(["n", at], 1));
    await refuses("too_large", () => store.commit({ writes: many }));
    assertEquals((await store.commit({ writes: many.slice(1) })).ok, true);
    const wide = Array.from(
      { length: 30 },
      (_, at) => write([longest.slice(9), at], 1),
    );
    await refuses("too_large", () => store.commit({ writes: wide }));
    const heavy = Array.from({ length: 13 }, (_, at) => ({
      type: "set",
      key: ["h", at],
      value: largeBytes(65_520),
    } as const));
    await refuses("too_large", () => store.commit({ writes: heavy }));
    assertEquals((await store.commit({ writes: heavy.slice(1) })).ok, true);
    const checks = Array.from(
      { length: 9 },
      (_, at) => ({ key: ["c", at], version: null }),
    );
    const writes = [{ type: "set", key: ["c"], value: 1 } as const];
    await refuses("too_large", () => store.commit({ checks, writes }));
    assertEquals(
      (await store.commit({ checks: checks.slice(1), writes })).ok,
      true,
    );
    assertEquals(await store.count([longest.slice(9), 0]), 0);
    assertEquals(await value(store, ["h", 0]), undefined);
  });

  test("S9: replaces a large value by a small one and back", async (store) => {
    for (const length of [200_000, 10, 580_000, 70_000, 0, 131_073]) {
      const bytes = largeBytes(length, length);
      await store.set(["a"], bytes);
      await store.set(["a", 0], 7);
      assertEquals(await value(store, ["a"]), bytes, `${length}`);
    }
    await store.delete(["a"]);
    assertEquals(await keys(store, []), [["a", 0]]);
  });

  test("S9: shows a reader a large value as a whole while it is replaced", async (store) => {
    let isDone = false;
    await store.set(["a"], largeBytes(300_000, 0));
    async function write(): Promise<void> {
      for (let seed = 1; seed <= 20; seed++) {
        await store.set(["a"], largeBytes(seed % 3 * 100_000 + 70_000, seed));
      }
      isDone = true;
    }
    async function read(): Promise<void> {
      while (!isDone) {
        const bytes = await value(store, ["a"]) as Uint8Array;
        assertEquals(bytes, largeBytes(bytes.length, bytes[0]));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    await Promise.all([write(), read()]);
  });

  test("sorts keys part by part, texts before numbers", async (store) => {
    const sorted: StateKey[] = [
      [""],
      ["\u0000"],
      ["a"],
      ["a", ""],
      ["a", "b"],
      ["a", -1e300],
      ["a", -1],
      ["a", 0],
      ["a", 0.5],
      ["a", 10],
      ["a", 1e300],
      ["a\u0000"],
      ["a\u0000b"],
      ["ab"],
      ["é"],
      ["\uffee"],
      ["\u{1F600}"],
      [-5],
      [7],
      [7, "x"],
    ];
    for (const key of sorted.toReversed()) await store.set(key, 1);
    assertEquals(await keys(store, []), sorted);
    assertEquals(await keys(store, ["a"]), sorted.slice(3, 11));
    assertEquals(await keys(store, [7]), [[7, "x"]]);
    assertEquals(await value(store, ["a", -0]), 1);
    await store.delete(["a", -0]);
    assertEquals(await value(store, ["a", 0]), undefined);
    await store.set([-0, "z"], 1);
    assertEquals((await store.list([0])).entries.length, 1);
    assertEquals((await store.list([-0])).entries.length, 1);
    assertEquals(await keys(store, ["none"]), []);
  });

  test("lists by pages, and goes on where the last one ended", async (store) => {
    for (let at = 0; at < 25; at++) {
      await store.set(["p", at], at);
      await store.commit({
        writes: [{ type: "sum", key: ["p", at], amount: at }],
      });
    }
    await store.set(["q"], 0);
    const seen: unknown[] = [];
    const counts: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list(["p"], { limit: 10, cursor });
      assert(page.entries.length <= 10);
      seen.push(...page.entries.map((entry) => entry.value));
      // What is removed between two pages does not end the list.
      for (const { key } of page.entries) await store.delete(key);
      cursor = page.cursor;
    } while (cursor !== undefined);
    do {
      const page = await store.listCounts(["p"], { limit: 7, cursor });
      counts.push(...page.entries.map(({ count }) => count));
      cursor = page.cursor;
    } while (cursor !== undefined);
    assertEquals(seen, Array.from({ length: 25 }, (_, at) => at));
    assertEquals(counts, seen);
  });

  test("ends a page before it holds too many bytes", async (store) => {
    for (let at = 0; at < 10; at++) {
      await store.set(["b", at], largeBytes(580_000));
    }
    const page = await store.list(["b"]);
    assert(page.entries.length < 10 && page.cursor !== undefined);
    const rest = await store.list(["b"], { cursor: page.cursor });
    assertEquals(page.entries.length + rest.entries.length, 10);
  });

  test("honours a deadline as soon as it has passed", async (store) => {
    const deadline = clock.now + 1_000;
    await store.set(["a"], 1, { deadline });
    await store.set(["b"], largeBytes(100_000), { deadline });
    await store.set(["c"], 1);
    assertEquals((await store.get(["a"]))?.deadline, deadline);
    assertEquals((await store.list([])).entries[0]?.deadline, deadline);
    clock.now = deadline - 1;
    assertEquals(await keys(store, []), [["a"], ["b"], ["c"]]);
    clock.now = deadline;
    assertEquals(await value(store, ["a"]), undefined);
    assertEquals(await keys(store, []), [["c"]]);
    await store.set(["a"], 2);
    assertEquals(await value(store, ["a"]), 2);
  });

  test("S5: keeps deadlines and leases through a clock that jumps: none is longer, and none is locked", async (store) => {
    const start = clock.now;
    const hour = 3_600_000;
    await store.set(["a"], 1, { deadline: start + 1_000 });
    await store.set(["l"], largeBytes(100_000), { deadline: start + 1_000 });
    const lease = await store.lease(["job"], { ttlMs: 1_000 });
    assert(lease !== undefined);
    // An hour back, where it stands still for a while.
    clock.now = start - hour;
    for (let n = 0; n < 3; n++) {
      assertEquals((await store.get(["a"]))?.deadline, start + 1_000);
    }
    await store.set(["b"], 1, { deadline: clock.now + 1_000 });
    // Right again: what was told meanwhile is over, and nothing else.
    clock.now = start;
    assertEquals(await keys(store, []), [["a"], ["job"], ["l"]]);
    assertEquals(await store.lease(["job"], { ttlMs: 1_000 }), undefined);
    for (const jump of [hour, 24 * hour]) {
      clock.now = start + jump;
      assertEquals(await keys(store, []), []);
      const next = await store.lease(["job"], { ttlMs: 1_000 });
      assertEquals(next?.deadline, clock.now + 1_000);
      assertEquals(await lease.renew(), false);
      await next?.release();
    }
    // Written in a day that was none: it can be replaced and removed.
    await store.set(["c"], 1, { deadline: clock.now + 1_000 });
    clock.now = start;
    assertEquals(await value(store, ["c"]), 1);
    await store.set(["c"], 2, { deadline: start + 1 });
    clock.now = start + 1;
    assertEquals(await value(store, ["c"]), undefined);
  });

  test("takes a value that is over for none in a check", async (store) => {
    const deadline = clock.now + 1_000;
    await store.set(["a"], 1, { deadline });
    const batch = {
      checks: [{ key: ["a"], version: null }],
      writes: [{ type: "set", key: ["a"], value: 2 } as const],
    };
    assertEquals(await store.commit(batch), { ok: false });
    clock.now = deadline;
    assertEquals((await store.commit(batch)).ok, true);
    assertEquals(await store.commit(batch), { ok: false });
    assertEquals(await value(store, ["a"]), 2);
  });

  test("writes a batch only if every check holds", async (store) => {
    const version = await store.set(["a"], 1);
    assertEquals((await store.get(["a"]))?.version, version);
    const writes = [
      { type: "set", key: ["b"], value: 1 },
      { type: "sum", key: ["n"], amount: 1 },
    ] as const;
    const wrong = [
      [{ key: ["a"], version: null }],
      [{ key: ["none"], version }],
      [{ key: ["a"], version }, { key: ["a"], version: null }],
    ];
    for (const checks of wrong) {
      assertEquals(await store.commit({ checks, writes }), { ok: false });
    }
    assertEquals([await value(store, ["b"]), await store.count(["n"])], [
      undefined,
      0,
    ]);
    const right = [{ key: ["a"], version }, { key: ["b"], version: null }];
    const result = await store.commit({ checks: right, writes });
    assert(result.ok);
    assertEquals((await store.get(["b"]))?.version, result.version);
    assertEquals(await store.commit({ checks: right, writes }), { ok: false });
    assertEquals(await store.count(["n"]), 1);
  });

  test("makes the changes of a batch in their order", async (store) => {
    await store.commit({
      writes: [
        { type: "set", key: ["a"], value: 1 },
        { type: "set", key: ["a"], value: 2 },
        { type: "set", key: ["b"], value: 1 },
        { type: "delete", key: ["b"] },
        { type: "sum", key: ["n"], amount: 5 },
        { type: "reset", key: ["n"] },
        { type: "sum", key: ["n"], amount: 7 },
        { type: "sum", key: ["n"], amount: -2 },
      ],
    });
    assertEquals([await value(store, ["a"]), await value(store, ["b"])], [
      2,
      undefined,
    ]);
    assertEquals(await store.count(["n"]), 5);
  });

  test("keeps values and counts apart", async (store) => {
    await store.set(["a"], "value");
    await store.commit({ writes: [{ type: "sum", key: ["a"], amount: 3 }] });
    assertEquals(await value(store, ["a"]), "value");
    await store.delete(["a"]);
    assertEquals(await store.count(["a"]), 3);
    assertEquals(await keys(store, []), []);
    assertEquals((await store.listCounts([])).entries, [
      { key: ["a"], count: 3 },
    ]);
    await store.commit({ writes: [{ type: "reset", key: ["a"] }] });
    assertEquals((await store.listCounts([])).entries, []);
  });

  test("adds up exactly, below zero as well, whoever adds at the same time", async (store) => {
    const amounts = [1, -3, 2 ** 52, -(2 ** 52), 10];
    await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        store.commit({
          writes: [{
            type: "sum",
            key: ["n"],
            amount: amounts[at % amounts.length]!,
          }],
        })),
    );
    assertEquals(await store.count(["n"]), 80);
    await store.commit({ writes: [{ type: "sum", key: ["n"], amount: -100 }] });
    assertEquals(await store.count(["n"]), -20);
  });

  test("lets one of many win where all check the same", async (store) => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        store.commit({
          checks: [{ key: ["a"], version: null }],
          writes: [{ type: "set", key: ["a"], value: at }],
        })),
    );
    assertEquals(results.filter(({ ok }) => ok).length, 1);
  });

  test("gives a lease to one at a time, until it is over or given back", async (store) => {
    const first = await store.lease(["job"], { ttlMs: 1_000 });
    assertEquals(first?.deadline, clock.now + 1_000);
    assertEquals(await store.lease(["job"], { ttlMs: 1_000 }), undefined);
    clock.now += 900;
    assertEquals(await first?.renew(), true);
    clock.now += 900;
    assertEquals(await store.lease(["job"], { ttlMs: 1_000 }), undefined);
    clock.now += 100;
    const second = await store.lease(["job"], { ttlMs: 1_000 });
    assert(second !== undefined);
    assertEquals(await first?.renew(), false);
    await first?.release();
    assertEquals(await store.lease(["job"], { ttlMs: 1_000 }), undefined);
    await second.release();
    const many = await Promise.all(
      Array.from({ length: 10 }, () => store.lease(["job"], { ttlMs: 1 })),
    );
    assertEquals(many.filter((lease) => lease !== undefined).length, 1);
  });

  test("takes nothing any more once it is closed", async (store) => {
    await store.set(["a"], 1);
    await store.close();
    await refuses("closed", () => store.get(["a"]));
    await refuses("closed", () => store.list([]));
    await refuses("closed", () => store.set(["a"], 1));
    await refuses("closed", () => store.lease(["a"], { ttlMs: 1 }));
  });
}
