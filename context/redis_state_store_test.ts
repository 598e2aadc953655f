import { assert, assertEquals, assertRejects } from "@std/assert";
import { hasRedis, TestRedis } from "./_test_redis.ts";
import { largeBytes, testStateStore } from "./_test_state_store_contract.ts";
import {
  type OpenStateStore,
  openStateStore,
  type OpenStateStoreOptions,
  type StateLocation,
} from "./open_state_store.ts";
import { StateError } from "./state_error.ts";
import type { StateAlarm } from "./state_status.ts";
import type { StateRow, StateSchema } from "./state_schema.ts";
import { until } from "../logging/_test_wait.ts";

const SUM = { type: "sum", key: ["n"], amount: 1 } as const;

function redisTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !hasRedis, fn });
}

if (hasRedis) {
  testStateStore("A state in Redis", async (now) => {
    const server = await TestRedis.start();
    const { url } = server;
    const store = await openStateStore({ type: "redis", url }, { now });
    assertEquals(store.status.mode, "durable", store.status.message);
    return { store, close: () => server.stop() };
  });
}

interface Connected {
  readonly store: OpenStateStore;
  readonly alarms: StateAlarm[];
}

async function connect(
  { url, password }: Omit<StateLocation & { type: "redis" }, "type">,
  options: OpenStateStoreOptions = {},
): Promise<Connected> {
  const alarms: StateAlarm[] = [];
  const store = await openStateStore({ type: "redis", url, password }, {
    retryMs: 20,
    timeoutMs: 1_000,
    slowMs: 200,
    openWithinMs: 3_000,
    onAlarm: (alarm) => void alarms.push(alarm),
    ...options,
  });
  return { store, alarms };
}

redisTest(
  "S7: a store starts while Redis refuses connections, and goes there when it does not",
  async () => {
    await using server = await TestRedis.start();
    await server.stop();
    const { store, alarms } = await connect(server);
    assertEquals(store.status.mode, "degraded");
    await store.set(["a"], 1);
    await store.commit({ writes: [SUM] });
    await server.again();
    await until(() => store.status.mode === "durable");
    assertEquals((await store.get(["a"]))?.value, 1);
    assertEquals(await store.count(["n"]), 1);
    assertEquals(alarms.map(({ type }) => type), ["degraded", "resumed"]);
    await store.close();
  },
);

redisTest(
  "S7: a Redis that freezes makes nobody wait for long, and nothing is lost or added twice",
  async () => {
    await using server = await TestRedis.start();
    const { store, alarms } = await connect(server);
    await store.commit({ writes: [SUM] });
    server.freeze();
    const start = performance.now();
    await Promise.all(
      Array.from({ length: 50 }, () => store.commit({ writes: [SUM] })),
    );
    assert(performance.now() - start < 5_000);
    for (let at = 0; at < 50; at++) await store.commit({ writes: [SUM] });
    assertEquals(store.status.mode, "degraded");
    const unknown = await assertRejects(() => store.get(["key"]), StateError);
    assertEquals(unknown.code, "unavailable");
    server.thaw();
    await until(() => store.status.mode === "durable");
    assertEquals(await store.count(["n"]), 101);
    assertEquals(await store.get(["key"]), undefined);
    assertEquals(alarms.at(-1)?.type, "resumed");
    await store.close();
  },
);

redisTest(
  "S7: a Redis that comes back empty takes what waited, and what it lost is told as none",
  async () => {
    await using server = await TestRedis.start();
    const { store } = await connect(server);
    await store.set(["old"], 1);
    await server.stop();
    await assertRejects(() => store.get(["old"]), StateError);
    await store.set(["new"], 2);
    await server.again();
    await until(() => store.status.mode === "durable");
    assertEquals((await store.get(["new"]))?.value, 2);
    assertEquals(await store.get(["old"]), undefined);
    await store.close();
  },
);

redisTest(
  "A Redis without memory or with a role that cannot write is read meanwhile",
  async () => {
    await using server = await TestRedis.start();
    const { store } = await connect(server);
    await store.set(["a"], 1);
    for (
      const [fault, mended, code] of [
        ["CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "full"],
        ["REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "read_only"],
      ] as const
    ) {
      await server.say(fault);
      await store.commit({ writes: [SUM] });
      assertEquals([store.status.mode, store.status.code], ["degraded", code]);
      assertEquals((await store.get(["a"]))?.value, 1);
      await server.say(mended);
      await until(() => store.status.mode === "durable");
    }
    assertEquals(await store.count(["n"]), 2);
    await store.close();
  },
);

redisTest("A Redis that evicts keys is not trusted with state", async () => {
  const settings = ["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"];
  await using server = await TestRedis.start(settings);
  const { store } = await connect(server);
  assert(store.status.message?.includes("noeviction"), store.status.message);
  await server.say("CONFIG SET maxmemory-policy noeviction");
  await until(() => store.status.mode === "durable");
  await store.close();
});

redisTest(
  "A password of Redis opens it, and a wrong one is in no message",
  async () => {
    const password = "p-8Zx/2@k:Q";
    await using server = await TestRedis.start(["--requirepass", password]);
    const right = await connect({ url: server.url, password });
    assertEquals(right.store.status.mode, "durable");
    await right.store.close();
    const named = server.url.replace("redis://", "redis://default@");
    const user = await connect({ url: named, password });
    assertEquals(user.store.status.mode, "durable");
    await user.store.close();
    for (const wrong of ["w-5Tq9sLm", undefined]) {
      const { store, alarms } = await connect({
        url: server.url,
        password: wrong,
      });
      assertEquals(store.status.mode, "degraded");
      const words = Deno.inspect([alarms, store.status], {
        depth: 20,
        showHidden: true,
      });
      assert(!words.includes("w-5Tq9sLm"), words);
      assert(words.includes("password"), words);
      await store.close();
    }
  },
);

redisTest(
  "openStateStore() refuses a URL with a password, or not one of Redis",
  async () => {
    for (const url of ["redis://a:b@127.0.0.1", "http://127.0.0.1"]) {
      await assertRejects(
        () => openStateStore({ type: "redis", url }),
        TypeError,
      );
    }
  },
);

redisTest(
  "Two stores on one Redis see one another's writes, and one of them gets a lease",
  async () => {
    await using server = await TestRedis.start();
    const [one, two] = [await connect(server), await connect(server)];
    assert(one.store.isShared);
    await one.store.set(["a"], largeBytes(100_000));
    assertEquals((await two.store.get(["a"]))?.value, largeBytes(100_000));
    await Promise.all(
      [one, two].flatMap(({ store }) =>
        Array.from({ length: 50 }, () => store.commit({ writes: [SUM] }))
      ),
    );
    assertEquals(await one.store.count(["n"]), 100);
    const leases = await Promise.all(
      [one, two].map(({ store }) => store.lease(["job"], { ttlMs: 60_000 })),
    );
    assertEquals(leases.filter((lease) => lease !== undefined).length, 1);
    await one.store.close();
    await two.store.close();
  },
);

redisTest(
  "S8: a state in Redis sweeps what is over, and leaves nothing behind",
  async () => {
    await using server = await TestRedis.start();
    let now = 1_800_000_000_000;
    const { store } = await connect(server, {
      now: () => now,
      sweepEveryMs: 5,
    });
    const deadline = now + 1_000;
    for (let at = 0; at < 250; at++) {
      await store.commit({
        writes: [
          { type: "set", key: ["a", at], value: at, deadline },
          { type: "sum", key: ["n", at], amount: 1, deadline },
        ],
      });
    }
    await store.set(["a", 0], "kept");
    now += 7_200_000;
    await until(async () =>
      (await server.say("ZCARD {llm-proxy}:1:d")).startsWith(":0")
    );
    assertEquals((await server.say("HLEN {llm-proxy}:1:v")).trim(), ":1");
    assertEquals((await server.say("ZCARD {llm-proxy}:1:vi")).trim(), ":1");
    assertEquals((await server.say("HLEN {llm-proxy}:1:c")).trim(), ":0");
    assertEquals((await server.say("ZCARD {llm-proxy}:1:ci")).trim(), ":0");
    assertEquals((await store.get(["a", 0]))?.value, "kept");
    await store.close();
  },
);

/** Teams got a prefix, and what is old is dropped. */
const SECOND: StateSchema = {
  version: 2,
  upgrade(row: StateRow): StateRow | undefined {
    return row.key[0] === "old"
      ? undefined
      : { ...row, key: ["team", ...row.key] };
  },
};

redisTest(
  "S9: an upgrade in Redis moves values, counts and deadlines, and a downgrade is refused",
  async () => {
    await using server = await TestRedis.start();
    const first = await connect(server);
    const deadline = Date.now() + 3_600_000;
    for (let at = 0; at < 120; at++) await first.store.set(["a", at], at);
    await first.store.set(["large"], largeBytes(300_000), { deadline });
    await first.store.set(["old"], 1);
    await first.store.commit({ writes: [{ ...SUM, amount: 7, deadline }] });
    await first.store.close();
    const { store } = await connect(server, { schema: SECOND });
    assertEquals((await store.get(["team", "a", 119]))?.value, 119);
    assertEquals((await store.list([], { limit: 1_000 })).entries.length, 121);
    const large = await store.get(["team", "large"]);
    assertEquals(large?.value, largeBytes(300_000));
    assertEquals(large?.deadline, deadline);
    assertEquals(await store.count(["team", "n"]), 7);
    assertEquals((await server.say("ZCARD {llm-proxy}:2:d")).trim(), ":3");
    for (const kind of ["v", "vi", "c", "ci", "d"]) {
      const left = await server.say(`EXISTS {llm-proxy}:1:${kind}`);
      assertEquals(left.trim(), ":0", kind);
    }
    await store.close();
    const refused = await assertRejects(() => connect(server), StateError);
    assertEquals(refused.code, "newer_schema");
  },
);
