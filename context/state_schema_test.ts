import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import {
  moduleUrl,
  openFile,
  rowsOf,
  runProgram,
  withDirectory,
} from "./_test_state.ts";
import { largeBytes } from "./_test_state_store_contract.ts";
import { StateError } from "./state_error.ts";
import type { StateRow, StateSchema } from "./state_schema.ts";
import type { StateStore } from "./state_store.ts";

/** Teams got a prefix, amounts became objects, and what is old is dropped. */
const SECOND: StateSchema = {
  version: 2,
  upgrade(row: StateRow): StateRow | undefined {
    if (row.key[0] === "old") return undefined;
    const key = ["team", ...row.key];
    return row.type === "count" || row.value instanceof Uint8Array
      ? { ...row, key }
      : { ...row, key, value: { amount: row.value } };
  },
};

async function fill(store: StateStore, rows: number): Promise<void> {
  for (let at = 0; at < rows; at++) {
    await store.commit({
      writes: [
        { type: "set", key: ["a", at], value: at },
        { type: "sum", key: ["n", at], amount: at },
      ],
    });
  }
}

Deno.test("S9: an upgrade moves values, counts and deadlines, and leaves nothing behind", async () => {
  await withDirectory(async (directory) => {
    let now = 1_800_000_000_000;
    const deadline = now + 1_000;
    const first = await openFile(directory, { now: () => now });
    await fill(first.store, 120);
    await first.store.set(["large"], largeBytes(300_000), { deadline });
    await first.store.set(["old"], 1);
    const sum = { type: "sum", key: ["w"], amount: 5, deadline } as const;
    await first.store.commit({ writes: [sum] });
    await first.store.close();
    const { store } = await openFile(directory, {
      schema: SECOND,
      now: () => now,
    });
    assertEquals((await store.get(["team", "a", 7]))?.value, { amount: 7 });
    assertEquals(await store.count(["team", "n", 7]), 7);
    assertEquals(await store.count(["team", "w"]), 5);
    const large = await store.get(["team", "large"]);
    assertEquals([large?.value, large?.deadline], [
      largeBytes(300_000),
      deadline,
    ]);
    assertEquals((await store.list([], { limit: 500 })).entries.length, 121);
    now += 7_200_000;
    await store.close();
    const kv = await Deno.openKv(join(directory, "state.kv"));
    const left = await rowsOf(kv);
    kv.close();
    assertEquals(left.filter(([version]) => version === 1), []);
    const owners = left.filter(([, kind]) => kind === "d");
    assertEquals(owners.map((key) => key.slice(3)), [
      ["c", "team", "w"],
      ["v", "team", "large"],
    ]);
  });
});

Deno.test("S9: an upgrade does not touch what was written since, and adds counts up", async () => {
  await withDirectory(async (directory) => {
    const kv = await Deno.openKv(join(directory, "state.kv"));
    kv.close();
    const second = await openFile(directory, { schema: { version: 2 } });
    await second.store.set(["a"], "new");
    const sum = { type: "sum", key: ["n"], amount: 10 } as const;
    await second.store.commit({ writes: [sum] });
    await second.store.close();
    // An older program that was still at work while it was upgraded.
    const late = await Deno.openKv(join(directory, "state.kv"));
    const row = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0x37);
    await late.set([1, "v", "a"], row);
    await late.set([1, "v", "b"], row);
    await late.set([1, "v", "c"], "foreign");
    await late.set([1, "c", "c"], "foreign");
    await late.atomic().sum([1, "c", "n"], 5n).commit();
    late.close();
    const { store } = await openFile(directory, { schema: { version: 2 } });
    assertEquals((await store.get(["a"]))?.value, "new");
    assertEquals((await store.get(["b"]))?.value, 7);
    assertEquals(await store.count(["n"]), 15);
    await store.close();
  });
});

Deno.test("S9: a downgrade is refused, says why, and changes nothing", async () => {
  await withDirectory(async (directory) => {
    const first = await openFile(directory, { schema: { version: 3 } });
    await first.store.set(["a"], 1);
    await first.store.close();
    const error = await assertRejects(
      () => openFile(directory, { schema: { version: 2 } }),
      StateError,
      "The state has schema 3 and this program knows no newer one than 2",
    );
    assertEquals(error.code, "newer_schema");
    const { store } = await openFile(directory, { schema: { version: 3 } });
    assertEquals((await store.get(["a"]))?.value, 1);
    await store.close();
  });
});

/** As often as the check asks; a few times where everything is tested. */
const KILLED = Deno.env.get("KILLS") === "full" ? 20 : 7;

Deno.test("S9: an upgrade that is killed again and again is done in the end, and nothing is stuck or lost", async () => {
  await withDirectory(async (directory) => {
    const rows = 600;
    const first = await openFile(directory);
    for (let at = 0; at < rows; at += 200) {
      await first.store.commit({
        writes: Array.from({ length: 200 }, (_, i) => ({
          type: "set",
          key: ["a", at + i],
          value: at + i,
        } as const)),
      });
      await first.store.commit({
        writes: Array.from({ length: 200 }, (_, i) => ({
          type: "sum",
          key: ["n", at + i],
          amount: at + i,
        } as const)),
      });
    }
    await first.store.close();
    // Tells when it begins, so that each is killed at another moment of its work.
    const program = `
      import { openStateStore } from ${moduleUrl("open_state_store.ts")};
      const upgrade = (row) => {
        if (!globalThis.told) console.log(globalThis.told = "begun");
        return { ...row, key: ["team", ...row.key] };
      };
      await openStateStore({ type: "file", directory: Deno.args[0] }, {
        schema: { version: 2, upgrade },
        check: () => Promise.resolve({ state: "sound", detail: "" }),
        openWithinMs: 60_000,
      });
      console.log("done");
      setTimeout(() => {}, 60_000);
    `;
    let halfway = 0;
    for (let round = 0; round < KILLED; round++) {
      const child = runProgram(program, [directory]);
      const lines = child.stdout.pipeThrough(new TextDecoderStream());
      for await (const text of lines) {
        if (text.includes("done")) break;
        await new Promise((resolve) => setTimeout(resolve, round % 7));
        break;
      }
      child.kill("SIGKILL");
      await child.stderr.cancel();
      await child.status;
      const kv = await Deno.openKv(join(directory, "state.kv"));
      const versions = new Set((await rowsOf(kv)).map(([version]) => version));
      kv.close();
      if (versions.has(1) && versions.has(2)) halfway++;
    }
    assert(halfway > 0);
    const { store, alarms } = await openFile(directory, {
      schema: {
        version: 2,
        upgrade: (row) => ({ ...row, key: ["team", ...row.key] }),
      },
    });
    for (const at of [0, 1, 299, 599]) {
      assertEquals((await store.get(["team", "a", at]))?.value, at);
      assertEquals(await store.count(["team", "n", at]), at);
    }
    const values = await store.list(["team", "a"], { limit: 1_000 });
    const counts = await store.listCounts(["team", "n"], { limit: 1_000 });
    assertEquals([values.entries.length, counts.entries.length], [rows, rows]);
    assertEquals((await store.list(["a"])).entries, []);
    assertEquals(alarms, []);
    await store.close();
  });
});
