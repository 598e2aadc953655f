import { assert, assertEquals } from "@std/assert";
import type { RequestEnded } from "./gateway_events.ts";
import { GatewayMetrics } from "./gateway_metrics.ts";
import { MetricsCollector } from "./metrics_collector.ts";
import { PrometheusExporter } from "./prometheus_exporter.ts";

const TARGET = {
  operation: "chat",
  provider: "azure-eu",
  providerType: "azure_openai",
  model: "gpt-4o",
} as const;
const ANSWERED: RequestEnded = {
  method: "POST",
  route: "/v1/chat/completions",
  status: 200,
  durationMs: 1_300,
  target: TARGET,
};

/** A gateway's metrics and a way to look for lines of its scrape. */
function setUp(
  options: Partial<ConstructorParameters<typeof GatewayMetrics>[1]> = {},
) {
  const collector = new MetricsCollector();
  const metrics = new GatewayMetrics(collector, { version: "1", ...options });
  return {
    collector,
    metrics,
    /** The samples whose names begin so, without `le` lines. */
    lines: (start: string): string[] =>
      new PrometheusExporter(collector).text().split("\n").filter((line) =>
        line.startsWith(start) && !line.includes("_bucket{")
      ),
  };
}

Deno.test("GatewayMetrics has every metric by its name and labels", () => {
  const { collector } = setUp();
  const catalogue = collector.collect().map(({ name, type, labelNames }) =>
    `${type} ${name}{${labelNames.join(",")}}`
  );
  const genAi =
    "gen_ai_operation_name,gen_ai_provider_name,gen_ai_request_model";
  assertEquals(catalogue, [
    "counter proxy_api_requests_total{method,endpoint,status_code}",
    "histogram proxy_api_request_duration_seconds{method,endpoint}",
    "gauge proxy_api_requests_in_flight{}",
    "histogram proxy_api_queue_wait_seconds{}",
    "histogram proxy_api_overhead_seconds{}",
    "histogram proxy_api_event_loop_delay_seconds{}",
    "counter proxy_api_failed_auth_attempts_total{reason}",
    "counter proxy_api_limit_refusals_total{limit,unit}",
    "counter proxy_api_cache_hits_total{cache_type}",
    "counter proxy_api_cache_misses_total{cache_type}",
    "counter proxy_api_condensations_total{reason}",
    "counter proxy_api_condensed_tokens_total{reason}",
    "counter proxy_api_guardrails_total{guardrail,outcome}",
    "counter proxy_api_provider_requests_total{provider,model,status}",
    "histogram proxy_api_provider_latency_seconds{provider,model}",
    "counter proxy_api_cost_usd_total{provider,model}",
    `histogram gen_ai_client_operation_duration_seconds{${genAi},error_type}`,
    `histogram gen_ai_client_operation_time_to_first_chunk_seconds{${genAi}}`,
    `histogram gen_ai_client_token_usage{${genAi},gen_ai_token_type}`,
    `histogram gen_ai_server_time_to_first_token_seconds{${genAi}}`,
    `histogram gen_ai_server_time_per_output_token_seconds{${genAi}}`,
    "gauge proxy_api_upstream_up{provider,model}",
    "gauge proxy_api_circuit_breaker_state{provider,model}",
    "gauge proxy_api_upstream_requests_in_flight{provider,model}",
    "gauge proxy_api_provider_health{provider}",
    "gauge proxy_api_provider_connections{provider}",
    "gauge proxy_api_budget_left_usd{budget}",
    "gauge proxy_api_cache_entries{cache_type}",
    "gauge proxy_api_cache_size_bytes{cache_type}",
    "gauge proxy_api_queue_length{queue}",
    "gauge proxy_api_state_degraded{}",
    "gauge proxy_api_state_waiting{}",
    "counter proxy_api_log_records_dropped_total{}",
    "counter proxy_api_spans_dropped_total{}",
    "counter proxy_api_metrics_folded_total{}",
    "counter proxy_api_metrics_observe_failures_total{}",
    "gauge proxy_api_metrics_series{}",
    "gauge proxy_api_memory_usage_bytes{}",
    "gauge proxy_api_memory_pressure{}",
    "gauge proxy_api_memory_limit_bytes{}",
    "gauge proxy_api_build_info{version}",
    "gauge process_resident_memory_bytes{}",
    "gauge process_heap_used_bytes{}",
    "gauge process_heap_size_bytes{}",
    "counter process_cpu_seconds_total{}",
    "gauge process_start_time_seconds{}",
  ]);
});

Deno.test("requestEnded() tells a streamed request's tokens, cost and times in seconds", () => {
  const { metrics, lines } = setUp({ models: ["gpt-4o"] });
  metrics.requestStarted();
  assertEquals(lines("proxy_api_requests_in_flight"), [
    "proxy_api_requests_in_flight 1",
  ]);
  metrics.requestEnded({
    ...ANSWERED,
    queuedMs: 20,
    overheadMs: 2,
    firstTokenMs: 300,
    usage: { input: 40, output: 11 },
    costUsd: 0.25,
  });
  assertEquals(lines("proxy_api_requests_in_flight"), [
    "proxy_api_requests_in_flight 0",
  ]);
  const labels =
    'gen_ai_operation_name="chat",gen_ai_provider_name="azure.ai.openai",gen_ai_request_model="gpt-4o"';
  const expected = [
    'proxy_api_requests_total{method="POST",endpoint="/v1/chat/completions",status_code="200"} 1',
    'proxy_api_request_duration_seconds_sum{method="POST",endpoint="/v1/chat/completions"} 1.3',
    "proxy_api_queue_wait_seconds_sum 0.02",
    "proxy_api_overhead_seconds_sum 0.002",
    'proxy_api_cost_usd_total{provider="azure-eu",model="gpt-4o"} 0.25',
    `gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="input"} 40`,
    `gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="output"} 11`,
    `gen_ai_server_time_to_first_token_seconds_sum{${labels}} 0.3`,
    `gen_ai_server_time_per_output_token_seconds_sum{${labels}} 0.1`,
  ];
  const all = lines("");
  for (const line of expected) assert(all.includes(line), line);
});

Deno.test("requestEnded() tells no token's time of an answer that failed or was whole", () => {
  const { metrics, lines } = setUp();
  const usage = { input: 1, output: 5 };
  metrics.requestEnded({ ...ANSWERED, usage });
  const error = { kind: "upstream", code: "cut" };
  metrics.requestEnded({ ...ANSWERED, usage, firstTokenMs: 9, error });
  assertEquals(lines("gen_ai_server_"), []);
  metrics.requestEnded({
    ...ANSWERED,
    usage: { input: 1, output: 1 },
    firstTokenMs: 9,
  });
  assertEquals(lines("gen_ai_server_time_per_output_token"), []);
  assertEquals(lines("gen_ai_server_time_to_first_token").length, 2);
});

Deno.test("requestEnded() counts refused keys by reason, and not what a provider refused", () => {
  const { metrics, lines } = setUp();
  const error = { kind: "authentication", code: "invalid_api_key" };
  const { target: _, ...refused } = { ...ANSWERED, status: 401, error };
  metrics.requestEnded(refused);
  metrics.requestEnded({ ...refused, target: TARGET });
  assertEquals(lines("proxy_api_failed_auth_attempts_total"), [
    'proxy_api_failed_auth_attempts_total{reason="invalid_api_key"} 1',
  ]);
});

Deno.test("attemptEnded() names a model once a provider has answered for it", () => {
  const { metrics, lines, collector } = setUp();
  const durationMs = 500;
  metrics.attemptEnded({ target: TARGET, outcome: "not_found", durationMs });
  const { folded } = collector;
  metrics.attemptEnded({ target: TARGET, outcome: "ok", durationMs });
  metrics.attemptEnded({ target: TARGET, outcome: "timeout", durationMs });
  const start = 'proxy_api_provider_requests_total{provider="azure-eu"';
  assertEquals(lines("proxy_api_provider_requests_total"), [
    `${start},model="other",status="not_found"} 1`,
    `${start},model="gpt-4o",status="ok"} 1`,
    `${start},model="gpt-4o",status="timeout"} 1`,
  ]);
  assertEquals(
    lines("proxy_api_provider_latency_seconds_count")
      .map((line) => line.split(",").at(-1)),
    ['model="other"} 1', 'model="gpt-4o"} 2'],
  );
  assertEquals([folded > 0, collector.folded], [true, folded]);
  assertEquals(
    lines("gen_ai_client_operation_duration_seconds_count").map((line) =>
      /gen_ai_request_model="(.*?)"(.*)}/.exec(line)?.slice(1)
    ),
    [
      ["other", ',error_type="not_found"'],
      ["gpt-4o", ""],
      ["gpt-4o", ',error_type="timeout"'],
    ],
  );
});

Deno.test("attemptEnded() tells the first chunk's time of streams only", () => {
  const { metrics, lines } = setUp({ models: ["gpt-4o"] });
  const attempt = { target: TARGET, outcome: "ok", durationMs: 500 };
  metrics.attemptEnded(attempt);
  const name = "gen_ai_client_operation_time_to_first_chunk_seconds";
  assertEquals(lines(name), []);
  metrics.attemptEnded({ ...attempt, firstChunkMs: 90 });
  assertEquals(lines(name).map((line) => line.split(" ").at(-1)), [
    "0.09",
    "1",
  ]);
});

Deno.test("views are asked at each scrape, and one that throws hides no other", () => {
  let breaker: "closed" | "open" | "half_open" = "open";
  const { metrics, lines } = setUp({
    views: {
      upstreams: () => [{
        provider: "p",
        model: "m",
        available: breaker !== "open",
        breaker,
        inFlight: 2,
      }],
      providers: () => [
        { provider: "p", health: "unhealthy", connections: 4 },
        { provider: "q", health: "healthy", connections: 0 },
      ],
      budgets: () => {
        throw new Error("No");
      },
      caches: () => [{ cache: "response", entries: 3, bytes: 4_096 }],
      queues: () => [{ queue: "p", length: 1 }],
      droppedLogRecords: () => 7,
    },
  });
  metrics.limitRefused({ limit: "key", unit: "tokens" });
  metrics.cacheLookup({ cache: "response", hit: true });
  metrics.cacheLookup({ cache: "response", hit: false });
  metrics.loopDelayed(0.5);
  const all = lines("");
  for (
    const line of [
      'proxy_api_upstream_up{provider="p",model="m"} 0',
      'proxy_api_circuit_breaker_state{provider="p",model="m"} 1',
      'proxy_api_upstream_requests_in_flight{provider="p",model="m"} 2',
      'proxy_api_provider_health{provider="p"} 2',
      'proxy_api_provider_health{provider="q"} 0',
      'proxy_api_provider_connections{provider="p"} 4',
      'proxy_api_cache_entries{cache_type="response"} 3',
      'proxy_api_cache_size_bytes{cache_type="response"} 4096',
      'proxy_api_queue_length{queue="p"} 1',
      "proxy_api_log_records_dropped_total 7",
      "proxy_api_metrics_observe_failures_total 1",
      'proxy_api_limit_refusals_total{limit="key",unit="tokens"} 1',
      'proxy_api_cache_hits_total{cache_type="response"} 1',
      'proxy_api_cache_misses_total{cache_type="response"} 1',
      "proxy_api_event_loop_delay_seconds_sum 0.5",
      'proxy_api_build_info{version="1"} 1',
    ]
  ) {
    assert(all.includes(line), line);
  }
  breaker = "half_open";
  assertEquals(lines("proxy_api_circuit_breaker_state{"), [
    'proxy_api_circuit_breaker_state{provider="p",model="m"} 2',
  ]);
});

Deno.test("X13: what callers make up names no series, and none has a secret", () => {
  const { metrics, collector, lines } = setUp({ models: ["gpt-4o"] });
  const secret = "sk-proj-abcdefghijklmnop123456";
  for (let index = 0; index < 10_000; index++) {
    const target = { ...TARGET, model: `Tell me a story, part ${index}` };
    metrics.attemptEnded({ target, outcome: "not_found", durationMs: 1 });
    metrics.requestEnded({
      ...ANSWERED,
      method: `BREW${index}`,
      status: 404,
      target,
      error: { kind: "not_found", code: secret },
    });
  }
  metrics.attemptEnded({
    target: { ...TARGET, model: secret },
    outcome: "ok",
    durationMs: 1,
  });
  const text = lines("").join("\n");
  assertEquals(/story|BREW|sk-proj/.exec(text), null);
  assert(collector.seriesCount < 1_500, `${collector.seriesCount} series`);
});
