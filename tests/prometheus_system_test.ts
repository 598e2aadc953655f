/**
 * What Prometheus itself makes of the formats. Needs Debian's `prometheus`
 * package and leave to run it (`--allow-run=promtool,prometheus`); where these
 * are absent the tests are ignored.
 */
import { assertEquals, assertMatch } from "@std/assert";
import {
  GatewayMetrics,
  MetricsCollector,
  PrometheusExporter,
} from "@llm-proxy/logging";
import { hasProgram } from "../logging/_test_programs.ts";
import { promtoolCheck, TestPrometheus } from "../logging/_test_prometheus.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const STRANGE = 'a\\b"c\nd équipe 模型 🙂';

const noPromtool = !hasProgram("promtool");
const noPrometheus = !hasProgram("prometheus");

/** A collector with something of every kind. */
function every(): MetricsCollector {
  const metrics = new MetricsCollector();
  const strange = metrics.label("strange", { values: [STRANGE] });
  metrics.counter("app_events_total", {
    help: 'Back\\slash, "quotes",\nline.',
    labels: [strange],
  }).at(STRANGE).add(3);
  const number = metrics.gauge("app_number", {
    help: "Numbers of all kinds.",
    labels: [metrics.label("kind")],
  });
  number.at("nan").set(NaN);
  number.at("inf").set(Infinity);
  number.at("minus_inf").set(-Infinity);
  number.at("tiny").set(1.5e-7);
  number.at("huge").set(1e300);
  const wait = metrics.histogram("app_wait_seconds", {
    help: "Waits.",
    bounds: [1e-5, 0.5, 1, 1e6],
  }).at();
  wait.observe(0.25, TRACE);
  wait.observe(3);
  return metrics;
}

/** A gateway's metrics after some traffic of every kind. */
function gateway(): MetricsCollector {
  const collector = new MetricsCollector();
  const metrics = new GatewayMetrics(collector, {
    version: "1.0.0",
    views: {
      upstreams: () => [{
        provider: "openai",
        model: "gpt-4o",
        available: true,
        breaker: "half_open",
        inFlight: 2,
      }],
      budgets: () => [{ name: "team-a", leftUsd: 12.5 }],
      caches: () => [{ cache: "response", entries: 3, bytes: 4_096 }],
      queues: () => [{ queue: "openai", length: 1 }],
      droppedLogRecords: () => 7,
      state: () => ({ degraded: true, waiting: 12 }),
    },
  });
  const target = {
    operation: "chat",
    provider: "openai",
    providerType: "openai",
    model: "gpt-4o",
  };
  const request = { method: "POST", route: "/v1/chat/completions" };
  metrics.requestStarted();
  metrics.attemptEnded({ target, outcome: "timeout", durationMs: 1_000 });
  metrics.attemptEnded({
    target,
    outcome: "ok",
    durationMs: 850,
    firstChunkMs: 90,
  });
  metrics.requestEnded({
    ...request,
    status: 200,
    durationMs: 1_852,
    target,
    queuedMs: 2,
    overheadMs: 1.5,
    firstTokenMs: 1_091,
    usage: { input: 40, output: 7 },
    costUsd: 0.001,
    traceId: TRACE,
  });
  metrics.requestStarted();
  metrics.requestEnded({
    ...request,
    status: 401,
    durationMs: 0.2,
    error: { kind: "authentication", code: "invalid_api_key" },
  });
  metrics.limitRefused({ limit: "key", unit: "tokens" });
  metrics.cacheLookup({ cache: "response", hit: true });
  metrics.cacheLookup({ cache: "response", hit: false });
  metrics.loopDelayed(0.002);
  return collector;
}

Deno.test({
  name:
    "promtool has nothing to say of the text format, with Debian's prometheus",
  ignore: noPromtool,
  async fn() {
    for (const metrics of [every(), gateway(), new MetricsCollector()]) {
      const text = new PrometheusExporter(metrics).text();
      assertEquals(await promtoolCheck(text), "");
    }
    // And it would say something.
    assertMatch(await promtoolCheck('a{b="c} 1\n'), /error while linting/);
  },
});

Deno.test({
  name:
    "a gateway's metrics that count nothing yet please promtool, with Debian's prometheus",
  ignore: noPromtool,
  async fn() {
    const metrics = new MetricsCollector();
    new GatewayMetrics(metrics, { version: "1.0.0" });
    const text = new PrometheusExporter(metrics).text();
    assertEquals(await promtoolCheck(text), "");
  },
});

Deno.test({
  name:
    "Prometheus reads both formats alike, and a restart as a reset, with Debian's prometheus",
  ignore: noPrometheus,
  async fn() {
    let exporter = new PrometheusExporter(every());
    const full = new PrometheusExporter(gateway());
    const asked = new Set<string>();
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    const open = Deno.serve(options, (request) => {
      const accept = request.headers.get("accept") ?? "";
      const { body, contentType } = exporter.scrape(accept);
      asked.add(contentType);
      return new Response(body, { headers: { "content-type": contentType } });
    });
    const plain = Deno.serve(options, () => {
      const { body, contentType } = exporter.scrape();
      return new Response(body, { headers: { "content-type": contentType } });
    });
    const whole = Deno.serve(options, (request) => {
      const { body, contentType } = full.scrape(
        request.headers.get("accept") ?? "",
      );
      return new Response(body, { headers: { "content-type": contentType } });
    });
    await using servers = new AsyncDisposableStack();
    for (const server of [open, plain, whole]) {
      servers.defer(() => server.shutdown());
    }
    await using prometheus = new TestPrometheus({
      open: `127.0.0.1:${open.addr.port}`,
      plain: `127.0.0.1:${plain.addr.port}`,
      whole: `127.0.0.1:${whole.addr.port}`,
    });

    const up = await prometheus.query("up == 1", (all) => all.length === 3);
    assertEquals(up.length, 3);
    assertEquals(await prometheus.errors(), { open: "", plain: "", whole: "" });
    assertEquals([...asked], [
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    ]);

    const series = '{__name__=~"app_.+"}';
    const values = await prometheus.query(
      series,
      (all) => all.length >= 2 * 13,
    );
    const [first, second] = ["open", "plain"].map((job) =>
      values.filter(({ metric }) => metric.job === job)
        .map(({ metric: { job: _, instance: __, ...labels }, value }) => [
          JSON.stringify(Object.entries(labels).sort()),
          value[1],
        ]).sort()
    );
    assertEquals(first, second);
    assertEquals(first?.length, 13);
    const kinds = values.filter(({ metric }) => metric.job === "open")
      .flatMap(({ metric: { kind }, value }) => kind ? [[kind, value[1]]] : []);
    const { nan, inf, minus_inf: minus, tiny, huge } = Object.fromEntries(
      kinds,
    );
    assertEquals([nan, inf, minus], ["NaN", "+Inf", "-Inf"]);
    assertEquals([Number(tiny), Number(huge)], [1.5e-7, 1e300]);
    const [events] = await prometheus.query('app_events_total{job="open"}');
    assertEquals(events?.metric.strange, STRANGE);

    const exemplars = await prometheus.exemplars("app_wait_seconds_bucket");
    assertMatch(JSON.stringify(exemplars), new RegExp(TRACE));

    const [tokens] = await prometheus.query(
      'gen_ai_client_token_usage_sum{gen_ai_token_type="input"}',
    );
    assertEquals(tokens?.value[1], "40");

    const rate = 'resets(app_events_total{job="open"}[1m])';
    const restarted = new MetricsCollector();
    restarted.counter("app_events_total", {
      help: "H.",
      labels: [restarted.label("strange", { values: [STRANGE] })],
    }).at(STRANGE).add(1);
    exporter = new PrometheusExporter(restarted);
    const [resets] = await prometheus.query(
      rate,
      ([sample]) => sample?.value[1] === "1",
    );
    assertEquals(resets?.value[1], "1");
    assertEquals(await prometheus.errors(), { open: "", plain: "", whole: "" });
  },
});
