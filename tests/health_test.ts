// How the gateway and its providers do, as it tells.
import { assert, assertEquals } from "@std/assert";
import { startGateway, type TestGateway } from "./_gateway.ts";

const KEY = "team-key-4f8a1c77e2b90d";

/** A port where nobody answers. */
function deadPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

// deno-lint-ignore no-explicit-any -- the wire's JSON, looked at freely
async function get({ url }: TestGateway, path: string): Promise<any> {
  const headers = { "x-api-key": KEY };
  const response = await fetch(url + path, { headers });
  assertEquals(response.status, 200, path);
  return await response.json();
}

async function ask({ url }: TestGateway, model: string): Promise<void> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": KEY },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "a" }] }),
  });
  await response.body?.cancel();
}

const CONFIG = (): string => `
auth: {api_keys: [{name: team, key: ${KEY}}]}
circuit_breaker: {failure_threshold: 100}
providers:
  - {type: mock, models: [echo]}
  - {name: dead, type: ollama, base_url: "http://127.0.0.1:${deadPort()}/v1", max_retries: 0}
  - {name: off, type: ollama, enabled: false, models: [a, b]}
`;

Deno.test("/health, /v1/health and /v1/status tell how providers do", async () => {
  const gateway = await startGateway(CONFIG());
  try {
    for (const path of ["/health", "/v1/health", "/v1/status"]) {
      const { status, timestamp, version, uptime, checks } = await get(
        gateway,
        path,
      );
      assertEquals(status, "healthy", path);
      assert(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
      assert(/^\d+\.\d+\.\d+/.test(version) && uptime >= 0);
      assertEquals(
        Object.keys(checks),
        path === "/health"
          ? ["providers", "state", "memory"]
          : ["mock", "dead"],
      );
    }

    for (let count = 0; count < 3; count++) await ask(gateway, "dead/gone");
    await ask(gateway, "mock/echo");
    const { status, checks } = await get(gateway, "/v1/status");
    assertEquals(status, "degraded");
    assertEquals(checks.mock.status, "healthy");
    assert(checks.mock.last_success_ago >= 0);
    assertEquals([checks.dead.status, checks.dead.requests], ["unhealthy", 3]);
    assertEquals(checks.dead.error_share, 1);
    assertEquals(checks.dead.last_failure.code, "upstream_connect_failed");
    assert(checks.dead.last_failure.ago >= 0);

    // Who has no key hears no names.
    const response = await fetch(`${gateway.url}/health`);
    const text = await response.text();
    assertEquals(response.status, 200);
    assertEquals(JSON.parse(text).status, "degraded");
    assert(!text.includes("dead") && !text.includes("upstream_"), text);
  } finally {
    await gateway.close();
  }
});

Deno.test("/health is unhealthy, with status 200, where no provider does well", async () => {
  const gateway = await startGateway(
    `providers: [{name: dead, type: ollama, base_url: "http://127.0.0.1:${deadPort()}/v1", max_retries: 0}]\n`,
  );
  try {
    for (let count = 0; count < 3; count++) await ask(gateway, "dead/gone");
    assertEquals((await get(gateway, "/health")).status, "unhealthy");
    assertEquals((await get(gateway, "/v1/health")).status, "unhealthy");
  } finally {
    await gateway.close();
  }
});

Deno.test("a provider with two keys does as both of them do", async () => {
  const upstream = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ headers }) =>
      headers.get("authorization") === "Bearer sk-wrong-3f9c1b7a"
        ? Response.json({ error: { message: "No" } }, { status: 401 })
        : Response.json({ error: { message: "No" } }, { status: 404 }),
  );
  const gateway = await startGateway(`
providers:
  - name: up
    type: openai_compatible
    base_url: "http://127.0.0.1:${upstream.addr.port}/v1"
    api_keys: [sk-wrong-3f9c1b7a, sk-right-3f9c1b7a]
    models: [m]
`);
  try {
    for (let count = 0; count < 12; count++) await ask(gateway, "m");
    const { checks } = await get(gateway, "/v1/status");
    assertEquals(checks.up.status, "degraded");
    assert(!JSON.stringify(checks).includes("sk-"));
  } finally {
    await gateway.close();
    await upstream.shutdown();
  }
});

Deno.test("/v1/providers lists what the config has, on and off", async () => {
  const gateway = await startGateway(CONFIG());
  try {
    const { object, data } = await get(gateway, "/v1/providers");
    assertEquals(object, "list");
    assertEquals(
      // deno-lint-ignore no-explicit-any -- the wire's JSON
      data.map(({ name, type, enabled, models, health }: any) => [
        name,
        type,
        enabled,
        models,
        health?.status,
      ]),
      [
        ["mock", "mock", true, 1, "healthy"],
        ["dead", "ollama", true, null, "healthy"],
        ["off", "ollama", false, 2, undefined],
      ],
    );
  } finally {
    await gateway.close();
  }
});
