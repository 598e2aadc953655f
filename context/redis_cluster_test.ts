import { assertEquals } from "@std/assert";
import { hasRedis, TestRedis } from "./_test_redis.ts";
import { testStateStore } from "./_test_state_store_contract.ts";
import { openStateStore } from "./open_state_store.ts";
import { until } from "../logging/_test_wait.ts";

/** A cluster of one, which answers for every slot; it takes two seconds. */
async function startCluster(): Promise<TestRedis> {
  const nodes = `nodes-${crypto.randomUUID()}.conf`;
  const server = await TestRedis.start([
    ...["--cluster-enabled", "yes", "--cluster-config-file", nodes],
    ...["--cluster-announce-ip", "127.0.0.1"],
  ]);
  await server.say("CLUSTER ADDSLOTSRANGE 0 16383");
  await until(async () =>
    (await server.say("CLUSTER INFO")).includes("cluster_state:ok")
  );
  await Deno.remove(`/tmp/${nodes}`);
  return server;
}

if (hasRedis) {
  const server = await startCluster();
  Deno.test.afterAll(() => server.stop());
  testStateStore("A state in a cluster of Redis", async (now) => {
    await server.say("FLUSHALL");
    const { url } = server;
    const store = await openStateStore({ type: "redis", url }, { now });
    assertEquals(store.status.mode, "durable", store.status.message);
    return { store, close: () => {} };
  });
}
