import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { readText } from "./_test_http.ts";
import { type TestRequest, TestUpstream } from "./_test_upstream.ts";
import { Attempt } from "./attempt.ts";
import { type AttemptLimits, defaultLimits } from "./attempt_clock.ts";
import { UpstreamError } from "./errors.ts";
import { classifyFailure } from "./failure_class.ts";
import type { HttpClientOptions } from "./http_client_options.ts";
import { HttpClient } from "./http_client.ts";
import type { Provider } from "./provider.ts";
import type { UpstreamResponse } from "./upstream.ts";
import { until } from "../logging/_test_wait.ts";

const REQUEST = { path: "/chat", headers: {}, body: "{}" };

function providerAt(
  baseUrl: string,
  limits: Partial<AttemptLimits>,
  pool: HttpClientOptions = {},
): Provider {
  return {
    name: "up",
    type: "openai_compatible",
    dialect: "openai_chat",
    baseUrl,
    headers: {},
    quirks: {},
    limits: { ...defaultLimits, ...limits },
    transport: new HttpClient(pool),
    models: undefined,
  };
}

/** Makes an attempt and stops its clocks when the head is there, or nothing comes. */
async function attempt(provider: Provider): Promise<UpstreamResponse> {
  const { signal } = new AbortController();
  const it = new Attempt(provider, { signal, stream: true });
  try {
    return await it.send(REQUEST);
  } finally {
    it.stop();
  }
}

Deno.test("Attempt.send() tells of a full pool of our own as an overload, with a time, that is not the provider's fault", async () => {
  const held: TestRequest[] = [];
  await using upstream = await TestUpstream.start((r) => {
    held.push(r);
  });
  const provider = providerAt(
    upstream.url(),
    { queue: 40, connect: 10_000 },
    { maxConnections: 1 },
  );
  const first = attempt(provider);
  await until(() => held.length === 1);
  const at = performance.now();
  const error = await assertRejects(() => attempt(provider), UpstreamError);
  const after = performance.now() - at;
  assert(after > 30, `after ${after} ms`);
  assertLess(after, 2_000);
  assertEquals(
    [error.kind, error.status, error.code],
    ["overloaded", 503, "upstream_pool_exhausted"],
  );
  assertEquals(error.headers["retry-after"], "1");
  assert(error.message.includes("this gateway"));
  assertEquals(classifyFailure(error), "gateway");
  await held[0]?.respond("{}");
  await readText((await first).body);
  // The one who gave up is not in the way of others.
  const third = attempt(provider);
  await until(() => held.length === 2);
  await held[1]?.respond("{}");
  await readText((await third).body);
  provider.transport.close();
});

Deno.test("Attempt.send() times a connection from when it begins to be made, not from when it was asked for", async () => {
  const held: TestRequest[] = [];
  await using upstream = await TestUpstream.start((r) => {
    held.push(r);
  });
  const never = new Promise<readonly string[]>(() => {});
  let asked = 0;
  const provider = providerAt(
    `http://provider.test:${upstream.port}`,
    { queue: 10_000, connect: 150 },
    {
      maxConnections: 1,
      addressScope: "loopback",
      resolve: () => asked++ === 0 ? Promise.resolve(["127.0.0.1"]) : never,
    },
  );
  const first = attempt(provider);
  await until(() => held.length === 1);
  let queued = true;
  const second = attempt(provider).finally(() => queued = false);
  second.catch(() => {});
  // Longer than the connect limit.
  const until400 = performance.now() + 400;
  await until(() => performance.now() > until400);
  assert(queued);
  const at = performance.now();
  // Its end makes room for a connection that never comes about.
  await held[0]?.respond("{}", { connection: "close" });
  held[0]?.end();
  await readText((await first).body);
  const error = await assertRejects(() => second, UpstreamError);
  assertEquals([error.code, error.status], ["connect_timeout", 504]);
  assertEquals(classifyFailure(error), "fault");
  assert(performance.now() - at > 120);
  provider.transport.close();
});

Deno.test("Attempt.send() gives the head its own time after a wait in the queue", async () => {
  const held: TestRequest[] = [];
  await using upstream = await TestUpstream.start((r) => {
    held.push(r);
  });
  const provider = providerAt(
    upstream.url(),
    { queue: 10_000, headers: 60 },
    { maxConnections: 1 },
  );
  const slow = { ...provider, limits: defaultLimits };
  const first = attempt(slow);
  await until(() => held.length === 1);
  const second = attempt(provider);
  second.catch(() => {});
  await held[0]?.respond("{}");
  await readText((await first).body);
  const error = await assertRejects(() => second, UpstreamError);
  assertEquals(error.code, "headers_timeout");
  assertEquals(held.length, 2);
  provider.transport.close();
});
