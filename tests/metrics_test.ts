// What a scraper sees of a gateway that has served requests.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { promtoolCheck } from "../logging/_test_prometheus.ts";
import {
  onDenoServe,
  onNode,
  startGateway,
  type TestGateway,
} from "./_gateway.ts";
import { hasProgram } from "../logging/_test_programs.ts";
import { until } from "../logging/_test_wait.ts";

const KEY = "team-key-4f8a1c77e2b90d";
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

/** A port where nobody answers. */
function deadPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function config(more = ""): string {
  return `
providers:
  - {type: mock, models: [echo, lorem, error-500, error-400]}
  - {name: dead, type: ollama, base_url: "http://127.0.0.1:${deadPort()}/v1", models: [gone], max_retries: 0}
routes:
  - {match: fast, targets: [mock/error-500], fallbacks: [mock/echo]}
circuit_breaker: {failure_threshold: 3}
${more}`;
}

/** Asks a gateway, and reads the answer to its end. */
async function ask(
  { url }: Pick<TestGateway, "url">,
  body: Record<string, unknown>,
  { path = "/v1/chat/completions", headers = {} }: {
    readonly path?: string;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({
      messages: [{ role: "user", content: "ping 42" }],
      ...body,
    }),
  });
  return { status: response.status, text: await response.text() };
}

async function scrape(
  { url }: Pick<TestGateway, "url">,
  headers: Record<string, string> = {},
): Promise<{ readonly text: string; readonly type: string | null }> {
  const response = await fetch(`${url}/metrics`, { headers });
  const text = await response.text();
  assertEquals(response.status, 200, text);
  return { text, type: response.headers.get("content-type") };
}

/** The value of each series that begins so, by the rest of its name. */
function values(text: string, name: string): Record<string, number> {
  const lines = text.split("\n").filter((line) =>
    line.startsWith(`${name}{`) || line.startsWith(`${name} `)
  );
  return Object.fromEntries(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(name.length, at), Number(line.slice(at + 1))];
  }));
}

/** Requests of every kind of ending. */
async function traffic(gateway: TestGateway): Promise<void> {
  await ask(gateway, { model: "mock/echo" });
  await ask(gateway, { model: "mock/lorem", stream: true });
  await ask(gateway, { model: "fast" });
  await ask(gateway, { model: "mock/error-400" });
  await ask(gateway, { model: "no such model" });
  await ask(gateway, { model: "mock/embed", input: "a" }, {
    path: "/v1/embeddings",
  });
  await ask(gateway, { model: "mock/echo", max_tokens: 50 }, {
    path: "/v1/messages",
  });
  for (let count = 0; count < 3; count++) {
    await ask(gateway, { model: "dead/gone" });
  }
  await fetch(`${gateway.url}/nowhere/${crypto.randomUUID()}`)
    .then((response) => response.body?.cancel());
}

for (
  const [name, listening] of [["node:http", onNode], [
    "fetch",
    onDenoServe,
  ]] as const
) {
  Deno.test(`GET /metrics counts requests and attempts by their ends, over ${name}`, async () => {
    const gateway = await startGateway(config(), listening);
    try {
      await traffic(gateway);
      // A request is counted when its client may have its answer already.
      await until(() => gateway.log.length >= 11, "eleven lines");
      const { text, type } = await scrape(gateway);
      assertEquals(type, "text/plain; version=0.0.4; charset=utf-8");

      const chat = 'method="POST",endpoint="/v1/chat/completions"';
      const requests = values(text, "proxy_api_requests_total");
      assertEquals(requests[`{${chat},status_code="200"}`], 3);
      assertEquals(requests[`{${chat},status_code="400"}`], 1);
      assertEquals(requests[`{${chat},status_code="404"}`], 1);
      assertEquals(
        requests['{method="POST",endpoint="/v1/messages",status_code="200"}'],
        1,
      );
      assertEquals(
        requests['{method="GET",endpoint="unknown",status_code="404"}'],
        1,
      );
      assertEquals(values(text, "proxy_api_requests_in_flight"), { "": 1 });

      const attempts = values(text, "proxy_api_provider_requests_total");
      const at = (model: string, status: string, provider = "mock") =>
        attempts[
          `{provider="${provider}",model="${model}",status="${status}"}`
        ];
      assertEquals(at("echo", "ok"), 3);
      assertEquals(at("lorem", "ok"), 1);
      assertEquals(at("error-500", "upstream"), 1);
      assertEquals(at("error-400", "invalid_request"), 1);
      assertEquals(at("embed", "ok"), 1);
      assertEquals(at("gone", "upstream", "dead"), 3);

      const deployment = '{provider="dead",model="gone"}';
      assertEquals(
        values(text, "proxy_api_circuit_breaker_state")[deployment],
        1,
      );
      assertEquals(values(text, "proxy_api_upstream_up")[deployment], 0);
      assertEquals(values(text, "proxy_api_provider_health"), {
        '{provider="mock"}': 0,
        '{provider="dead"}': 2,
      });

      const streamed =
        '{gen_ai_operation_name="chat",gen_ai_provider_name="mock",gen_ai_request_model="lorem"}';
      for (
        const name of [
          "gen_ai_client_operation_time_to_first_chunk_seconds_count",
          "gen_ai_server_time_to_first_token_seconds_count",
        ]
      ) assertEquals(values(text, name), { [streamed]: 1 }, name);
      assert(
        (values(text, "gen_ai_client_token_usage_sum")[
          '{gen_ai_operation_name="embeddings",gen_ai_provider_name="mock",gen_ai_request_model="embed",gen_ai_token_type="input"}'
        ] ?? 0) > 0,
      );
      assertMatch(text, /^process_resident_memory_bytes \d{7,}$/m);
      // What a caller made up is in no label (X13).
      assert(!text.includes("no such model") && !text.includes("nowhere"));
    } finally {
      await gateway.close();
    }
  });
}

Deno.test("GET /metrics is OpenMetrics for who prefers it, with the trace of a request", async () => {
  const gateway = await startGateway(config());
  try {
    const headers = { traceparent: `00-${TRACE}-${SPAN}-01` };
    await ask(gateway, { model: "mock/echo" }, { headers });
    await ask(gateway, { model: "mock/echo" }, {
      headers: { traceparent: `00-${TRACE}-${"0".repeat(16)}-01` },
    });
    await until(() => gateway.log.length >= 2, "two lines");
    const [traced, other] = gateway.log;
    assertEquals([traced?.trace_id, traced?.span_id], [TRACE, SPAN]);
    assertEquals([other?.trace_id, other?.span_id], [undefined, undefined]);

    const { text, type } = await scrape(gateway, {
      accept:
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
    });
    assertEquals(
      type,
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    );
    assert(text.endsWith("# EOF\n"));
    assert(text.includes(`# {trace_id="${TRACE}"}`));

    const response = await fetch(`${gateway.url}/metrics/json`);
    const { metrics } = await response.json();
    const requests = metrics.find(({ name }: { name: string }) =>
      name === "proxy_api_requests_total"
    );
    assertEquals(requests.type, "counter");
    assertEquals(requests.series[0].value, 2);
  } finally {
    await gateway.close();
  }
});

Deno.test("X14: GET /metrics asks for a key where there are keys, and counts who has none", async () => {
  const gateway = await startGateway(
    config(`auth: {api_keys: [{name: team, key: ${KEY}}]}\n`),
  );
  try {
    for (
      const path of ["/metrics", "/metrics/json", "/v1/status", "/v1/providers"]
    ) {
      const refused = await fetch(gateway.url + path);
      assertEquals(refused.status, 401, path);
      await refused.body?.cancel();
    }
    // A model that is somebody's key has no series of its own (X11).
    await ask(gateway, { model: `mock/${KEY}` }, {
      headers: { "x-api-key": KEY },
    });
    const { text } = await scrape(gateway, { authorization: `Bearer ${KEY}` });
    assertEquals(values(text, "proxy_api_failed_auth_attempts_total"), {
      '{reason="invalid_api_key"}': 4,
    });
    assert(!text.includes(KEY));
  } finally {
    await gateway.close();
  }
});

Deno.test("GET /metrics counts what limits refuse", async () => {
  const gateway = await startGateway(config(`
rate_limit:
  enabled: true
  default: 1000/minute
  routes: {/v1/chat/completions: 2/minute}
`));
  try {
    for (let count = 0; count < 5; count++) {
      await ask(gateway, { model: "mock/echo" });
    }
    const { text } = await scrape(gateway);
    assertEquals(values(text, "proxy_api_limit_refusals_total"), {
      '{limit="/v1/chat/completions",unit="requests"}': 3,
    });
  } finally {
    await gateway.close();
  }
});

Deno.test("GET /metrics shows connections, and who waits for one or for a deployment's slot", async () => {
  const held = Promise.withResolvers<void>();
  const upstream = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { model } = await request.json();
      await held.promise;
      return Response.json({
        id: "a",
        object: "chat.completion",
        created: 1,
        model,
        choices: [{
          index: 0,
          message: { role: "assistant", content: "hi" },
          finish_reason: "stop",
        }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      });
    },
  );
  const gateway = await startGateway(`
providers:
  - name: up
    type: lmstudio
    base_url: "http://127.0.0.1:${upstream.addr.port}/v1"
    max_connections: 2
    concurrency: {max: 3, max_queue: 5, max_wait: 30}
    models: [m]
`);
  try {
    const asked = Array.from({ length: 5 }, () => ask(gateway, { model: "m" }));
    let text = "";
    const waiting = async (): Promise<Record<string, number>> => {
      ({ text } = await scrape(gateway));
      return values(text, "proxy_api_queue_length");
    };
    const deadline = performance.now() + 10_000;
    const wanted = { '{queue="deployments"}': 2, '{queue="connections"}': 1 };
    let last = await waiting();
    while (
      JSON.stringify(last) !== JSON.stringify(wanted) &&
      performance.now() < deadline
    ) last = await waiting();
    assertEquals(last, wanted);
    assertEquals(values(text, "proxy_api_provider_connections"), {
      '{provider="up"}': 2,
    });
    assertEquals(values(text, "proxy_api_upstream_requests_in_flight"), {
      '{provider="up",model="m"}': 3,
    });
    assertEquals(values(text, "proxy_api_requests_in_flight"), { "": 6 });
    held.resolve();
    for (const { status } of await Promise.all(asked)) {
      assertEquals(status, 200);
    }
  } finally {
    held.resolve();
    await gateway.close();
    await upstream.shutdown();
  }
});

Deno.test({
  name:
    "promtool has nothing to say of a gateway's /metrics, with Debian's prometheus",
  ignore: !hasProgram("promtool"),
  async fn() {
    const gateway = await startGateway(config());
    try {
      assertEquals(await promtoolCheck((await scrape(gateway)).text), "");
      await traffic(gateway);
      assertEquals(await promtoolCheck((await scrape(gateway)).text), "");
    } finally {
      await gateway.close();
    }
  },
});
