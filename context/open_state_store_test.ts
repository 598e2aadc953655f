import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "node:path";
import {
  fillFile,
  moduleUrl,
  openFile,
  overwritePage,
  runProgram,
  withDirectory,
} from "./_test_state.ts";
import { openStateStore } from "./open_state_store.ts";
import { StateError } from "./state_error.ts";
import { until } from "../logging/_test_wait.ts";

/** As often as the checks ask; a few times where everything is tested. */
const isFull = Deno.env.get("KILLS") === "full";

const SUM = { type: "sum", key: ["n"], amount: 1 } as const;

async function quarantined(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    if (/\.corrupt-.*Z$/.test(name)) names.push(name);
  }
  return names;
}

/** Holds the write lock of a file in another process. */
async function lock(path: string): Promise<() => Promise<void>> {
  const child = runProgram(
    `
      import { DatabaseSync } from "node:sqlite";
      const database = new DatabaseSync(Deno.args[0]);
      database.exec("BEGIN IMMEDIATE");
      console.log("locked");
      setTimeout(() => {}, 60_000);
    `,
    [path],
  );
  const reader = child.stdout.getReader();
  await reader.read();
  return async () => {
    child.kill("SIGKILL");
    await reader.cancel();
    await child.stderr.cancel();
    await child.status;
  };
}

Deno.test("S2: a corrupt state file is put aside, a new one begun, and the process lives", async () => {
  for (const page of [0, 1, 3, 60, -3]) {
    await withDirectory(async (directory) => {
      const path = join(directory, "state.kv");
      await fillFile(path);
      const pages = (await Deno.stat(path)).size / 4_096;
      await overwritePage(path, page < 0 ? pages + page : page);
      const corrupt = await Deno.readFile(path);
      const start = performance.now();
      const { store, alarms } = await openFile(directory);
      assert(performance.now() - start < 5_000);
      assertEquals(store.status.mode, "durable", `page ${page}`);
      const [alarm] = alarms;
      assert(alarm?.type === "quarantined");
      assertEquals(dirname(alarm.path), directory);
      assertEquals(await Deno.readFile(alarm.path), corrupt);
      await store.set(["a"], 1);
      await store.close();
      const again = await openFile(directory);
      assertEquals((await again.store.get(["a"]))?.value, 1);
      assertEquals(again.alarms, []);
      await again.store.close();
    });
  }
});

Deno.test("S2: of corrupt state files the last three are kept", async () => {
  await withDirectory(async (directory) => {
    for (let round = 0; round < 5; round++) {
      await Deno.writeTextFile(
        join(directory, "state.kv"),
        `No database ${round}`.repeat(100),
      );
      const { store } = await openFile(directory);
      await store.close();
    }
    const kept = (await quarantined(directory)).sort();
    assertEquals(kept.length, 3);
    const newest = await Deno.readTextFile(join(directory, kept[2]!));
    assert(newest.startsWith("No database 4"));
  });
});

Deno.test("S2: an empty state file is a new one, and a missing directory is made", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeFile(join(directory, "state.kv"), new Uint8Array());
    const inner = join(directory, "not", "there");
    for (const place of [directory, inner]) {
      const { store, alarms } = await openFile(place);
      await store.set(["a"], 1);
      assertEquals([store.status.mode, alarms], ["durable", []]);
      await store.close();
    }
    assertEquals(((await Deno.stat(inner)).mode ?? 0) & 0o777, 0o700);
  });
});

Deno.test("S2: a state in a place that cannot be one works in memory and moves there when it can", async () => {
  await withDirectory(async (directory) => {
    // A file where the directory should be: nothing can have been stored.
    const place = join(directory, "state");
    await Deno.writeTextFile(place, "");
    const { store, alarms } = await openFile(place);
    assertEquals([store.status.mode, alarms[0]?.type], [
      "degraded",
      "degraded",
    ]);
    await store.set(["a"], { x: 1 });
    await store.commit({ writes: [SUM] });
    assertEquals(await store.get(["b"]), undefined);
    assertEquals((await store.list([])).entries.length, 1);
    await Deno.remove(place);
    await until(() => store.status.mode === "durable");
    await store.close();
    const again = await openFile(place);
    assertEquals((await again.store.get(["a"]))?.value, { x: 1 });
    assertEquals(await again.store.count(["n"]), 1);
    await again.store.close();
  });
});

Deno.test("S2: a directory in place of the state file lets changes wait until it is gone", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "state.kv");
    await Deno.mkdir(path);
    const { store } = await openFile(directory);
    assertEquals(store.status.mode, "degraded");
    await store.set(["a"], 1);
    assertEquals((await store.get(["a"]))?.value, 1);
    const error = await assertRejects(() => store.get(["b"]), StateError);
    assertEquals(error.code, "unavailable");
    await Deno.remove(path);
    await until(() => store.status.mode === "durable");
    assertEquals((await store.get(["a"]))?.value, 1);
    assertEquals(await store.get(["b"]), undefined);
    await store.close();
  });
});

Deno.test("S2: a file that cannot be checked is opened all the same, and that is told", async () => {
  await withDirectory(async (directory) => {
    const first = await openFile(directory);
    await first.store.close();
    const detail = "Not permitted";
    const { store, alarms } = await openFile(directory, {
      check: () => Promise.resolve({ state: "unknown", detail }),
    });
    assertEquals(store.status.mode, "durable");
    assertEquals(alarms, [{ type: "unchecked", detail }]);
    await store.close();
  });
});

Deno.test("S2: a check that takes long does not hold up the start, and ends with the store", async () => {
  await withDirectory(async (directory) => {
    const first = await openFile(directory);
    await first.store.set(["a"], 1);
    await first.store.close();
    let isEnded = false;
    const { store } = await openFile(directory, {
      openWithinMs: 50,
      check: (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            isEnded = true;
            resolve({ state: "unknown", detail: "Ended" });
          });
        }),
    });
    assertEquals(store.status.mode, "degraded");
    await store.set(["b"], 1);
    await store.close();
    await until(() => isEnded);
    const again = await openFile(directory);
    assertEquals((await again.store.get(["a"]))?.value, 1);
    await again.store.close();
  });
});

Deno.test("S1: while another process holds the lock, writes wait in memory and none is lost", async () => {
  await withDirectory(async (directory) => {
    const { store, alarms } = await openFile(directory, { slowMs: 100 });
    await store.set(["a"], 1);
    const unlock = await lock(join(directory, "state.kv"));
    const first = store.commit({ writes: [SUM] });
    await until(() => store.status.mode === "degraded");
    for (let at = 0; at < 500; at++) await store.commit({ writes: [SUM] });
    await unlock();
    await first;
    await until(() => store.status.mode === "durable");
    assertEquals(await store.count(["n"]), 501);
    assertEquals((await store.get(["a"]))?.value, 1);
    assertEquals(alarms.map(({ type }) => type), ["degraded", "resumed"]);
    await store.close();
  });
});

Deno.test("S1: a store whose file is held when it is opened or closed waits for neither", async () => {
  await withDirectory(async (directory) => {
    const first = await openFile(directory);
    await first.store.set(["a"], 1);
    await first.store.close();
    const unlock = await lock(join(directory, "state.kv"));
    const { store } = await openFile(directory, { openWithinMs: 200 });
    assertEquals(store.status.mode, "degraded");
    await store.set(["b"], 2);
    const start = performance.now();
    const closed = store.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert(performance.now() - start < 1_000, "the event loop was held");
    await unlock();
    await closed;
    const again = await openFile(directory);
    assertEquals((await again.store.get(["a"]))?.value, 1);
    await again.store.close();
  });
});

/** Opens a store, adds, and tells. */
const ADDER = `
  import { openStateStore } from ${moduleUrl("open_state_store.ts")};
  const [directory, start, name, times] = Deno.args;
  await new Promise((resolve) => setTimeout(resolve, start - Date.now()));
  const store = await openStateStore({ type: "file", directory }, {
    openWithinMs: 20_000,
    check: () => Promise.resolve({ state: "sound", detail: "" }),
  });
  if (store.status.mode !== "durable") throw new Error(store.status.message);
  for (let at = 0; at < times; at++) {
    await store.commit({ writes: [
      { type: "sum", key: ["n"], amount: 1 },
      { type: "set", key: [name, at], value: at },
    ] });
  }
  await store.close();
`;

const OPENED = isFull ? 50 : 15;

Deno.test(`S6: two processes that open the same new file at once, ${OPENED} times, both do`, async () => {
  await withDirectory(async (directory) => {
    // One pair opens many new files: a process takes longer to start than to open.
    const program = `
      import { openStateStore } from ${moduleUrl("open_state_store.ts")};
      const [root, name] = Deno.args;
      for (let round = 0; round < ${OPENED}; round++) {
        const directory = root + "/" + round;
        await Deno.mkdir(root + "/ready-" + round, { recursive: true });
        await Deno.writeTextFile(root + "/ready-" + round + "/" + name, "");
        while ([...Deno.readDirSync(root + "/ready-" + round)].length < 2) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        const store = await openStateStore({ type: "file", directory }, {
          openWithinMs: 20_000,
          check: () => Promise.resolve({ state: "sound", detail: "" }),
        });
        if (store.status.mode !== "durable") throw new Error(store.status.message);
        await store.commit({ writes: [{ type: "sum", key: ["n"], amount: 1 }] });
        if (store.status.mode !== "durable") throw new Error(store.status.message);
        await store.close();
      }
    `;
    const children = ["a", "b"].map((name) =>
      runProgram(program, [directory, name]).output()
    );
    for (const { success, stderr } of await Promise.all(children)) {
      assert(success, new TextDecoder().decode(stderr));
    }
    for (const round of [0, OPENED >> 1, OPENED - 1]) {
      const { store } = await openFile(join(directory, `${round}`));
      assertEquals(await store.count(["n"]), 2);
      await store.close();
    }
  });
});

Deno.test("S6: two processes add to one count, and nothing is lost", async () => {
  await withDirectory(async (directory) => {
    const start = `${Date.now() + 500}`;
    const children = ["a", "b"].map((name) =>
      runProgram(ADDER, [directory, start, name, "300"]).output()
    );
    for (const { success, stderr } of await Promise.all(children)) {
      assert(success, new TextDecoder().decode(stderr));
    }
    const { store } = await openFile(directory);
    assertEquals(await store.count(["n"]), 600);
    const rows = await store.list(["a"], { limit: 1_000 });
    assertEquals(rows.entries.length, 300);
    await store.close();
  });
});

const KILLED = isFull ? 50 : 8;

Deno.test(`S4: what was acknowledged is there after kill -9, ${KILLED} times over`, async () => {
  await withDirectory(async (directory) => {
    const program = `
      import { openStateStore } from ${moduleUrl("open_state_store.ts")};
      const [directory, round] = Deno.args;
      const store = await openStateStore({ type: "file", directory }, {
        check: () => Promise.resolve({ state: "sound", detail: "" }),
      });
      for (let at = 0;; at++) {
        await store.commit({ writes: [
          { type: "set", key: ["row", +round, at], value: "x".repeat(at % 9 * 20_000) },
          { type: "sum", key: ["n"], amount: 1 },
        ] });
        console.log(at);
      }
    `;
    let acknowledged = 0;
    for (let round = 0; round < KILLED; round++) {
      const child = runProgram(program, [directory, `${round}`]);
      let text = "";
      // From its first write on, however long that takes to come.
      let timer: ReturnType<typeof setTimeout> | undefined;
      for await (
        const part of child.stdout.pipeThrough(new TextDecoderStream())
      ) {
        text += part;
        timer ??= setTimeout(
          () => child.kill("SIGKILL"),
          Math.random() * 80,
        );
      }
      clearTimeout(timer);
      await child.stderr.cancel();
      await child.status;
      const told = text.split("\n").length - 1;
      acknowledged += told;
      const { store, alarms } = await openFile(directory);
      assertEquals([store.status.mode, alarms], ["durable", []]);
      let rows = 0;
      let cursor: string | undefined;
      do {
        const page = await store.list(["row", round], { cursor, limit: 1_000 });
        rows += page.entries.length;
        cursor = page.cursor;
      } while (cursor !== undefined);
      assert(rows === told || rows === told + 1, `${rows} of ${told}`);
      await store.close();
    }
    const { store } = await openFile(directory);
    const count = await store.count(["n"]);
    assert(count >= acknowledged && count <= acknowledged + KILLED);
    assert(acknowledged > 0);
    await store.close();
  });
});

Deno.test("openStateStore() refuses a URL that is not one of HTTP", async () => {
  const token = "secret";
  for (const url of ["file:///tmp/state.kv", "/tmp/state.kv"]) {
    await assertRejects(
      () => openStateStore({ type: "connect", url, token }),
      TypeError,
    );
  }
});
