import { GatewayMetrics } from "./gateway_metrics.ts";
import { MetricsCollector } from "./metrics_collector.ts";
import { PrometheusExporter } from "./prometheus_exporter.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const MODELS = Array.from({ length: 40 }, (_, index) => `model-${index}`);
const BOUNDS = [
  ...[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56],
  ...[5.12, 10.24, 20.48, 40.96, 81.92],
];

const metrics = new MetricsCollector();
const labels = [
  metrics.label("method", { values: ["GET", "POST"] }),
  metrics.label("endpoint"),
  metrics.label("model", { max: 40 }),
] as const;
const requests = metrics.counter("app_requests_total", { help: "H.", labels });
const duration = metrics.histogram("app_duration_seconds", {
  help: "H.",
  labels,
  bounds: BOUNDS,
});
const inFlight = metrics.gauge("app_in_flight", { help: "H." }).at();
const kept = requests.with({ method: "POST", endpoint: "/v1", model: "m" });
const keptDuration = duration.at("POST", "/v1", "m");
for (const model of MODELS) requests.at("POST", "/v1", model).add();

let turn = 0;
/** Another one at each call, so that no look-up is folded away. */
function model(): string {
  return MODELS[turn++ % MODELS.length] as string;
}

const JUNK = Array.from({ length: 4_096 }, () => crypto.randomUUID());
/** A name that no label takes. */
function junk(): string {
  return JUNK[turn++ % JUNK.length] as string;
}

Deno.bench("counter, kept series", () => kept.add());
Deno.bench("gauge, kept series", () => inFlight.add(1));
Deno.bench("histogram, kept series", () => keptDuration.observe(1.5));
Deno.bench(
  "histogram, kept series, exemplar",
  () => keptDuration.observe(1.5, TRACE),
);
Deno.bench(
  "counter, by three label values",
  () => requests.at("POST", "/v1", model()).add(),
);
Deno.bench(
  "counter, by three named label values",
  () =>
    requests.with({ method: "POST", endpoint: "/v1", model: model() }).add(),
);
Deno.bench(
  "histogram, by three label values",
  () => duration.at("POST", "/v1", model()).observe(1.5),
);
Deno.bench(
  "counter, a value that becomes other",
  () => requests.at("POST", "/v1", junk()).add(),
);

/** A collector with 5,000 time series, most of them of histograms. */
function full(): PrometheusExporter {
  const collector = new MetricsCollector({ maxSeries: 5_000 });
  const model = collector.label("model", { max: 1_000 });
  const options = { help: "H.", labels: [model] } as const;
  const count = collector.counter("app_requests_total", options);
  const time = collector.histogram("app_duration_seconds", {
    ...options,
    bounds: BOUNDS,
  });
  for (let index = 0; index < 270; index++) {
    count.at(`model-${index}`).add(index);
    time.at(`model-${index}`).observe(index / 7, TRACE);
  }
  for (let index = 270; collector.seriesCount < 5_000; index++) {
    count.at(`model-${index}`).add(index);
  }
  return new PrometheusExporter(collector);
}

const exporter = full();
Deno.bench("scrape of 5,000 series, text", () => void exporter.text());
Deno.bench("scrape of 5,000 series, OpenMetrics", () => {
  exporter.openMetrics();
});
Deno.bench("scrape of 5,000 series, encoded", () => {
  new TextEncoder().encode(exporter.openMetrics());
});
Deno.bench("scrape of 5,000 series, JSON", () => {
  JSON.stringify(exporter.json());
});

const gateway = new GatewayMetrics(new MetricsCollector(), { version: "1" });
const target = {
  operation: "chat",
  provider: "openai-eu",
  providerType: "openai",
  model: "gpt-4o",
};
Deno.bench("all metrics of a streamed request with one attempt", () => {
  gateway.requestStarted();
  gateway.attemptEnded({
    target,
    outcome: "ok",
    durationMs: 850,
    firstChunkMs: 120,
    traceId: TRACE,
  });
  gateway.requestEnded({
    method: "POST",
    route: "/v1/chat/completions",
    status: 200,
    durationMs: 852,
    overheadMs: 1.5,
    firstTokenMs: 121,
    target,
    usage: { input: 40, output: 7 },
    costUsd: 0.001,
    traceId: TRACE,
  });
});
