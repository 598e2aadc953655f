import { assert, assertEquals, assertMatch } from "@std/assert";
import { StructuredLogger } from "@llm-proxy/logging";
import { type App, createApp } from "./app.ts";
import { parseConfig } from "./config.ts";

const KEY = "sk-test-3f9c1b7a55d2";

function makeApp(yaml: string, lines: string[] = []): App {
  const result = parseConfig(yaml, { file: "t.yaml", env: () => undefined });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  const logger = new StructuredLogger({
    level: "info",
    format: "json",
    sink: (line) => void lines.push(line),
  });
  return createApp(result.config, { logger });
}

const MOCK = "providers: [{type: mock}]\nserver: {max_body_mb: 1}\n";

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

async function ask(
  app: App,
  { method = "POST", path = "/v1/chat/completions", headers, body }: Ask,
): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return await app.fetch(
    new Request(`http://localhost${path}`, {
      method,
      headers: headers ?? { "content-type": "application/json" },
      ...(method !== "GET" && method !== "HEAD" && { body: text ?? "" }),
    }),
  );
}

const hello = {
  model: "mock/echo",
  messages: [{ role: "user", content: "ping 42" }],
};

const REFUSALS: readonly [string, Ask, number, string, string | null][] = [
  [
    "K17: an unknown route",
    { path: "/v1/nothing", body: hello },
    404,
    "unknown_url",
    null,
  ],
  [
    "L14: GET on a POST route",
    { method: "GET" },
    405,
    "method_not_allowed",
    null,
  ],
  [
    "L14: POST on a GET route",
    { path: "/health", body: {} },
    405,
    "method_not_allowed",
    null,
  ],
  [
    "K16: an unknown model",
    { body: { ...hello, model: "no-such" } },
    404,
    "model_not_found",
    "model",
  ],
  [
    "K16: a model that the provider does not know",
    { body: { ...hello, model: "mock/no-such" } },
    404,
    "model_not_found",
    "model",
  ],
  [
    "X16: a prototype's member as a model",
    { body: { ...hello, model: "__proto__" } },
    404,
    "model_not_found",
    "model",
  ],
  [
    "K17: no model",
    { body: { messages: hello.messages } },
    400,
    "missing_required_parameter",
    "model",
  ],
  [
    "K17: no messages",
    { body: { model: "mock/echo" } },
    400,
    "missing_required_parameter",
    "messages",
  ],
  ["C5: bad JSON", { body: "{" }, 400, "invalid_json", null],
  ["C5: an empty body", { body: "" }, 400, "invalid_json", null],
  ["C5: an array", { body: [] }, 400, "invalid_json", null],
  [
    "K17: another content type",
    { headers: { "content-type": "text/plain" }, body: hello },
    415,
    "unsupported_content_type",
    null,
  ],
  [
    "C10: a compressed body",
    {
      headers: {
        "content-type": "application/json",
        "content-encoding": "gzip",
      },
      body: hello,
    },
    415,
    "unsupported_content_encoding",
    null,
  ],
  [
    "C7: a body over the cap",
    { body: { ...hello, padding: "x".repeat(1024 * 1024) } },
    413,
    "request_too_large",
    null,
  ],
  [
    "an embeddings request without input",
    { path: "/v1/embeddings", body: { model: "mock/embed" } },
    400,
    "missing_required_parameter",
    "input",
  ],
  [
    "an embeddings request to a chat model",
    { path: "/v1/embeddings", body: { model: "mock/echo", input: "x" } },
    400,
    "",
    "model",
  ],
  [
    "a model that is not listed",
    { method: "GET", path: "/v1/models/none" },
    404,
    "model_not_found",
    "model",
  ],
];

Deno.test("K1: every refusal has OpenAI's error shape and a request id", async (t) => {
  const app = makeApp(MOCK);
  for (const [name, what, status, code, param] of REFUSALS) {
    await t.step(name, async () => {
      const response = await ask(app, what);
      assertEquals(response.status, status);
      assertEquals(response.headers.get("content-type"), "application/json");
      const { error } = await response.json();
      assertEquals(typeof error.message, "string");
      assertEquals(typeof error.type, "string");
      if (code !== "") assertEquals(error.code, code);
      assertEquals(error.param, param);
      assertMatch(error.request_id, /^req_[0-9a-f]{32}$/);
      assertEquals(response.headers.get("x-request-id"), error.request_id);
    });
  }
  await app.close();
});

Deno.test("K17: empty messages are refused with the field's name", async () => {
  const app = makeApp(MOCK);
  const response = await ask(app, { body: { ...hello, messages: [] } });
  assertEquals(response.status, 400);
  assertEquals((await response.json()).error.param, "messages");
  await app.close();
});

Deno.test("L14: a refusal of a method tells which would do", async () => {
  const app = makeApp(MOCK);
  for (const method of ["OPTIONS", "DELETE", "HEAD"]) {
    const response = await ask(app, { method });
    await response.body?.cancel();
    assertEquals(response.status, 405);
    assertEquals(response.headers.get("allow"), "POST");
  }
  await app.close();
});

Deno.test("K5: a mock 429 keeps Retry-After, and a 500 becomes a 502", async () => {
  const app = makeApp(MOCK);
  const limited = await ask(app, {
    body: { ...hello, model: "mock/error-429" },
  });
  assertEquals(limited.status, 429);
  assertEquals(limited.headers.get("retry-after"), "1");
  assertEquals((await limited.json()).error.code, "rate_limit_exceeded");
  const failed = await ask(app, {
    body: { ...hello, model: "mock/error-500" },
  });
  assertEquals(failed.status, 502);
  await failed.body?.cancel();
  await app.close();
});

Deno.test("K17: a client whose base URL has /v1 once too often, or lacks it, is told in its own words", async () => {
  const app = makeApp(MOCK);
  const said = async (path: string): Promise<[number, string, unknown]> => {
    const response = await ask(app, { path, body: hello });
    const { error, type } = await response.json();
    return [response.status, error.message, type ?? error.status];
  };
  const look = "is meant, look at the client's base URL";
  assertEquals(await said("/chat/completions"), [
    404,
    `There is no POST /chat/completions: /v1/chat/completions ${look}`,
    undefined,
  ]);
  assertEquals(await said("/v1/v1/messages"), [
    404,
    `There is no POST /v1/v1/messages: /v1/messages ${look}`,
    "error",
  ]);
  const verb = "/v1beta/models/mock/echo:generateContent";
  assertEquals(await said(`/v1${verb}`), [
    404,
    `There is no POST /v1${verb}: ${verb} ${look}`,
    "NOT_FOUND",
  ]);
  assertEquals(await said("/v1/v1/nothing"), [
    404,
    "There is no POST /v1/v1/nothing",
    undefined,
  ]);
  await app.close();
});

Deno.test("L14: a verb of Google's that there is none of is not found, whatever may be done with its model", async () => {
  const app = makeApp(MOCK);
  const path = "/v1beta/models/mock/echo:paint";
  const response = await ask(app, { path, body: {} });
  const { error } = await response.json();
  assertEquals(response.status, 404);
  assertEquals(error.message, `There is no POST ${path}`);
  const wrong = await ask(app, { path: "/v1beta/models/mock/echo", body: {} });
  assertEquals(wrong.status, 405);
  await wrong.body?.cancel();
  await app.close();
});

Deno.test("X1: without a key there is one 401, whatever is wrong with it", async () => {
  const app = makeApp(
    `${MOCK}auth: {api_keys: [{name: team, key: ${KEY}}]}\n`,
  );
  const wrong: Record<string, string>[] = [
    {},
    { authorization: "Bearer wrong" },
    { authorization: `Basic ${KEY}` },
    { authorization: KEY },
    { "x-api-key": `${KEY}0` },
    { "x-api-key": "' OR 1=1 --" },
  ];
  const bodies = new Set<string>();
  for (const headers of wrong) {
    for (const path of ["/v1/chat/completions", "/v1/models", "/nothing"]) {
      const response = await ask(app, {
        path,
        headers,
        body: hello,
        method: path === "/v1/models" ? "GET" : "POST",
      });
      assertEquals(response.status, 401);
      const { error } = await response.json();
      bodies.add(JSON.stringify({ ...error, request_id: "" }));
    }
  }
  assertEquals(bodies.size, 1);
  for (
    const headers of [
      { authorization: `Bearer ${KEY}` },
      { authorization: `bearer  ${KEY}` },
      { "x-api-key": KEY },
    ]
  ) {
    const json = { "content-type": "application/json" };
    const response = await ask(app, {
      headers: { ...json, ...headers } as Record<string, string>,
      body: hello,
    });
    assertEquals(response.status, 200);
    await response.body?.cancel();
  }
  assertEquals(
    (await ask(app, { method: "GET", path: "/health" })).status,
    200,
  );
  await app.close();
});

Deno.test("createApp() logs one line for each request, without its contents", async () => {
  const lines: string[] = [];
  const app = makeApp(
    `${MOCK}auth: {api_keys: [{name: team, key: ${KEY}}]}\n`,
    lines,
  );
  const headers = { "content-type": "application/json", "x-api-key": KEY };
  const secret = { role: "user", content: "my secret prompt" };
  for (const stream of [false, true]) {
    const body = { ...hello, messages: [secret], stream };
    await (await ask(app, { headers, body })).text();
  }
  await (await ask(app, { headers, body: "{" })).text();
  // The line of a stream is written after its last byte.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const records = lines.map((line) => JSON.parse(line));
  assertEquals(records.map(({ status }) => status), [200, 200, 400]);
  assertEquals(records[0].provider, "mock");
  assertEquals(records[0].model, "echo");
  assertEquals(records[0].key, "team");
  assertEquals(records[0].finish, "stop");
  assert(records[0].output_tokens > 0);
  assertEquals(records[1].stream, true);
  assertEquals(records[2].error, "invalid_json");
  assert(!lines.join("").includes("secret prompt"));
  assert(!lines.join("").includes(KEY));
  await app.close();
});

Deno.test("GET /v1/models lists the config's models and the providers' own", async () => {
  const app = makeApp(`
providers:
  - {type: mock}
  - {name: local, type: vllm, base_url: "http://127.0.0.1:9/v1", models: [llama, "org/qwen"]}
`);
  const list = await ask(app, { method: "GET", path: "/v1/models" });
  const { object, data } = await list.json();
  assertEquals(object, "list");
  const ids: string[] = data.map(({ id }: { id: string }) => id);
  assert(ids.includes("mock/echo") && ids.includes("local/org/qwen"));
  for (
    const [path, id] of [
      ["mock/echo", "mock/echo"],
      ["mock%2Fecho", "mock/echo"],
      ["llama", "local/llama"],
      ["org/qwen", "local/org/qwen"],
    ]
  ) {
    const one = await ask(app, { method: "GET", path: `/v1/models/${path}` });
    assertEquals((await one.json()).id, id);
  }
  await app.close();
});

Deno.test("GET / and GET /health answer without a key", async () => {
  const app = makeApp("app: {name: my-gateway}\nproviders: []\n");
  const root = await (await ask(app, { method: "GET", path: "/" })).json();
  assertEquals([root.name, root.health], ["my-gateway", "/health"]);
  const health = await ask(app, { method: "GET", path: "/health" });
  const { status, uptime, checks } = await health.json();
  assertEquals(status, "degraded");
  assert(uptime >= 0);
  assertEquals(checks.providers.count, 0);
  await app.close();
});

Deno.test("K16: a provider that is off is named, with what would switch it on", async () => {
  const app = makeApp("providers: [{type: mock, enabled: false}]\n");
  for (
    const [model, reason] of [
      ["mock/echo", "'enabled: false'"],
      ["anthropic/claude", "set ANTHROPIC_API_KEY"],
      ["vllm/llama", "add it to the config"],
    ]
  ) {
    const response = await ask(app, { body: { ...hello, model } });
    assertEquals(response.status, 404);
    const { error } = await response.json();
    assert(error.message.includes(reason), error.message);
  }
  await app.close();
});

Deno.test("X1: a right X-API-Key counts beside a made-up bearer", async () => {
  const app = makeApp(
    `${MOCK}auth: {api_keys: [{name: team, key: ${KEY}}]}\n`,
  );
  const headers = {
    "content-type": "application/json",
    "authorization": "Bearer none",
    "x-api-key": KEY,
  };
  const response = await ask(app, { headers, body: hello });
  assertEquals(response.status, 200);
  await response.body?.cancel();
  await app.close();
});
