import { assert, assertEquals, assertThrows } from "@std/assert";
import { type TestRequest, TestUpstream } from "./_test_upstream.ts";
import { checkProvider } from "./check_provider.ts";
import { ProviderChecks } from "./provider_checks.ts";
import { ProviderFactory, type ProviderSettings } from "./provider_factory.ts";
import { ProviderHealth } from "./provider_health.ts";
import { pause, until } from "../logging/_test_wait.ts";

const KEY = "sk-3f9c1b7a55d2";

function settings(baseUrl: string, name = "p"): ProviderSettings {
  return { name, type: "openai_compatible", baseUrl, apiKey: KEY };
}

/** What a check of an upstream that answers so tells. */
async function check(
  script: (request: TestRequest) => void | Promise<void>,
  options: { readonly timeout?: number; readonly type?: string } = {},
): Promise<
  { readonly told: string; readonly request: TestRequest | undefined }
> {
  await using upstream = await TestUpstream.start(script);
  const factory = new ProviderFactory();
  const { type = "openai_compatible", timeout = 5_000 } = options;
  const provider = factory.create({ ...settings(upstream.url("/v1")), type });
  const { signal } = new AbortController();
  const failure = await checkProvider(provider, { signal, timeout });
  factory.close();
  const told = failure === undefined
    ? "well"
    : `${failure.failureClass} ${failure.code}`;
  return { told, request: upstream.requests[0] };
}

Deno.test("checkProvider() asks for the models with the provider's headers", async () => {
  const chat = await check((it) => it.respond("{}"));
  assertEquals(chat.told, "well");
  assertEquals([chat.request?.method, chat.request?.path], [
    "GET",
    "/v1/models",
  ]);
  assertEquals(chat.request?.headers.get("authorization"), `Bearer ${KEY}`);

  const messages = await check((it) => it.respond("{}"), { type: "anthropic" });
  assertEquals(messages.request?.path, "/v1/models?limit=1");
  assertEquals(messages.request?.headers.get("x-api-key"), KEY);
  assertEquals(
    messages.request?.headers.get("anthropic-version"),
    "2023-06-01",
  );
});

Deno.test("checkProvider() tells what a status means", async () => {
  for (
    const [status, expected] of [
      [204, "well"],
      [404, "well"],
      [405, "well"],
      [301, "fault upstream_status_301"],
      [401, "credential upstream_status_401"],
      [402, "credential upstream_status_402"],
      [403, "credential upstream_status_403"],
      [429, "throttled upstream_status_429"],
      [500, "fault upstream_status_500"],
      [529, "fault upstream_status_529"],
    ] as const
  ) {
    const { told } = await check((it) => it.respond("", {}, status));
    assertEquals(told, expected);
  }
});

Deno.test("D25, J14: checkProvider() tells a key that is refused with status 400", async () => {
  const google = {
    error: {
      code: 400,
      message: "API key not valid. Please pass a valid API key.",
      status: "INVALID_ARGUMENT",
      details: [{ reason: "API_KEY_INVALID" }],
    },
  };
  const xai = {
    code: "Client specified an invalid argument",
    error: "Incorrect API key provided: sk***. You can obtain one.",
  };
  for (
    const [type, body, expected] of [
      ["gemini", google, "credential upstream_status_400"],
      ["openai_compatible", xai, "credential upstream_status_400"],
      ["gemini", {}, "well"],
      ["openai_compatible", {}, "well"],
    ] as const
  ) {
    const { told, request } = await check(
      (it) => it.respond(JSON.stringify(body), {}, 400),
      { type },
    );
    assertEquals(told, expected, type);
    if (type !== "gemini") continue;
    assertEquals(request?.path, "/v1/models?pageSize=1");
    assertEquals(request?.headers.get("x-goog-api-key"), KEY);
  }
});

Deno.test("checkProvider() tells a reset, silence and a body that never ends", async () => {
  const reset = await check((it) => it.reset());
  assertEquals(reset.told, "fault upstream_reset");
  const silent = await check(() => {}, { timeout: 50 });
  assertEquals(silent.told, "fault total_timeout");
  const endless = await check(
    (it) => it.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
    { timeout: 50 },
  );
  assertEquals(endless.told, "well");
});

Deno.test("checkProvider() tells nothing of the provider when it is ended", async () => {
  await using upstream = await TestUpstream.start(() => {});
  const factory = new ProviderFactory();
  const provider = factory.create(settings(upstream.url("/v1")));
  const ended = new AbortController();
  const checked = checkProvider(provider, { signal: ended.signal });
  await until(() => upstream.requests.length === 1);
  ended.abort();
  assertEquals((await checked)?.failureClass, "caller");
  await until(() => upstream.open === 0);
  factory.close();
  const after = await checkProvider(provider, {
    signal: new AbortController().signal,
  });
  assertEquals(after?.failureClass, "gateway");
});

Deno.test("ProviderChecks finds an outage and its end, over one connection", async () => {
  let status = 200;
  await using upstream = await TestUpstream.start((it) =>
    it.respond("{}", {}, status)
  );
  const factory = new ProviderFactory();
  const provider = factory.create(settings(upstream.url("/v1")));
  const health = new ProviderHealth();
  health.watch([provider]);
  const checks = new ProviderChecks({ health, interval: 5, timeout: 5_000 });
  checks.watch([provider]);
  const is = (status: string) => () => health.read(provider)?.status === status;
  await until(() => health.read(provider)?.lastCheck?.ok === true);
  status = 500;
  await until(is("unhealthy"));
  status = 200;
  await until(() => health.read(provider)?.lastCheck?.ok === true);
  checks.close();
  assertEquals(upstream.connections, 1);
  factory.close();
  await until(() => upstream.open === 0);
});

Deno.test("ProviderChecks has one check of a provider under way at most", async () => {
  await using upstream = await TestUpstream.start(() => {});
  const factory = new ProviderFactory();
  const [a, b] = factory.update([
    settings(upstream.url("/a"), "a"),
    settings(upstream.url("/b"), "b"),
  ]);
  assert(a && b);
  const health = new ProviderHealth();
  const checks = new ProviderChecks({ health, interval: 2, timeout: 5_000 });
  checks.watch([a, b, a]);
  await until(() => upstream.requests.length === 2);
  await pause(30);
  assertEquals(
    upstream.requests.map(({ path }) => path).sort(),
    ["/a/models", "/b/models"],
  );
  // Given up: its check ends at once, and that of the other goes on.
  checks.watch([b]);
  await until(() => upstream.open === 1);
  checks.close();
  await until(() => upstream.open === 0);
  checks.watch([a]);
  await pause(10);
  assertEquals(upstream.requests.length, 2);
  factory.close();
});

Deno.test("ProviderChecks waits for a share of the first interval, then for each within a tenth", async () => {
  await using upstream = await TestUpstream.start((it) => it.respond("{}"));
  const factory = new ProviderFactory();
  const provider = factory.create(settings(upstream.url("/v1")));
  const health = new ProviderHealth();
  health.watch([provider]);
  const draws: number[] = [];
  const checks = new ProviderChecks({
    health,
    interval: 60_000,
    // The first check at once, the second after more than this test lasts.
    random: () => draws.push(0) * 0,
  });
  checks.watch([provider]);
  checks.watch([provider]);
  assertEquals(draws.length, 1);
  await until(() => draws.length === 2);
  await pause(20);
  assertEquals(upstream.requests.length, 1);
  assertEquals(health.read(provider)?.lastCheck?.ok, true);
  checks.close();
  factory.close();
});

Deno.test("ProviderChecks ends with its signal", async () => {
  await using upstream = await TestUpstream.start(() => {});
  const factory = new ProviderFactory();
  const provider = factory.create(settings(upstream.url("/v1")));
  const health = new ProviderHealth();
  health.watch([provider]);
  const stop = new AbortController();
  const { signal } = stop;
  const checks = new ProviderChecks({ health, interval: 2, signal });
  checks.watch([provider]);
  await until(() => upstream.requests.length === 1);
  stop.abort();
  await until(() => upstream.open === 0);
  assertEquals(health.read(provider)?.lastCheck, undefined);

  const never = new ProviderChecks({ health, interval: 1, signal });
  never.watch([provider]);
  await pause(10);
  assertEquals(upstream.requests.length, 1);
  factory.close();
});

Deno.test("ProviderChecks() refuses options out of their range", () => {
  const health = new ProviderHealth();
  for (const options of [{ interval: 0 }, { timeout: NaN }]) {
    const [name = ""] = Object.keys(options);
    assertThrows(
      () => new ProviderChecks({ health, ...options }),
      RangeError,
      `'${name}'`,
    );
  }
});
