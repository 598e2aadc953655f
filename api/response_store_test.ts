import { MemoryStateStore } from "@llm-proxy/context";
import { assert, assertEquals } from "@std/assert";
import { StateResponseStore } from "./response_store.ts";

const SAID = { text: '{"id":"resp_1"}', input: "[]" };

Deno.test("StateResponseStore keeps responses for their owner, until their time is over", async () => {
  let now = 1_000;
  const state = new MemoryStateStore({ now: () => now });
  const store = new StateResponseStore(state, { ttlMs: 100, now: () => now });
  store.keep({ owner: "a", id: "1" }, SAID, { lasting: true });
  assertEquals(await store.get("a", "1"), SAID);
  assertEquals(await store.get("b", "1"), undefined);
  assertEquals(await store.get('a","1', ""), undefined);
  // As after a restart.
  const again = new StateResponseStore(state, { now: () => now });
  assertEquals(await again.get("a", "1"), SAID);
  assertEquals(await again.forget("b", "1"), false);
  assertEquals(await again.forget("a", "1"), true);
  assertEquals(await again.get("a", "1"), undefined);
  store.keep({ owner: "a", id: "2" }, SAID);
  assertEquals(await again.get("a", "2"), undefined);
  now += 100;
  assertEquals(await store.get("a", "2"), undefined);
  await state.close();
});

Deno.test("StateResponseStore holds no more rows and bytes than it may", async () => {
  const state = new MemoryStateStore();
  const store = new StateResponseStore(state, { maxRows: 3, maxBytes: 4_000 });
  for (let i = 0; i < 5; i++) {
    store.keep({ owner: "a", id: String(i) }, SAID, { lasting: true });
  }
  const kept = async (): Promise<string[]> => {
    const ids = ["0", "1", "2", "3", "4", "big", "huge"];
    const found = await Promise.all(ids.map((id) => store.get("a", id)));
    return ids.filter((_, index) => found[index] !== undefined);
  };
  assertEquals(await kept(), ["2", "3", "4"]);
  store.keep({ owner: "a", id: "big" }, { ...SAID, input: "x".repeat(400) });
  store.keep({ owner: "a", id: "huge" }, { ...SAID, input: "x".repeat(600) });
  // What fell out of memory is still where it lasts.
  assertEquals(await kept(), ["2", "3", "4", "big"]);
  assert(!(await kept()).includes("huge"));
  await state.close();
});

Deno.test("StateResponseStore goes on in memory when the state fails", async () => {
  const state = new MemoryStateStore();
  await state.close();
  const failures: unknown[] = [];
  const store = new StateResponseStore(state, {
    onFailure: (cause) => failures.push(cause),
  });
  store.keep({ owner: "a", id: "1" }, SAID, { lasting: true });
  assertEquals(await store.get("a", "1"), SAID);
  assertEquals(await store.get("a", "2"), undefined);
  assertEquals(failures.length, 2);
});
