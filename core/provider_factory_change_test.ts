import { assert, assertEquals, assertThrows } from "@std/assert";
import { failure, readText, send } from "./_test_http.ts";
import { type TestRequest, TestUpstream } from "./_test_upstream.ts";
import { MockTransport } from "./mock/mock_transport.ts";
import type { Provider } from "./provider.ts";
import { ProviderFactory, type ProviderSettings } from "./provider_factory.ts";
import type { Transport } from "./upstream.ts";
import { until } from "../logging/_test_wait.ts";

function settings(baseUrl: string, apiKey = "key-1"): ProviderSettings {
  return {
    name: "p",
    type: "openai_compatible",
    baseUrl,
    apiKey,
    models: ["m", "n"],
    headers: { "x-team": "blue" },
    pool: { maxConnections: 8 },
  };
}

function ask(provider: Provider): ReturnType<typeof send> {
  const { baseUrl, headers, transport } = provider;
  return send(transport, `${baseUrl}/x`, { body: "{}", headers });
}

/** The first half of an answer; `finish()` sends the rest. */
function answerInHalves(): {
  readonly script: (request: TestRequest) => Promise<void>;
  readonly finish: () => void;
} {
  const rest = Promise.withResolvers<void>();
  return {
    script: async (request) => {
      await request.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab");
      await rest.promise;
      await request.write("cd");
    },
    finish: rest.resolve,
  };
}

Deno.test("ProviderFactory.create() makes no transport before the first request", async () => {
  const factory = new ProviderFactory();
  let made = 0;
  factory.register("own", {
    dialect: "openai_chat",
    baseUrl: "mock://mock",
    transport: () => {
      made++;
      return new MockTransport();
    },
  });
  const { transport } = factory.create({ name: "a", type: "own" });
  assertEquals(made, 0);
  for (let i = 0; i < 2; i++) {
    const { body } = await send(transport, "mock://mock/models");
    await readText(body);
  }
  assertEquals(made, 1);
  factory.close();
});

Deno.test("ProviderFactory.create() leaves a fault of the pool to the first request", async () => {
  const factory = new ProviderFactory();
  const { transport, baseUrl } = factory.create({
    ...settings("http://127.0.0.1:9/v1"),
    pool: { maxConnections: 0 },
  });
  const error = await send(transport, baseUrl).catch((error) => error);
  assert(error instanceof RangeError);
  factory.close();
});

Deno.test("ProviderFactory.replace() keeps provider and connection where the settings say the same", async () => {
  await using upstream = await TestUpstream.start((it) => it.respond("ok"));
  const factory = new ProviderFactory();
  const provider = factory.create(settings(upstream.url("/v1")));
  await readText((await ask(provider)).body);
  const same = factory.replace(provider, settings(upstream.url("/v1")));
  assert(same === provider);
  await readText((await ask(same)).body);
  assertEquals(upstream.connections, 1);
  factory.close();
  await until(() => upstream.open === 0);
});

Deno.test("ProviderFactory.replace() tells a change at any depth and of the type", () => {
  const factory = new ProviderFactory();
  const base = settings("http://127.0.0.1:9/v1");
  const provider = factory.create(base);
  const changes: Partial<ProviderSettings>[] = [
    { apiKey: "key-2" },
    { models: ["m"] },
    { models: ["n", "m"] },
    { headers: {} },
    { pool: { maxConnections: 9 } },
    { quirks: { streamEnd: "finish" } },
    { limits: { connect: 1 } },
    { type: "vllm" },
  ];
  let current = provider;
  for (const change of changes) {
    const next = factory.replace(current, { ...base, ...change });
    assert(next !== current, JSON.stringify(change));
    current = next;
  }
  current = factory.replace(current, base);
  factory.register("openai_compatible", { dialect: "anthropic" });
  const retyped = factory.replace(current, base);
  assertEquals(retyped.dialect, "anthropic");
  factory.close();
});

Deno.test("ProviderFactory.replace() lets what is under way end, and then closes its connections", async () => {
  const halves = answerInHalves();
  await using upstream = await TestUpstream.start((request) =>
    request.path === "/old/x" ? halves.script(request) : request.respond("new")
  );
  const factory = new ProviderFactory();
  const old = factory.create(settings(upstream.url("/old")));
  const first = await ask(old);
  const second = await ask(old);
  const next = factory.replace(old, settings(upstream.url("/next"), "key-2"));
  assertEquals(await readText((await ask(next)).body), "new");
  assertEquals(upstream.open, 3);

  second.body.cancel();
  await until(() => upstream.open === 2);
  const text = readText(first.body);
  halves.finish();
  assertEquals(await text, "abcd");
  // The one that is left belongs to the new provider.
  await until(() => upstream.open === 1);
  assertEquals(
    upstream.requests.at(-1)?.headers.get("authorization"),
    "Bearer key-2",
  );
  factory.close();
  await until(() => upstream.open === 0);
});

Deno.test("ProviderFactory.remove() keeps a request that has yet to try again alive, and nothing after it", async () => {
  await using upstream = await TestUpstream.start((it) => it.respond("ok"));
  const factory = new ProviderFactory();
  const provider = factory.create(settings(upstream.url("/v1")));
  await readText((await ask(provider)).body);
  factory.remove(provider);
  factory.remove(provider);
  await until(() => upstream.open === 0);
  assertEquals(await readText((await ask(provider)).body), "ok");
  await until(() => upstream.open === 0);
  factory.close();
  assertEquals(await failure(ask(provider)), "upstream_transport_closed");
});

Deno.test("ProviderFactory.remove() lets go after a request that failed", async () => {
  await using upstream = await TestUpstream.start(() => {});
  const factory = new ProviderFactory();
  const { transport, baseUrl } = factory.create(settings(upstream.url("/v1")));
  const gone = new AbortController();
  const asked = send(transport, baseUrl, { signal: gone.signal });
  await until(() => upstream.requests.length === 1);
  factory.update([]);
  assertEquals(upstream.open, 1);
  gone.abort("left");
  assertEquals(await asked.catch((reason) => reason), "left");
  await until(() => upstream.open === 0);
});

Deno.test("ProviderFactory.update() keeps equal entries, also several of one name, and gives up the rest", () => {
  const factory = new ProviderFactory();
  const of = (key: string): ProviderSettings =>
    settings("http://127.0.0.1:9/v1", key);
  const before = factory.update([of("a"), of("b"), of("b"), of("c")]);
  assertEquals(new Set(before).size, 4);
  const after = factory.update([of("d"), of("b"), of("a"), of("b")]);
  assert(after[1] === before[1]);
  assert(after[2] === before[0]);
  assert(after[3] === before[2]);
  assert(!before.includes(after[0]!));
  factory.close();
});

Deno.test("ProviderFactory.update() changes nothing when one entry is faulty", async () => {
  await using upstream = await TestUpstream.start((it) => it.respond("ok"));
  const factory = new ProviderFactory();
  const good = settings(upstream.url("/v1"));
  const [provider] = factory.update([good]);
  assert(provider !== undefined);
  await readText((await ask(provider)).body);
  assertThrows(
    () =>
      factory.update([settings("http://127.0.0.1:9"), {
        name: "x",
        type: "?",
      }]),
    TypeError,
    "its type '?' is unknown",
  );
  assertEquals(upstream.open, 1);
  assert(factory.update([good])[0] === provider);
  factory.close();
  await until(() => upstream.open === 0);
});

Deno.test("ProviderFactory.close() cuts what is under way, of removed providers too, and refuses further use", async () => {
  await using upstream = await TestUpstream.start(answerInHalves().script);
  const factory = new ProviderFactory();
  const kept = factory.create(settings(upstream.url("/v1")));
  const gone = factory.create(settings(upstream.url("/v1")));
  const unused = factory.create(settings(upstream.url("/v1")));
  const answers = [await ask(kept), await ask(gone)];
  factory.remove(gone);
  const reading = answers.map(({ body }) => failure(readText(body)));
  factory.close();
  for (const read of reading) {
    assert((await read).startsWith("upstream_"), await read);
  }
  await until(() => upstream.open === 0);
  for (const provider of [kept, gone, unused]) {
    assertEquals(await failure(ask(provider)), "upstream_transport_closed");
  }
});

Deno.test("Provider.transport.close() closes one provider's connections only", async () => {
  await using upstream = await TestUpstream.start((it) => it.respond("ok"));
  const factory = new ProviderFactory();
  const a = factory.create(settings(upstream.url("/a")));
  const b = factory.create(settings(upstream.url("/b")));
  for (const provider of [a, b]) await readText((await ask(provider)).body);
  const transport: Transport = a.transport;
  transport.close();
  await until(() => upstream.open === 1);
  assertEquals(await failure(ask(a)), "upstream_transport_closed");
  assertEquals(await readText((await ask(b)).body), "ok");
  factory.close();
  await until(() => upstream.open === 0);
});
