import { assert, assertEquals } from "@std/assert";
import { GatewayMetrics } from "./gateway_metrics.ts";
import { joinScrapes } from "./join_scrapes.ts";
import { MetricsCollector } from "./metrics_collector.ts";
import { PrometheusExporter } from "./prometheus_exporter.ts";
import { promtoolCheck } from "./_test_prometheus.ts";
import { hasProgram } from "./_test_programs.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

/** What a worker shows that has answered one request by a model. */
function shown(worker: string, model: string): PrometheusExporter {
  const collector = new MetricsCollector();
  const metrics = new GatewayMetrics(collector, { version: "1.0.0" });
  const provider = "p";
  metrics.requestStarted();
  metrics.attemptEnded({
    target: { operation: "chat", provider, providerType: "openai", model },
    outcome: "ok",
    durationMs: 850,
    traceId: TRACE,
  });
  return new PrometheusExporter(collector, { labels: { worker } });
}

const two = [shown("1", 'a"\\\n# TYPE x'), shown("2", "b")];

Deno.test("joinScrapes() leaves one scrape as it is", () => {
  for (const it of two) {
    for (const body of [it.text(), it.openMetrics()]) {
      assertEquals(joinScrapes([body]), body);
    }
  }
  assertEquals(joinScrapes([]), "");
});

Deno.test("joinScrapes() has every sample of all, and every head once", () => {
  for (const format of ["text", "openMetrics"] as const) {
    const bodies = two.map((it) => it[format]());
    const joined = joinScrapes(bodies);
    const lines = joined.split("\n");
    const heads = lines.filter((line) => line.startsWith("#"));
    assertEquals(new Set(heads).size, heads.length);
    const samplesOf = (text: string): string[] =>
      text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assertEquals(samplesOf(joined).sort(), bodies.flatMap(samplesOf).sort());
    assert(
      samplesOf(joined).every((line) => /\{worker="[12]"[,}]/.test(line)),
    );
    assertEquals(joined.endsWith("# EOF\n"), format === "openMetrics");
  }
});

Deno.test({
  name: "promtool check metrics is silent on what is joined",
  ignore: !hasProgram("promtool"),
  fn: async () => {
    const said = await promtoolCheck(joinScrapes(two.map((it) => it.text())));
    assertEquals(said, "");
  },
});
