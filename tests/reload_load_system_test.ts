// A config that changes again and again while hundreds are being answered.
import { assert, assertEquals } from "@std/assert";
import { Load, type LoadRequest, type Served } from "./_load.ts";
import { start } from "./_service.ts";

/** `deno task test:load` asks for all of it. */
const FULL = Deno.env.get("LOAD") === "full";
const RELOADS = FULL ? 100 : 8;
const MS = FULL ? 60_000 : 1_600;
const STREAMS = FULL ? 200 : 20;
const RATE = FULL ? 200 : 60;
/** By how much the heap may be larger at the end, and what a small one may vary. */
const GROWTH = 1.1;
const SLACK = 8 * 1024 * 1024;

/** Each version has a route of its own, and a limit that all have. */
function version(number: number): string {
  return `providers:
  - {type: mock, name: mock}
  - {type: mock, name: extra-${number % 3}}
rate_limit: {enabled: true, default: 1000000/minute, routes: {"/v1/embeddings": "3/hour"}}
routes:
  - {match: r${number}, targets: [mock/echo]}
`;
}

/** A stream that lasts for about a third of the test. */
function stream(): LoadRequest {
  const words = Array.from({ length: 20 }, (_, index) => `w${index}`);
  return {
    model: `mock/slow-10-${Math.round(MS / 60)}`,
    stream: true,
    content: words.join(" "),
  };
}

function isWhole({ status, body }: Served): boolean {
  return status === 200 && body.includes("w19") &&
    body.trimEnd().endsWith("[DONE]");
}

async function heap(load: Load): Promise<number> {
  const { body } = await load.get("/metrics");
  return Number(/^process_heap_used_bytes (\S+)$/m.exec(body)?.[1]);
}

/** How many more are let through of three an hour. */
async function embeddings(url: string): Promise<number> {
  const response = await fetch(`${url}/v1/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "mock/embed", input: "hi" }),
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test(`F5: ${RELOADS} reloads lose no request of ${STREAMS} streams and ${RATE} requests a second, apply every change, and leave nothing behind`, async () => {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/config.yaml`;
  await Deno.writeTextFile(file, version(0));
  const service = await start(["--config", file]);
  using load = new Load(service.url);
  const spent = [await embeddings(service.url), await embeddings(service.url)];
  assert(!spent.includes(429));
  await load.open(() => ({ model: "mock/echo" }), { rate: RATE, ms: 500 });
  const before = await heap(load);

  const until = performance.now() + MS;
  const streaming = load.closed(stream, {
    clients: STREAMS,
    until: () => performance.now() > until,
  });
  const asking = load.open(() => ({ model: "mock/echo" }), {
    rate: RATE,
    ms: MS,
  });
  for (let number = 1; number <= RELOADS; number++) {
    await Deno.writeTextFile(file, version(number));
    const reload = await fetch(`${service.url}/v1/config/reload`, {
      method: "POST",
    });
    await reload.body?.cancel();
    assertEquals(reload.status, 200);
    // Every change is in force at once, and what it took away is gone.
    const [now, then] = [`r${number}`, `r${number - 1}`];
    assertEquals((await load.ask({ model: now })).status, 200);
    assertEquals((await load.ask({ model: then })).status, 404);
    await new Promise((resolve) => setTimeout(resolve, MS / RELOADS));
  }
  const [streams, answers] = await Promise.all([streaming, asking]);
  assertEquals(streams.filter((it) => !isWhole(it)), []);
  assertEquals(answers.filter(({ status }) => status !== 200), []);
  // Counts of limits are carried over all of it.
  assertEquals(await embeddings(service.url), spent[0]);
  assertEquals(await embeddings(service.url), 429);

  let after = await heap(load);
  const most = Math.max(before * GROWTH, before + SLACK);
  for (let tries = 0; after > most && tries < 60; tries++) {
    // Garbage is collected in its own time: make it worth while.
    await load.open(() => ({ model: "mock/echo" }), { rate: 200, ms: 500 });
    after = await heap(load);
  }
  assert(after <= most, `the heap went from ${before} to ${after}`);
  assertEquals(await service.stop(), 0);
  await Deno.remove(directory, { recursive: true });
});
