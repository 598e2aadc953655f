import { assert, assertEquals, assertRejects } from "@std/assert";
import { withDirectory } from "./_test_state.ts";
import { testStateStore } from "./_test_state_store_contract.ts";
import { openStateStore } from "./open_state_store.ts";
import { StartingStateStore } from "./starting_state_store.ts";
import { StateError } from "./state_error.ts";

testStateStore("StartingStateStore", (now) => ({
  store: new StartingStateStore({ type: "memory" }, { now }),
  close: () => {},
}));

Deno.test("StartingStateStore takes calls before the file is open, and keeps them", async () => {
  await withDirectory(async (directory) => {
    const store = new StartingStateStore({ type: "file", directory });
    const written = store.set(["a"], 1);
    assertEquals([store.status.mode, store.status.waiting], ["opening", 0]);
    await written;
    assertEquals(store.status.mode, "durable");
    await store.close();
    assertEquals(store.status.mode, "closed");
    const again = await openStateStore({ type: "file", directory });
    assertEquals((await again.get(["a"]))?.value, 1);
    await again.close();
  });
});

Deno.test("StartingStateStore.close() waits for what is being opened", async () => {
  await withDirectory(async (directory) => {
    const store = new StartingStateStore({ type: "file", directory });
    await store.close();
    await assertRejects(() => store.get(["a"]), StateError);
  });
});

Deno.test("S9: StartingStateStore tells that a newer program wrote the state", async () => {
  await withDirectory(async (directory) => {
    const location = { type: "file", directory } as const;
    const newer = await openStateStore(location, { schema: { version: 2 } });
    await newer.set(["a"], 1);
    await newer.close();
    const store = new StartingStateStore(location);
    const error = await assertRejects(() => store.opened, StateError);
    assertEquals(error.code, "newer_schema");
    await assertRejects(() => store.get(["a"]), StateError);
    await store.close();
    assert(store.status.mode === "closed");
  });
});
