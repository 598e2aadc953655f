import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { MetricsCollector } from "./metrics_collector.ts";
import { PrometheusExporter } from "./prometheus_exporter.ts";

/** The sample lines of a collector. */
function samples(metrics: MetricsCollector): string[] {
  return new PrometheusExporter(metrics).text().split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

Deno.test("counter() adds by name, by order and on a kept series", () => {
  const metrics = new MetricsCollector();
  const requests = metrics.counter("app_requests_total", {
    help: "H.",
    labels: [metrics.label("route"), metrics.label("status")],
  });
  const kept = requests.with({ status: "200", route: "/a" });
  kept.add();
  requests.at("/a", "200").add(2.5);
  requests.at("/a", "500").add();
  assertEquals(samples(metrics), [
    'app_requests_total{route="/a",status="200"} 3.5',
    'app_requests_total{route="/a",status="500"} 1',
  ]);
});

Deno.test("counter() passes over what would spoil a sum for good", () => {
  const series = new MetricsCollector().counter("a_total", { help: "H." }).at();
  for (const amount of [-1, NaN, Infinity, -Infinity]) series.add(amount);
  assertEquals(series.value, 0);
});

Deno.test("counter() without labels says 0 from the start", () => {
  const metrics = new MetricsCollector();
  metrics.counter("a_total", { help: "H." });
  assertEquals(samples(metrics), ["a_total 0"]);
});

Deno.test("gauge() holds what was set last", () => {
  const metrics = new MetricsCollector();
  const gauge = metrics.gauge("a", { help: "H." }).at();
  gauge.set(5);
  gauge.add(-7);
  assertEquals(gauge.value, -2);
});

Deno.test("histogram() puts a value into the first bucket that it fits", () => {
  const metrics = new MetricsCollector();
  const series = metrics.histogram("a", { help: "H.", bounds: [0, 1, 2] }).at();
  for (const value of [0, 0.5, 1, 2, 2.1]) series.observe(value);
  for (const value of [-1, NaN, Infinity]) series.observe(value);
  assertEquals(series.counts, [1, 2, 1, 1]);
  assertEquals(series.sum, 5.6);
});

Deno.test("histogram() keeps each bucket's newest exemplar, and only of traces", () => {
  const metrics = new MetricsCollector({ now: () => 42 });
  const series = metrics.histogram("a", { help: "H.", bounds: [1] }).at();
  const trace = "0af7651916cd43dd8448eb211c80319c";
  series.observe(0.1, "f".repeat(32));
  series.observe(0.2, trace);
  series.observe(0.3);
  series.observe(0.4, 'no trace"} 1\n');
  series.observe(2, "X".repeat(32));
  assertEquals(series.exemplar(0), { traceId: trace, value: 0.2, at: 42 });
  assertEquals(series.exemplar(1), undefined);
});

Deno.test("at() gives what is no string, missing or too much to other", () => {
  const metrics = new MetricsCollector();
  const counter = metrics.counter("a_total", {
    help: "H.",
    labels: [metrics.label("b"), metrics.label("c")],
  });
  const at = counter.at.bind(counter) as (...values: unknown[]) => {
    add(): void;
  };
  for (const values of [[], ["x"], [null, 4]]) at(...values).add();
  at("x", "y", "z").add();
  counter.with(JSON.parse("{}")).add();
  assertEquals(samples(metrics), [
    'a_total{b="other",c="other"} 3',
    'a_total{b="x",c="other"} 1',
    'a_total{b="x",c="y"} 1',
  ]);
});

Deno.test("observedGauge() shows what is there at the scrape, and no longer what is gone", () => {
  const metrics = new MetricsCollector();
  const queues = new Map([["a", 1], ["b", 2]]);
  metrics.observedGauge("queue", {
    help: "H.",
    labels: [metrics.label("name")],
    observe: (report) => queues.forEach((length, name) => report(length, name)),
  });
  assertEquals(samples(metrics), ['queue{name="a"} 1', 'queue{name="b"} 2']);
  queues.delete("a");
  assertEquals(samples(metrics), ['queue{name="b"} 2']);
});

Deno.test("observedGauge() that throws hides nothing else", () => {
  const metrics = new MetricsCollector();
  metrics.observedGauge("broken", {
    help: "H.",
    observe: () => {
      throw new Error("No");
    },
  });
  metrics.gauge("whole", { help: "H." });
  assertEquals(samples(metrics), ["whole 0"]);
  assertEquals(metrics.observeFailures, 1);
});

Deno.test("observedGauge() leaves out what is too much, doubled or no number", () => {
  const metrics = new MetricsCollector();
  metrics.observedGauge("a", {
    help: "H.",
    labels: [metrics.label("b")],
    maxSeries: 2,
    observe: (report) => {
      report(1, "x");
      report(2, "two\nlines");
      report("3" as unknown as number, "y");
      report(4, "x");
      report(5, "z");
      report(6, "late");
    },
  });
  assertEquals(samples(metrics), ['a{b="x"} 4', 'a{b="z"} 5']);
  assertEquals(metrics.folded, 2);
});

Deno.test("observedCounter() leaves out what no counter can be", () => {
  const metrics = new MetricsCollector();
  let value = NaN;
  metrics.observedCounter("a_total", {
    help: "H.",
    observe: (report) => report(value),
  });
  assertEquals(samples(metrics), []);
  value = 3;
  assertEquals(samples(metrics), ["a_total 3"]);
});

Deno.test("a metric declared badly is refused", () => {
  const metrics = new MetricsCollector({ maxSeries: 10 });
  const help = "H.";
  metrics.counter("a_total", { help });
  const wrong: (() => unknown)[] = [
    () => metrics.counter("a_total", { help }),
    () => metrics.gauge("a", { help }),
    () => metrics.counter("b", { help }),
    () => metrics.gauge("b_total", { help }),
    () => metrics.histogram("b_count", { help, bounds: [1] }),
    () => metrics.counter("b_sum_total", { help }),
    () => metrics.gauge("b-c", { help }),
    () => metrics.gauge("b c", { help }),
    () => metrics.gauge("", { help }),
    () => metrics.histogram("b1", { help, bounds: [] }),
    () => metrics.histogram("b2", { help, bounds: [1, 1] }),
    () => metrics.histogram("b3", { help, bounds: [1, Infinity] }),
    () => metrics.histogram("b4", { help, bounds: [-1] }),
    () => metrics.histogram("b5", { help, bounds: [1, 2, 3, 4, 5, 6, 7] }),
    () => new MetricsCollector({ maxSeries: 1.5 }),
  ];
  for (const declare of wrong) assertThrows(declare, RangeError);
  const label = metrics.label("l");
  const twice = { help, labels: [label, label] } as const;
  assertThrows(() => metrics.gauge("c", twice), RangeError, "twice");
});

Deno.test("a series beyond the bound goes to other, and fixed labels keep their values", () => {
  const metrics = new MetricsCollector({ maxSeries: 8 });
  const model = metrics.label("model");
  const type = metrics.label("type", { values: ["in", "out"] });
  // Four of the eight are kept for other: in, out, other and none.
  const tokens = metrics.counter("tokens_total", {
    help: "H.",
    labels: [model, type],
  });
  for (let index = 0; index < 10; index++) {
    tokens.at(`m${index}`, "in").add(1);
    tokens.at(`m${index}`, "out").add(10);
  }
  assertEquals(samples(metrics), [
    'tokens_total{model="m0",type="in"} 1',
    'tokens_total{model="m0",type="out"} 10',
    'tokens_total{model="m1",type="in"} 1',
    'tokens_total{model="m1",type="out"} 10',
    'tokens_total{model="other",type="in"} 8',
    'tokens_total{model="other",type="out"} 80',
  ]);
  assertEquals(metrics.seriesCount, 8);
  assertEquals(metrics.folded, 16);
});

Deno.test("X13: 100,000 names leave at most 5,000 series and 20 MB", () => {
  const metrics = new MetricsCollector();
  const names = ["model", "user", "key", "path", "agent"] as const;
  const labels = names.map((name) => metrics.label(name, { max: 1_000 }));
  const counter = metrics.counter("app_requests_total", { help: "H.", labels });
  const histogram = metrics.histogram("app_duration_seconds", {
    help: "H.",
    labels,
    bounds: [0.1, 1, 10],
  });
  const before = Deno.memoryUsage().heapUsed;
  // What is left right after a collection of garbage.
  let least = Infinity;
  for (let index = 0; index < 100_000; index++) {
    const values = names.map((name) => `${name}-${index}`);
    counter.at(...values).add();
    histogram.at(...values).observe(index);
    if (index < 80_000 || index % 100 > 0) continue;
    least = Math.min(least, Deno.memoryUsage().heapUsed);
  }
  const text = new PrometheusExporter(metrics).text();
  const lines = text.split("\n").filter((line) => /^\w/.test(line));
  assert(lines.length <= 5_000, `${lines.length} series`);
  assertLess(least - before, 20 * 2 ** 20);
  const sum = lines.filter((line) => line.startsWith("app_requests_total"))
    .reduce((all, line) => all + Number(line.split(" ").at(-1)), 0);
  assertEquals(sum, 100_000, "every update is counted somewhere");
});
