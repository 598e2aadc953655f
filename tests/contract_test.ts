// The contract of the monolith that clients may rely on: routes, headers, config, names.
import { createApp, parseConfig } from "@llm-proxy/api";
import * as api from "@llm-proxy/api";
import * as context from "@llm-proxy/context";
import * as core from "@llm-proxy/core";
import * as logging from "@llm-proxy/logging";
import { assert, assertEquals } from "@std/assert";
import { json, startAnsweringUpstream } from "./_answering_upstream.ts";
import { completion } from "./_chat_answers.ts";
import { startGateway } from "./_gateway.ts";

const KEY = "contract-key-5Hq9Xz2M";

/** Every route, and its status for a good request of an admin. */
const ROUTES: Readonly<Record<string, number>> = {
  "POST /v1/chat/completions": 200,
  "POST /v1/completions": 200,
  "POST /v1/embeddings": 200,
  "POST /v1/images/generations": 200,
  "GET /v1/models": 200,
  "GET /v1/models/search?supports_vision=true&max_cost=1": 200,
  "POST /v1/models/refresh": 200,
  "GET /v1/providers": 200,
  "GET /v1/providers/up/models": 200,
  "GET /v1/providers/up/models/m": 200,
  "PUT /v1/providers/up/model_selection": 200,
  "POST /v1/providers/up/models/refresh": 200,
  "GET /": 200,
  "GET /health": 200,
  "GET /v1/health": 200,
  "GET /v1/status": 200,
  "GET /metrics": 200,
  "GET /metrics/json": 200,
  // Without a file there is nothing to read again.
  "POST /v1/config/reload": 400,
  "GET /v1/config/status": 200,
  "POST /v1/config/invalidate-cache": 200,
};
const BODIES: Readonly<Record<string, unknown>> = {
  "/v1/chat/completions": { messages: [{ role: "user", content: "hi" }] },
  "/v1/completions": { prompt: "hi" },
  "/v1/embeddings": { input: "hi" },
  "/v1/images/generations": { prompt: "hi" },
  "/v1/providers/up/model_selection": {
    model: undefined,
    selected_model: "m",
    editable: true,
    priority: 1,
    max_tokens: 100,
    temperature: 0.5,
  },
};

async function withGateway(
  use: (
    send: (at: string, headers?: HeadersInit) => Promise<Response>,
  ) => Promise<void>,
): Promise<void> {
  const upstream = startAnsweringUpstream(({ path }) => {
    if (path.endsWith("/embeddings")) {
      return json({
        object: "list",
        model: "m",
        data: [{ object: "embedding", index: 0, embedding: [0.5] }],
        usage: { prompt_tokens: 1, total_tokens: 1 },
      });
    }
    if (path.endsWith("/generations")) {
      return json({ created: 1, data: [{ b64_json: "AA==" }] });
    }
    if (path.endsWith("/chat/completions")) {
      return completion({ content: "hi" });
    }
    return json({
      id: "c",
      object: "text_completion",
      created: 1,
      model: "m",
      choices: [{ index: 0, text: "hi", finish_reason: "stop" }],
    });
  });
  const gateway = await startGateway(`
auth: {api_keys: [{name: a, key: ${KEY}, role: admin}]}
caching: {response_cache: {enabled: true}}
providers:
  - name: up
    type: openai_compatible
    base_url: "${upstream.origin}/v1"
    models: [{name: m, prices: {input: 1, output: 2}, capabilities: {vision: true}}]
`);
  try {
    await use((at, headers = { "x-api-key": KEY }) => {
      const [method = "", path = ""] = at.split(" ");
      const hasBody = method === "POST" || method === "PUT";
      const members = BODIES[path.split("?")[0] ?? ""] as object | undefined;
      return fetch(gateway.url + path, {
        method,
        headers: { ...headers, "content-type": "application/json" },
        ...hasBody && { body: JSON.stringify({ model: "up/m", ...members }) },
      });
    });
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

Deno.test("contract: every route of the monolith answers, with either header of a key, and to nobody without", async () => {
  await withGateway(async (send) => {
    const open = ["GET /", "GET /health"];
    for (const [at, status] of Object.entries(ROUTES)) {
      for (
        const headers of [
          { "x-api-key": KEY },
          { authorization: `Bearer ${KEY}` },
        ]
      ) {
        const response = await send(at, headers);
        const text = await response.text();
        assertEquals(response.status, status, `${at} ${text}`);
        assert(response.headers.get("x-request-id") !== null, at);
      }
      const keyless = await send(at, {});
      await keyless.body?.cancel();
      assertEquals(keyless.status, open.includes(at) ? 200 : 401, at);
    }
  });
});

Deno.test("contract: /health tells status, timestamp, version, uptime and checks", async () => {
  await withGateway(async (send) => {
    for (const path of ["/health", "/v1/health", "/v1/status"]) {
      const body = await (await send(`GET ${path}`)).json();
      assert(["healthy", "degraded", "unhealthy"].includes(body.status), path);
      assert(Math.abs(Date.parse(body.timestamp) - Date.now()) < 60_000);
      assertEquals(body.version, api.VERSION);
      assertEquals([typeof body.uptime, typeof body.checks], [
        "number",
        "object",
      ]);
    }
  });
});

Deno.test("contract: the names of Prometheus' metrics, as text and as JSON", async () => {
  await withGateway(async (send) => {
    for (let count = 0; count < 2; count++) {
      const answer = await send("POST /v1/chat/completions");
      await answer.body?.cancel();
    }
    const metrics = await send("GET /metrics");
    assert(metrics.headers.get("content-type")?.startsWith("text/plain"));
    const text = await metrics.text();
    const asJson = JSON.stringify(
      await (await send("GET /metrics/json")).json(),
    );
    for (
      const name of [
        "proxy_api_requests_total",
        "proxy_api_request_duration_seconds",
        "proxy_api_provider_requests_total",
        "proxy_api_cache_hits_total",
        "proxy_api_cache_misses_total",
      ]
    ) {
      assert(text.includes(`# TYPE ${name} `), name);
      assert(asJson.includes(name), name);
    }
  });
});

Deno.test("contract: every section and key of the monolith's config is read, and in force", () => {
  const result = parseConfig(
    `
app: {name: x, environment: test}
server: {host: 127.0.0.1, port: 8000}
telemetry: {enabled: false}
rate_limit:
  routes: {"/v1/chat/completions": 100/minute}
auth: {api_keys: [${KEY}]}
providers:
  - name: one
    type: openai
    api_key_env: ONE_KEY
    base_url: https://api.example/v1
    models: [m]
    enabled: true
    forced: false
    priority: 1
    timeout: 30
    max_retries: 3
    retry_delay: 1
    max_connections: 10
    max_keepalive_connections: 5
    keepalive_expiry: 30
    custom_headers: {X-A: b}
    rate_limit: 10/second
circuit_breaker: {failure_threshold: 5, recovery_timeout: 60, half_open_max_calls: 3}
condensation:
  enabled: true
  truncation_threshold: 8000
  summary_max_tokens: 512
  cache_size: 100
  cache_ttl: 300
  error_patterns: [context_length_exceeded]
caching:
  response_cache: {max_size_mb: 100, ttl: 1800, compression: true}
  summary_cache: {max_size_mb: 50, ttl: 3600, compression: true}
memory: {max_usage_percent: 85, gc_threshold_percent: 80, monitoring_interval: 30}
http_client: {connect_timeout: 5}
logging: {level: info, format: json, file: logs/x.log, rotation: {max_size_mb: 10, max_files: 3}}
health_check: {enabled: true}
chaos_engineering: {enabled: true, faults: [{type: delay, probability: 0.1, delay: 1}]}
`,
    {
      file: "config.yaml",
      env: (name) => name === "ONE_KEY" ? "sk-9fK2mQ7xLr4TzW8b" : undefined,
    },
  );
  assert(result.ok, JSON.stringify(result));
  assertEquals(result.config.server.port, 8000);
  const empty = parseConfig("", { file: "a.yaml", env: () => undefined });
  assert(empty.ok);
  assertEquals(empty.config.server.port, 8000);
});

Deno.test("contract: the types of providers of the monolith", () => {
  const types = [
    "openai",
    "anthropic",
    "azure_openai",
    "cohere",
    "perplexity",
    "grok",
    "xai",
    "blackbox",
    "openrouter",
  ];
  for (const type of types) assert(core.providerTypes.has(type), type);
});

Deno.test("contract: the names of classes stay", async () => {
  const names: readonly (readonly [object, readonly string[]])[] = [
    [core, ["CircuitBreaker", "RateLimiter", "HttpClient", "ProviderFactory"]],
    [context, [
      "ContextCondenser",
      "SmartCache",
      "ModelCache",
      "MemoryManager",
    ]],
    [logging, [
      "StructuredLogger",
      "MetricsCollector",
      "OpenTelemetryConfig",
      "PrometheusExporter",
    ]],
    [api, ["createApp"]],
  ];
  for (const [module, list] of names) {
    for (const name of list) {
      const value: unknown = Reflect.get(module, name);
      assertEquals(typeof value, "function", name);
    }
  }
  await createApp(api.defaultConfig()).close();
});
