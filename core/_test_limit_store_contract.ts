import { assert, assertEquals } from "@std/assert";
import type { LimitLeaseAsk, LimitStore } from "./limit_store.ts";

/** A store under test, and how to end it. */
export interface StoreUnderTest {
  readonly store: LimitStore;
  readonly close: () => Promise<void> | void;
}

const SLICE = 28_333_333;
const ASK: LimitLeaseAsk = {
  limit: "it requests/60000",
  key: "a",
  amount: 4,
  least: 1,
  windowId: SLICE,
  span: 13,
  capacity: 10,
  sliceMs: 5_000,
};
const { signal } = new AbortController();

/** What every {@linkcode LimitStore} has to do; one test each. */
export function testLimitStore(
  name: string,
  open: () => Promise<StoreUnderTest> | StoreUnderTest,
): void {
  function test(
    what: string,
    body: (store: LimitStore) => Promise<void>,
  ): void {
    Deno.test(`${name} ${what}`, async () => {
      const { store, close } = await open();
      try {
        await body(store);
      } finally {
        await close();
      }
    });
  }
  async function granted(
    store: LimitStore,
    ask: Partial<LimitLeaseAsk>,
  ): Promise<number | undefined> {
    const [grant] = await store.lease([{ ...ASK, ...ask }], { signal });
    return grant?.granted;
  }
  function report(
    store: LimitStore,
    windowId: number,
    amount: number,
  ): Promise<void> {
    const { limit, key, span, sliceMs } = ASK;
    const sum = { limit, key, windowId, amount, span, sliceMs };
    return store.report([sum], { signal });
  }

  test("grants what there is, and then nothing", async (store) => {
    const grants = await store.lease([ASK, ASK, ASK, ASK], { signal });
    assertEquals(grants.map(({ granted }) => granted), [4, 4, 2, 0]);
    assertEquals(grants.map(({ left }) => left), [6, 2, 0, 0]);
    assertEquals(grants[3]?.fitsAt, SLICE + 13);
  });

  test("keeps limits and keys apart", async (store) => {
    assertEquals(await granted(store, { amount: 10 }), 10);
    assertEquals(await granted(store, { key: "b", amount: 10 }), 10);
    assertEquals(
      await granted(store, { limit: "it", key: "", amount: 10 }),
      10,
    );
    assertEquals(
      await granted(store, { limit: "i", key: "ta", amount: 10 }),
      10,
    );
    assertEquals(await granted(store, { limit: "it", key: "a", amount: 9 }), 9);
    assertEquals(await granted(store, { key: "__proto__", amount: 10 }), 10);
    assertEquals(await granted(store, {}), 0);
  });

  test("counts the slices of a window together", async (store) => {
    for (let i = 0; i < 13; i++) {
      const windowId = SLICE + i;
      assertEquals(
        await granted(store, { windowId, amount: 1 }),
        i < 10 ? 1 : 0,
      );
    }
    const windowId = SLICE + 13;
    assertEquals(await granted(store, { windowId }), 1);
    assertEquals(
      await granted(store, { windowId: SLICE + 100, amount: 99 }),
      10,
    );
  });

  test("counts slices after the one that is asked for", async (store) => {
    assertEquals(await granted(store, { windowId: SLICE + 1, amount: 8 }), 8);
    assertEquals(await granted(store, {}), 2);
  });

  test("S5: gives no second window, and locks none, where the clock is set back", async (store) => {
    assertEquals(await granted(store, { amount: 6 }), 6);
    const hour = 3_600_000 / ASK.sliceMs;
    const windowId = SLICE - hour;
    assertEquals(await granted(store, { windowId, amount: 3 }), 3);
    assertEquals(await granted(store, { windowId, amount: 3 }), 1);
    assertEquals(await granted(store, { windowId: windowId + 12 }), 0);
    // What was used an hour ahead counts as used now, and ends with it.
    assertEquals(await granted(store, { windowId: windowId + 13 }), 4);
  });

  test("S5: counts who is a little slow with the others", async (store) => {
    // Windows of a second, and a clock that is three seconds behind.
    const short = { span: 13, sliceMs: 1_000 / 12 };
    assertEquals(await granted(store, { ...short, amount: 6 }), 6);
    const windowId = SLICE - 36;
    assertEquals(await granted(store, { ...short, windowId, amount: 3 }), 3);
    assertEquals(await granted(store, { ...short, windowId, amount: 3 }), 1);
    assertEquals(await granted(store, { ...short, windowId: SLICE + 1 }), 0);
    assertEquals(await granted(store, { ...short, windowId: SLICE + 13 }), 4);
  });

  test("adds what is reported, down to nothing", async (store) => {
    await granted(store, { amount: 6 });
    await report(store, SLICE, 3);
    assertEquals(await granted(store, {}), 1);
    await report(store, SLICE, -5);
    assertEquals(await granted(store, { amount: 10 }), 5);
    await report(store, SLICE, -100);
    assertEquals(await granted(store, { amount: 10 }), 10);
    await report(store, SLICE + 1, 50);
    assertEquals(await granted(store, { windowId: SLICE + 13 }), 0);
    assertEquals(await granted(store, { windowId: SLICE + 14 }), 4);
  });

  test("grants each at most once, however many ask at the same time", async (store) => {
    const grants = await Promise.all(
      Array.from({ length: 20 }, () => granted(store, { amount: 1 })),
    );
    assertEquals(grants.filter((grant) => grant === 1).length, 10);
  });

  test("tells when there is room again", async (store) => {
    await granted(store, { amount: 6 });
    await granted(store, { windowId: SLICE + 2, amount: 4 });
    const ask = { ...ASK, windowId: SLICE + 3 };
    const [few, many, never] = await store.lease([
      ask,
      { ...ask, least: 7 },
      { ...ask, least: 11 },
    ], { signal });
    assertEquals(few?.fitsAt, SLICE + 13);
    assertEquals(many?.fitsAt, SLICE + 15);
    assert(never?.fitsAt === Infinity);
  });
}
