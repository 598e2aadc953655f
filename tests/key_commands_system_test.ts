// The keys of a running service, made and ended at the command line.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Ended, run, start } from "./_service.ts";

/** How long every process took to go by a change, in ms: all of its answers were so. */
async function untilAll(
  status: number,
  { url, key }: { readonly url: string; readonly key?: string },
): Promise<number> {
  const begin = performance.now();
  // Connections of their own reach all workers.
  for (let right = 0; right < 12;) {
    const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    const response = await fetch(`${url}/v1/models`, {
      client,
      headers: { connection: "close", ...(key && { "x-api-key": key }) },
    });
    await response.body?.cancel();
    client.close();
    right = response.status === status ? right + 1 : 0;
    if (performance.now() - begin > 30_000) throw new Error(`Never ${status}`);
    if (right === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - begin;
}

Deno.test("F7: keys made and ended at the command line are so in every process of a running service", async () => {
  const state = await Deno.makeTempDir();
  const env = { LLM_PROXY_STATE: state };
  const keys = (...args: string[]): Promise<Ended> =>
    run(["keys", ...args], env);
  const service = await start(["--workers", "2", "--state", state]);
  try {
    const { url } = service;
    await untilAll(200, { url });
    const made = await keys("create", "alice", "--team", "a", "--json");
    assertEquals(made.code, 0, made.err);
    const { id, key } = JSON.parse(made.out);
    assertMatch(key, /^llmp_/);
    await untilAll(401, { url });
    await untilAll(200, { url, key });
    const listed = await keys("list");
    assert(listed.out.includes(id) && !listed.out.includes(key));
    assertEquals((await keys("disable", id)).code, 0);
    await untilAll(401, { url, key });
    const wrong = await keys("delete", "key_000000000000000000000000");
    assertEquals([wrong.code, wrong.err], [
      1,
      "llm-proxy: There is no such key\n",
    ]);
  } finally {
    await service.stop();
    await Deno.remove(state, { recursive: true });
  }
});

Deno.test("keys tells what is wrong with its words", async () => {
  const { code, err } = await run(["keys", "invent"]);
  assertEquals([code, err.includes("rotate")], [2, true]);
  const memory = await run(["keys", "list"]);
  assertMatch(memory.err, /state in memory/);
});
