import { assert, assertEquals, assertLess } from "@std/assert";
import { MetricsCollector } from "./metrics_collector.ts";
import { PrometheusExporter } from "./prometheus_exporter.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

Deno.test("text() and openMetrics() write a histogram, exemplars only in the latter", () => {
  const metrics = new MetricsCollector({ now: () => 1_700_000_000_123 });
  const series = metrics.histogram("wait_seconds", {
    help: "H.",
    labels: [metrics.label("queue")],
    bounds: [0.5, 1],
  }).at("a");
  series.observe(0.25, TRACE);
  series.observe(7);
  const exporter = new PrometheusExporter(metrics);
  assertEquals(exporter.text().split("\n"), [
    "# HELP wait_seconds H.",
    "# TYPE wait_seconds histogram",
    'wait_seconds_bucket{queue="a",le="0.5"} 1',
    'wait_seconds_bucket{queue="a",le="1.0"} 1',
    'wait_seconds_bucket{queue="a",le="+Inf"} 2',
    'wait_seconds_sum{queue="a"} 7.25',
    'wait_seconds_count{queue="a"} 2',
    "",
  ]);
  assertEquals(exporter.openMetrics().split("\n"), [
    "# TYPE wait_seconds histogram",
    "# UNIT wait_seconds seconds",
    "# HELP wait_seconds H.",
    `wait_seconds_bucket{queue="a",le="0.5"} 1 # {trace_id="${TRACE}"} 0.25 1700000000.123`,
    'wait_seconds_bucket{queue="a",le="1.0"} 1',
    'wait_seconds_bucket{queue="a",le="+Inf"} 2',
    'wait_seconds_sum{queue="a"} 7.25',
    'wait_seconds_count{queue="a"} 2',
    "# EOF",
    "",
  ]);
});

Deno.test("text() escapes label values and help, each by its own rule", () => {
  const metrics = new MetricsCollector();
  const value = 'a\\b"c\nd équipe 模型 🙂';
  metrics.gauge("a", {
    help: 'Back\\slash, "quotes",\nline.',
    labels: [metrics.label("l", { values: [value] })],
  }).at(value).set(1);
  const exporter = new PrometheusExporter(metrics);
  const sample = 'a{l="a\\\\b\\"c\\nd équipe 模型 🙂"} 1';
  assertEquals(exporter.text().split("\n"), [
    '# HELP a Back\\\\slash, "quotes",\\nline.',
    "# TYPE a gauge",
    sample,
    "",
  ]);
  assertEquals(exporter.openMetrics().split("\n"), [
    "# TYPE a gauge",
    '# HELP a Back\\\\slash, \\"quotes\\",\\nline.',
    sample,
    "# EOF",
    "",
  ]);
});

Deno.test("text() writes every number as Prometheus reads it", () => {
  const metrics = new MetricsCollector();
  const gauge = metrics.gauge("a", { help: "H." }).at();
  const exporter = new PrometheusExporter(metrics);
  const numbers: [number, string][] = [
    [NaN, "NaN"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [-0, "0"],
    [1e21, "1e+21"],
    [1.5e-7, "1.5e-7"],
    [9_007_199_254_740_991, "9007199254740991"],
  ];
  for (const [number, text] of numbers) {
    gauge.set(number);
    assertEquals(exporter.text().split("\n")[2], `a ${text}`);
  }
});

Deno.test("buckets have the canonical bounds of OpenMetrics", () => {
  const metrics = new MetricsCollector();
  const bounds = [0, 1e-10, 1e-5, 1e-4, 0.001, 2.5, 10, 1e5, 262_144];
  metrics.histogram("a", {
    help: "H.",
    bounds: [...bounds, 1e6, 1_048_576, 1e23],
  });
  const text = new PrometheusExporter(metrics).text();
  assertEquals([...text.matchAll(/le="(.*?)"/g)].map(([, bound]) => bound), [
    ...["0.0", "1e-10", "1e-05", "0.0001", "0.001", "2.5", "10.0"],
    ...["100000.0", "262144.0", "1e+06", "1.048576e+06", "1e+23", "+Inf"],
  ]);
});

Deno.test("an empty label value is no label", () => {
  const metrics = new MetricsCollector();
  const labels = [metrics.label("a"), metrics.label("b")] as const;
  const gauge = metrics.gauge("g", { help: "H.", labels });
  gauge.at("", "").set(1);
  gauge.at("", "x").set(2);
  metrics.histogram("h", { help: "H.", labels, bounds: [1] }).at("", "");
  const lines = new PrometheusExporter(metrics).text().split("\n");
  assertEquals(lines.filter((line) => !line.startsWith("#")), [
    "g 1",
    'g{b="x"} 2',
    'h_bucket{le="1.0"} 0',
    'h_bucket{le="+Inf"} 0',
    "h_sum 0",
    "h_count 0",
    "",
  ]);
});

Deno.test("scrape() answers in the format that the client prefers", () => {
  const exporter = new PrometheusExporter(new MetricsCollector());
  const open = [
    "application/openmetrics-text",
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
    "Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.5 , text/plain;q=0.5",
  ];
  const plain = [
    "",
    "*/*",
    "text/plain",
    "text/html, */*;q=0.8",
    "application/json",
    "application/openmetrics-text;version=0.0.1",
    "application/openmetrics-text;version=2.0.0,*/*",
    "application/openmetrics-text;q=0",
    "application/openmetrics-text;q=x",
    "application/openmetrics-text;q=0.4,text/plain;q=0.5",
    `${"text/html,".repeat(10_000)}application/openmetrics-text`,
  ];
  for (const accept of open) {
    assertEquals(exporter.scrape(accept), {
      contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8",
      body: "# EOF\n",
    });
  }
  for (const accept of plain) {
    assertEquals(exporter.scrape(accept), {
      contentType: "text/plain; version=0.0.4; charset=utf-8",
      body: "",
    }, accept.slice(0, 80));
  }
});

Deno.test("json() shows every metric as plain data", () => {
  const metrics = new MetricsCollector();
  const label = metrics.label("l");
  metrics.counter("c_total", { help: "C.", labels: [label] }).at("x").add(2);
  metrics.gauge("g", { help: "G." }).at().set(NaN);
  metrics.histogram("h_seconds", { help: "H.", bounds: [1] }).at().observe(0.5);
  const json = new PrometheusExporter(metrics).json();
  assertEquals(JSON.parse(JSON.stringify(json)), [
    {
      name: "c_total",
      type: "counter",
      help: "C.",
      series: [{ labels: { l: "x" }, value: 2 }],
    },
    {
      name: "g",
      type: "gauge",
      help: "G.",
      series: [{ labels: {}, value: "NaN" }],
    },
    {
      name: "h_seconds",
      type: "histogram",
      help: "H.",
      unit: "seconds",
      series: [{
        labels: {},
        count: 1,
        sum: 0.5,
        buckets: [{ le: "1.0", count: 1 }, { le: "+Inf", count: 1 }],
      }],
    },
  ]);
});

Deno.test("scrapes at once, while updates go on, each see one whole moment", async () => {
  const metrics = new MetricsCollector();
  const counter = metrics.counter("a_total", { help: "H." }).at();
  const histogram = metrics.histogram("b", { help: "H.", bounds: [1] }).at();
  const exporter = new PrometheusExporter(metrics);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(exporter.text()),
  );
  const updates = setInterval(() => {
    counter.add();
    histogram.observe(1);
  }, 0);
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const texts = await Promise.all(
    Array.from({ length: 50 }, () => fetch(url).then((reply) => reply.text())),
  );
  clearInterval(updates);
  await server.shutdown();
  for (const text of texts) {
    const [total, ...rest] = [...text.matchAll(/^[^#].* (\d+)$/gm)]
      .map(([, count]) => Number(count));
    assertEquals(rest.filter((count) => count !== total), [], text);
  }
});

Deno.test("a scrape of 5,000 series takes less than 20 ms", () => {
  const metrics = new MetricsCollector();
  const labels = [metrics.label("a", { max: 5_000 })] as const;
  const histogram = metrics.histogram("h", {
    help: "H.",
    labels,
    bounds: [1, 2, 3, 4, 5, 6, 7],
  });
  for (let index = 0; metrics.seriesCount + 10 <= 5_000; index++) {
    histogram.at(`value-${index}`).observe(index, TRACE);
  }
  const exporter = new PrometheusExporter(metrics);
  exporter.openMetrics();
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    const bytes = new TextEncoder().encode(exporter.openMetrics());
    assert(bytes.length > 100_000);
    return performance.now() - start;
  });
  // What others take of the machine only ever adds to it.
  assertLess(Math.min(...times), 20);
});
