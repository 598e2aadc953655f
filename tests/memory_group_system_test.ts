// P6: a service in a control group with little memory, and more large bodies
// at once than fit.
import { assert, assertEquals } from "@std/assert";
import { Load } from "./_load.ts";
import { start } from "./_service.ts";
import { until } from "../logging/_test_wait.ts";

const MIB = 1_048_576;
const MEGABYTES = 512;
const CLIENTS = 12;
/** How long they ask, in ms; P6 asks for ten minutes. */
const LOAD_MS = Deno.env.get("MEMORY") === "full" ? 600_000 : 6_000;
/** Half of the memory, and what the engine adds for what is young. */
const MAX_HEAP = (MEGABYTES * 0.65) * MIB;
/** As `deno task start` and the unit have it. */
const ENV = {
  DENO_USE_CGROUPS: "1",
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "16384",
  MALLOC_MMAP_MAX_: "16384",
};

/** Whether control groups can be made here: that takes an administrator. */
const CAN_BOUND = Deno.build.os === "linux" && await canBound();
if (!CAN_BOUND) {
  // deno-lint-ignore no-console
  console.log("P6: skipped, as no control group can be made here");
}

async function canBound(): Promise<boolean> {
  const { success } = await new Deno.Command("deno", {
    args: ["run", "--quiet", "-A", "tests/_memory_group.ts", "128", "-V"],
    cwd: new URL("../", import.meta.url),
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

async function overfill(url: string): Promise<void> {
  using load = new Load(url);
  const memory = async (): Promise<Record<string, unknown>> =>
    JSON.parse((await load.get("/v1/status")).body).memory;
  const { limit_bytes: limit, heap_limit_bytes: heap } = await memory();
  assertEquals(limit, MEGABYTES * MIB);
  assert(Number(heap) <= MAX_HEAP, `${heap}`);

  const content = "a picture, perhaps ".repeat(16 * MIB / 19);
  const end = performance.now() + LOAD_MS;
  const served = await load.closed(
    () => ({ model: "mock/lorem", content }),
    { clients: CLIENTS, until: () => performance.now() > end },
  );
  const statuses = new Set(served.map(({ status }) => status));
  assertEquals([...statuses].sort(), [200, 503]);
  for (const { status, headers } of served) {
    if (status === 503) assert(Number(headers["retry-after"]) >= 1);
  }
  const ended = performance.now();
  await until(async () => (await memory())["pressure"] === "normal");
  assert(performance.now() - ended < 30_000);
  assertEquals((await load.ask({ model: "mock/echo" })).status, 200);
}

Deno.test({
  name:
    "P6: in a group of 512 MB more large bodies than fit get 503 and a time, nothing is killed, and it recovers within 30 s",
  ignore: !CAN_BOUND,
  async fn() {
    const service = await start([], ENV, { megabytes: MEGABYTES });
    try {
      await overfill(service.url);
    } finally {
      assertEquals(await service.stop(), 0);
    }
    assert(/^oom kills: 0,/m.test(service.output()), service.output());
  },
});
