// Each request has one line, whatever its ending, and the line says what is true.
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { healthy, ok, silence, status, unfinished } from "./_faults.ts";
import { Fleet } from "./_fleet.ts";
import { ask, post, RawClient } from "./_raw_client.ts";
import type { UpstreamScript } from "./_scripted_upstream.ts";
import { until } from "../logging/_test_wait.ts";

const KEY = "team-key-4f8a1c77e2b90d";
const AUTH = `x-api-key: ${KEY}\r\n`;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

const CONFIG = `
auth: {api_keys: [{name: team, key: ${KEY}}]}
server: {max_body_mb: 0.01, header_timeout: 0.3, body_timeout: 0.3}
retry: {budget: 1}
rate_limit: {default: 1000/minute, routes: {/v1/embeddings: 1/hour}}
routes:
  - {match: both, targets: [a/m, b/claude]}
  - {match: only-b, targets: [b/claude]}
`;

type Line = Readonly<Record<string, unknown>>;

function start(config = CONFIG, provider = ""): Promise<Fleet> {
  return Fleet.start({
    config,
    provider: (name) =>
      name === "b"
        ? `type: anthropic, api_key: sk-key-of-b-0815, ${provider}`
        : provider,
  });
}

function chat(
  model: string,
  more: { readonly stream?: boolean; readonly headers?: string } = {},
): string {
  const { stream = false, headers = AUTH } = more;
  const messages = [{ role: "user", content: "hi" }];
  return post({ model, stream, messages }, { headers });
}

/** What every line of a request must have, and no line may lack. */
function assertWhole(line: Line): void {
  const {
    request_id: id,
    method,
    route,
    dialect,
    status,
    duration_ms: duration,
  } = line;
  assert(/^req_[0-9a-f]{32}$/.test(String(id)), JSON.stringify(line));
  for (const text of [method, route, dialect]) {
    assertEquals(typeof text, "string");
  }
  for (const number of [status, duration]) {
    assertEquals(typeof number, "number");
  }
}

Deno.test("the line of a request that was retried elsewhere and translated tells its whole way", async () => {
  await using fleet = await start();
  fleet.of("a").next(status(429, { headers: { "retry-after": "0" } }));
  fleet.of("b").usual = healthy({ firstTokenMs: 30 });
  const parent = `traceparent: 00-${TRACE}-${SPAN}-01\r\n`;
  const answer = await fleet.answer(
    chat("both", { stream: true, headers: AUTH + parent }),
  );
  assertEquals(answer.status, 200, answer.body);
  const line = await fleet.line(answer);
  assertWhole(line);
  const {
    ts: _,
    request_id: __,
    attempts,
    duration_ms: duration,
    queue_ms: queue,
    upstream_headers_ms: headers,
    first_content_ms: first,
    overhead_ms: overhead,
    loss: ___,
    ...rest
  } = line as Record<string, number | string>;
  assertEquals(
    rest,
    {
      level: "info",
      msg: "request",
      trace_id: TRACE,
      span_id: SPAN,
      method: "POST",
      route: "/v1/chat/completions",
      dialect: "openai_chat",
      status: 200,
      key: "team",
      requested_model: "both",
      deployment: "b/claude",
      provider: "b",
      provider_dialect: "anthropic",
      model: "claude",
      answered_by: "m-1",
      stream: true,
      finish: "stop",
      input_tokens: 3,
      cached_tokens: 0,
      output_tokens: 2,
      reasoning_tokens: 0,
    } as unknown as typeof rest,
  );
  assertEquals(
    String(attempts).replaceAll(/ms=\d+/g, "ms=N"),
    '"a/m";reason=rate_limit_exceeded;status=429;ms=N, "b/claude";reason=ok;status=200;ms=N',
  );
  // Each moment comes after the one before; the wait is nobody's overhead.
  assertEquals(queue, 0);
  assert(0 < Number(headers) && Number(headers) < Number(first));
  assert(Number(first) < Number(duration));
  assertGreater(Number(overhead), 0);
  assertLess(Number(overhead), Number(duration) - 25);
});

Deno.test("queue_ms is the wait for a slot and for a connection, and no part of overhead_ms", async () => {
  for (
    const provider of [
      "concurrency: {max: 1, max_queue: 5, max_wait: 10}",
      "max_connections: 1",
    ]
  ) {
    await using fleet = await start(CONFIG, provider);
    fleet.of("a").usual = healthy({ firstTokenMs: 150 });
    const answers = await Promise.all([
      fleet.answer(chat("a/m")),
      fleet.answer(chat("a/m")),
    ]);
    const lines = await Promise.all(answers.map((it) => fleet.line(it)));
    const [first, second] = lines
      .toSorted((a, b) => Number(a.queue_ms) - Number(b.queue_ms));
    assertLess(Number(first?.queue_ms), 50, provider);
    assertGreater(Number(second?.queue_ms), 100, provider);
    const rest = Number(second?.duration_ms) - Number(second?.queue_ms);
    // Most of the rest is the wait for the provider.
    assertLess(Number(second?.overhead_ms), rest - 140, provider);
  }
});

Deno.test("a wait before a retry, and one for the caller's body, are no part of overhead_ms", async () => {
  await using fleet = await start(
    CONFIG,
    "max_retries: 1, retry_delay: 0.4",
  );
  fleet.of("a").next(status(500));
  // All of a wait may be drawn, and none of it.
  const client = await RawClient.connect(fleet.url);
  const text = chat("a/m");
  await client.send(text.slice(0, -5));
  await new Promise((resolve) => setTimeout(resolve, 150));
  await client.send(text.slice(-5));
  const [answer] = await client.answers(1);
  client.leave();
  assertEquals(answer?.status, 200);
  const line = await fleet.line(answer!);
  assertGreater(Number(line.duration_ms), 140);
  assertLess(Number(line.overhead_ms), 100);
});

/** How a request ends, and what its line then says. */
interface Ending {
  readonly text: string;
  readonly script?: UpstreamScript;
  readonly line: Line;
  /** What the client does, if it does not wait for the whole answer. */
  readonly leaves?: "before" | "in mid-stream";
}

const JSON_TYPE = "content-type: application/json\r\n";
const BAD_JSON = post("{", { headers: AUTH });

const ENDINGS: Readonly<Record<string, Ending>> = {
  "a whole answer": {
    text: chat("a/m"),
    line: { status: 200, finish: "stop", deployment: "a/m" },
  },
  "a stream": {
    text: chat("a/m", { stream: true }),
    line: { status: 200, finish: "stop", stream: true },
  },
  "a stream in another dialect": {
    text: chat("only-b", { stream: true }),
    line: { status: 200, finish: "stop", provider_dialect: "anthropic" },
  },
  "no key": {
    text: chat("a/m", { headers: "" }),
    line: { status: 401, error: "invalid_api_key" },
  },
  "a path that is not": {
    text: post({}, { path: "/v1/nowhere", headers: AUTH }),
    line: { status: 404, error: "unknown_url", route: "unknown" },
  },
  "a method that is not": {
    text: `DELETE /v1/models HTTP/1.1\r\nhost: localhost\r\n${AUTH}\r\n`,
    line: { status: 405, error: "method_not_allowed", method: "DELETE" },
  },
  "no JSON": {
    text: BAD_JSON,
    line: { status: 400, error: "invalid_json" },
  },
  "no content type": {
    text: chat("a/m").replace(JSON_TYPE, ""),
    line: { status: 415, error: "unsupported_content_type" },
  },
  "too large a body": {
    text: chat("x".repeat(20_000)),
    line: { status: 413 },
  },
  "a body that never comes": {
    text: chat("a/m").slice(0, -3),
    line: { status: 408, error: "request_timeout" },
  },
  "a model that is not": {
    text: chat("nobody-has-it"),
    line: {
      status: 404,
      error: "model_not_found",
      requested_model: "nobody-has-it",
    },
  },
  "the provider's refusal": {
    text: chat("a/m-400"),
    script: status(400),
    line: { status: 400, deployment: "a/m-400" },
  },
  "the provider's failure": {
    text: chat("a/m-500"),
    script: status(500),
    line: { status: 502, level: "warn" },
  },
  "nonsense": {
    text: chat("a/m-nonsense"),
    script: ok("nonsense"),
    line: { status: 502, error: "upstream_invalid_response" },
  },
  "a stream that breaks off": {
    text: chat("a/m-cut", { stream: true }),
    script: unfinished("chunked"),
    line: { status: 200, error: "upstream_stream_truncated" },
  },
  "a client that leaves before the answer": {
    text: chat("a/m-silent"),
    script: silence("before_headers"),
    leaves: "before",
    line: { error: "client_closed", key: "team" },
  },
  "a client that leaves in mid-stream": {
    text: chat("a/m-stall", { stream: true }),
    script: silence("in_body"),
    leaves: "in mid-stream",
    line: { status: 200, error: "client_closed" },
  },
};

Deno.test("every kind of ending has one line, and the same fields", async () => {
  await using fleet = await start();
  for (
    const [name, { text, script, line, leaves }] of Object.entries(ENDINGS)
  ) {
    const before = fleet.log.length;
    if (script !== undefined) fleet.of("a").next(script);
    if (leaves === undefined) await fleet.answer(text);
    else {
      const client = await RawClient.connect(fleet.url);
      await client.send(text);
      if (leaves === "in mid-stream") await client.until("hel");
      else await until(() => fleet.of("a").gauge.now > 0, name);
      client.leave();
    }
    await until(() => fleet.log.length > before, `a line for ${name}`);
    const found = fleet.log[before] ?? {};
    assertWhole(found);
    for (const [key, value] of Object.entries(line)) {
      assertEquals(
        found[key],
        value,
        `${name}: ${key} of ${JSON.stringify(found)}`,
      );
    }
    assertEquals(fleet.log.length, before + 1, name);
    const went = found.attempts !== undefined;
    assertEquals(typeof found.overhead_ms, went ? "number" : "undefined", name);
    await fleet.settled();
  }
});

Deno.test("a request that a limit refuses, and one that the end of the gateway cuts, have their line", async () => {
  const fleet = await start();
  const embed = post({ model: "a/m", input: "a" }, {
    path: "/v1/embeddings",
    headers: AUTH,
  });
  fleet.of("a").next(ok(`{"object":"list","data":[],"usage":{}}`));
  await fleet.answer(embed);
  const refused = await fleet.line(await fleet.answer(embed));
  assertWhole(refused);
  assertEquals([refused.status, refused.error], [429, "rate_limit_exceeded"]);
  assertEquals(refused.attempts, undefined);

  fleet.of("a").next(silence("in_body"));
  const client = await RawClient.connect(fleet.url);
  await client.send(chat("a/m", { stream: true }));
  await client.until("hel");
  const { log } = fleet;
  await fleet[Symbol.asyncDispose]();
  client.leave();
  const last = log.at(-1) ?? {};
  assertWhole(last);
  assertEquals([last.status, last.error], [200, "shutting_down"]);
});

Deno.test("the mean of what metrics tell of overhead and queues is that of the lines", async () => {
  await using fleet = await start();
  for (let count = 0; count < 3; count++) {
    await fleet.line(await fleet.answer(chat("a/m")));
  }
  await fleet.line(await fleet.answer(ask("nobody")));
  const text = await (await fetch(`${fleet.url}/metrics`, {
    headers: { "x-api-key": KEY },
  })).text();
  const value = (name: string): number =>
    Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  assertEquals(value("proxy_api_overhead_seconds_count"), 3);
  assertEquals(value("proxy_api_queue_wait_seconds_count"), 3);
  const sum = fleet.log.slice(0, 3)
    .reduce((sum, line) => sum + Number(line.overhead_ms), 0);
  const told = value("proxy_api_overhead_seconds_sum") * 1_000;
  assert(Math.abs(told - sum) < 0.1, `${told} and ${sum}`);
});

Deno.test("what is logged on a request's way carries its id and its trace, and never those of the one before on its connection", async () => {
  await using fleet = await start(`${CONFIG}
  - {match: only-a, targets: [a/m]}
circuit_breaker: {failure_threshold: 1}
`);
  for (const name of ["a", "b"]) fleet.of(name).usual = status(500);
  const parent = `traceparent: 00-${TRACE}-${SPAN}-01\r\n`;
  const client = await RawClient.connect(fleet.url);
  await client.send(chat("only-a", { headers: AUTH + parent }));
  await client.answers(1);
  await client.send(chat("only-b"));
  const answers = await client.answers(2);
  client.leave();
  const ids = answers.map(({ headers }) => headers.get("x-request-id"));
  await until(() => fleet.log.length === 2, "two lines");
  const told = fleet.breakerChanges.map((line) => [
    line.deployment,
    line.request_id,
    line.trace_id,
    line.span_id,
  ]);
  assertEquals(told, [
    ["a/m", ids[0], TRACE, SPAN],
    ["b/claude", ids[1], undefined, undefined],
  ]);
  assertEquals(fleet.log.map((line) => line.trace_id), [TRACE, undefined]);
});
