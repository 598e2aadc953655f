// No metric is there for show: each says something once there is something to say.
import { assert, assertEquals } from "@std/assert";
import { OtlpReceiver } from "../logging/_test_otlp_receiver.ts";
import { FaultUpstream } from "./_fault_upstream.ts";
import { healthy, status } from "./_faults.ts";
import { startGateway } from "./_gateway.ts";
import { pause } from "../logging/_test_wait.ts";

const KEY = "team-key-4f8a1c77e2b90d";

interface JsonMetric {
  readonly name: string;
  readonly series: readonly {
    readonly value?: number;
    readonly count?: number;
  }[];
}

/** What stays 0 as long as all is well here. */
const WELL: ReadonlySet<string> = new Set([
  "proxy_api_state_degraded",
  "proxy_api_state_waiting",
  "proxy_api_log_records_dropped_total",
  "proxy_api_metrics_folded_total",
  "proxy_api_metrics_observe_failures_total",
  "proxy_api_memory_pressure",
  "proxy_api_memory_limit_bytes",
  "proxy_api_condensations_total",
  "proxy_api_condensed_tokens_total",
]);

Deno.test("every metric of /metrics says something once there is something to say", async () => {
  await using upstream = await FaultUpstream.start();
  await using collector = OtlpReceiver.http();
  collector.mood = "reject";
  const gateway = await startGateway(`
auth: {api_keys: [{name: team, key: ${KEY}}]}
telemetry: {enabled: true, endpoint: "${collector.endpoint}", sample_ratio: 1}
caching: {response_cache: {enabled: true}}
budgets: [{name: all, per: all, limit: 1000000, period: day}]
rate_limit: {default: 1000/minute, routes: {/v1/models: 1/hour}}
circuit_breaker: {failure_threshold: 2}
providers:
  - name: up
    type: openai_compatible
    base_url: "${upstream.origin}/v1"
    max_retries: 0
    max_connections: 2
    concurrency: {max: 3, max_queue: 5, max_wait: 30}
    models: [{name: m, prices: {input: 1000, output: 1000}}, bad]
  - {name: dead, type: ollama, base_url: "http://127.0.0.1:9/v1", models: [gone], max_retries: 0}
routes: [{match: both, targets: [up/bad, up/m]}]
guardrails: [{name: words, type: deny, phrases: [project falcon], on: input}]
default_guardrails: [words]
`);
  try {
    const headers = { "x-api-key": KEY, "content-type": "application/json" };
    const ask = async (model: string, more = {}): Promise<number> => {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers,
        body: JSON.stringify({
          model,
          temperature: 0,
          max_tokens: 5,
          messages: [{ role: "user", content: "hi" }],
          ...more,
        }),
      });
      await response.text();
      return response.status;
    };
    assertEquals(await ask("up/m"), 200);
    assertEquals(await ask("up/m"), 200);
    const denied = [{ role: "user", content: "project falcon" }];
    assertEquals(await ask("up/m", { messages: denied }), 400);
    upstream.usual = healthy({ firstTokenMs: 20 });
    assertEquals(await ask("up/m", { stream: true, seed: 1 }), 200);
    upstream.usual = status(500);
    for (let count = 0; count < 3; count++) {
      await ask("up/bad", { seed: count });
    }
    for (const key of [KEY, KEY, "wrong-key-wrong-key"]) {
      await fetch(`${gateway.url}/v1/models`, { headers: { "x-api-key": key } })
        .then((it) => it.body?.cancel());
    }
    // Some under way, one in each queue.
    const release = Promise.withResolvers<void>();
    upstream.usual = async (call) => {
      await release.promise;
      await healthy()(call);
    };
    const asked = [1, 2, 3, 4, 5].map((seed) => ask("up/m", { seed: -seed }));
    const read = async (): Promise<JsonMetric[]> => {
      const response = await fetch(`${gateway.url}/metrics/json`, { headers });
      return (await response.json()).metrics;
    };
    const silent = (metrics: readonly JsonMetric[]): string[] =>
      metrics.filter(({ name, series }) =>
        !WELL.has(name) &&
        !series.some(({ value, count }) => Number(value ?? count) > 0)
      ).map(({ name }) => name);
    let metrics = await read();
    const deadline = performance.now() + 10_000;
    while (silent(metrics).length > 0 && performance.now() < deadline) {
      await pause(20);
      metrics = await read();
    }
    release.resolve();
    await Promise.all(asked);
    assertEquals(silent(metrics), []);
    assert(metrics.length >= 45);
  } finally {
    await gateway.close();
  }
});
