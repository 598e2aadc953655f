// Limits that several gateways have in common through one state.
import { MemoryStateStore, type StateStore } from "@llm-proxy/context";
import { assert, assertEquals } from "@std/assert";
import { onNode, startGateway, type TestGateway } from "./_gateway.ts";

// A key of the config is known, whatever becomes of the state.
const KEY = "qW7rTz2Lm9XcVb4N";

/** A state as several machines have it. */
class SharedState extends MemoryStateStore {
  /** Whether it answers at all. */
  isOut = false;

  override get isShared(): boolean {
    return true;
  }

  override get: StateStore["get"] = async (key) => {
    if (this.isOut) throw new Error("It is out of reach");
    return await super.get(key);
  };
}

async function withTwo(
  state: SharedState,
  use: (gateways: readonly TestGateway[]) => Promise<void>,
): Promise<void> {
  const start = () =>
    startGateway(
      `providers: [{type: mock}]\nauth: {api_keys: [{name: ci, key: ${KEY}}]}\nrate_limit: {default: 40/hour}\n`,
      onNode,
      undefined,
      { state },
    );
  const gateways = [await start(), await start()];
  try {
    await use(gateways);
  } finally {
    for (const gateway of gateways) await gateway.close();
  }
}

/** How many of so many requests are let in, by both in turn. */
async function admitted(
  gateways: readonly TestGateway[],
  requests: number,
): Promise<number> {
  let count = 0;
  for (let i = 0; i < requests; i++) {
    const { url } = gateways[i % gateways.length]!;
    const response = await fetch(`${url}/v1/models`, {
      headers: { "x-api-key": KEY },
    });
    await response.body?.cancel();
    if (response.status === 200) count++;
    else assertEquals(response.status, 429);
  }
  return count;
}

Deno.test("L8: two gateways with one state let no more in than the limit says, and as many", async () => {
  const state = new SharedState();
  await withTwo(state, async (gateways) => {
    const count = await admitted(gateways, 100);
    // A fortieth for each may come before the first answer of the store.
    assert(count >= 36 && count <= 42, `${count}`);
  });
});

Deno.test("S7: a state out of reach locks nobody out, and lets each gateway have its half", async () => {
  const state = new SharedState();
  state.isOut = true;
  await withTwo(state, async (gateways) => {
    const before = performance.now();
    const count = await admitted(gateways, 100);
    assert(count >= 30 && count <= 44, `${count}`);
    // No more than a few have waited for it at all.
    assert(performance.now() - before < 5_000);
    const told = gateways.flatMap(({ lines }) => lines)
      .filter((line) => line.includes("shared limits are out of reach"));
    assertEquals(told.length, 2);
  });
});
