// P5: what modules of the config's own throw, in any way and at any time, is
// their own request's matter at most.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { start } from "./_service.ts";

/** A logger and a cache, each call of which fails in another way. */
const MODULE = `
let calls = 0;
const WAYS = [
  () => { throw new Error("thrown"); },
  () => Promise.reject(new Error("rejected")),
  () => { void Promise.reject(new Error("left alone")); },
  () => { setTimeout(() => { throw new Error("late"); }, 1); },
  () => { queueMicrotask(() => { throw new Error("task"); }); },
  () => {
    const stream = new ReadableStream({ pull() { throw new Error("stream"); } });
    stream.getReader().read();
  },
];
const fail = () => WAYS[calls++ % WAYS.length]();
export class OwnLogger {
  debug() { return fail(); }
  info() { return fail(); }
  warn() { return fail(); }
  error() { return fail(); }
  child() { return this; }
}
export class OwnCache {
  get() { return fail(); }
  set() { return fail(); }
  delete() { return fail(); }
  clear() { return fail(); }
}
`;

const CONFIG = `
providers: [{type: mock}]
logging: {module: ./own.ts, class: OwnLogger}
caching: {response_cache: {enabled: true}}
cache: {module: ./own.ts, class: OwnCache}
`;

async function ask(url: string, model: string): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model,
      stream: model !== "mock/echo",
      messages: [{ role: "user", content: "one two three" }],
    }),
  });
  assertEquals(response.status, 200);
  return await response.text();
}

Deno.test("P5: a logger and a cache that fail in every way harm no request", async () => {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/config.yaml`;
  await Deno.writeTextFile(`${directory}/own.ts`, MODULE);
  await Deno.writeTextFile(file, CONFIG);
  const service = await start(["--config", file]);
  const stream = ask(service.url, "mock/slow-10-150");
  for (let i = 0; i < 24; i++) {
    assertMatch(await ask(service.url, "mock/echo"), /one two three/);
  }
  assert((await stream).trimEnd().endsWith("[DONE]"));
  assertMatch(await ask(service.url, "mock/echo"), /one two three/);
  assertEquals(await service.stop(), 0);
  await Deno.remove(directory, { recursive: true });
});
