/**
 * What the dashboard and the alerts ask is there, and Prometheus understands it.
 * Needs Debian's `prometheus` package for the latter; ignored where it is absent.
 */
import { assert, assertEquals } from "@std/assert";
import { GatewayMetrics } from "./gateway_metrics.ts";
import { MetricsCollector } from "./metrics_collector.ts";
import { hasProgram } from "./_test_programs.ts";

const FOLDER = new URL("./dashboards/", import.meta.url);
const noPromtool = !hasProgram("promtool");

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard: { readonly panels: readonly Panel[] } = JSON.parse(
  Deno.readTextFileSync(new URL("grafana.json", FOLDER)),
);
const queries = dashboard.panels.flatMap(({ targets = [] }) =>
  targets.map(({ expr }) => expr)
);
const alerts = Deno.readTextFileSync(new URL("alerts.yaml", FOLDER));

/** The names of all series that a gateway shows. */
function seriesNames(): Set<string> {
  const collector = new MetricsCollector();
  new GatewayMetrics(collector, { version: "1.0.0" });
  return new Set(
    collector.collect().flatMap(({ name, type }) =>
      type === "histogram"
        ? [`${name}_bucket`, `${name}_sum`, `${name}_count`]
        : [name]
    ),
  );
}

async function promtool(...args: readonly string[]): Promise<string> {
  const command = new Deno.Command("promtool", {
    args: [...args],
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return code === 0 ? "" : decoder.decode(stdout) + decoder.decode(stderr);
}

Deno.test("the dashboard and the alerts ask for nothing that a gateway does not show", () => {
  const known = seriesNames();
  const asked = `${queries.join("\n")}\n${alerts}`
    .match(/\b(?:proxy_api|gen_ai|process)_\w+(?=[{[)\s])/g) ?? [];
  const labels = /^gen_ai_(?:request_model|provider_name|token_type)$/;
  const unknown = asked.filter((it) => !known.has(it) && !labels.test(it));
  assertEquals(unknown, []);
  assert(new Set(asked).size > 25);
});

Deno.test("the dashboard's panels have ids and places of their own", () => {
  const { panels } = dashboard;
  const ids = new Set(panels.map(({ id }) => id));
  assertEquals(ids.size, panels.length);
  const taken = new Map<string, string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert(x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const cell = `${column},${line}`;
        assertEquals(taken.get(cell), undefined, `${title} at ${cell}`);
        taken.set(cell, title);
      }
    }
  }
});

Deno.test({
  name: "promtool takes every query of the dashboard, with Debian's prometheus",
  ignore: noPromtool,
  async fn() {
    const rules = queries.map((expr, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll("$__rate_interval", "5m")
        .replaceAll("$job", "llm-proxy"),
    }));
    const file = await Deno.makeTempFile({ suffix: ".json" });
    // YAML takes JSON.
    const groups = [{ name: "dashboard", rules }];
    await Deno.writeTextFile(file, JSON.stringify({ groups }));
    const said = await promtool("check", "rules", file);
    await Deno.remove(file);
    assertEquals(said, "");
  },
});

Deno.test({
  name:
    "promtool takes the alerts, and each fires when it should and not before, with Debian's prometheus",
  ignore: noPromtool,
  async fn() {
    const path = (name: string): string => new URL(name, FOLDER).pathname;
    assertEquals(await promtool("check", "rules", path("alerts.yaml")), "");
    assertEquals(await promtool("test", "rules", path("alerts_test.yaml")), "");
    // Each alert has its line in the test.
    const test = Deno.readTextFileSync(new URL("alerts_test.yaml", FOLDER));
    for (const [, name = ""] of alerts.matchAll(/alert: (\w+)/g)) {
      assert(test.includes(`{alertname="${name}"}`), name);
    }
  },
});
