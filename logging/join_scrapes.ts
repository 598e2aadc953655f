/** What a family's lines of help, type and unit begin with. */
const HEAD = /^(?:HELP|TYPE|UNIT) (\S+)/;
const END = "# EOF\n";

/** A family of metrics, as several processes show it. */
interface JoinedFamily {
  /** Its lines of help, type and unit. */
  readonly head: Set<string>;
  samples: string;
}

/**
 * Puts together what several processes show of themselves, each with a label of
 * its own, as one scrape: a metric has its head once, and all samples below it.
 *
 * @param bodies Scrapes of one format, all in Prometheus' text format 0.0.4 or
 * all in OpenMetrics 1.0, as `PrometheusExporter` writes them.
 * @returns One body in the same format.
 *
 * @example Two workers
 * ```ts
 * import { joinScrapes, MetricsCollector, PrometheusExporter } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const bodies = ["1", "2"].map((worker) => {
 *   const metrics = new MetricsCollector();
 *   metrics.counter("app_starts_total", { help: "Starts." }).at().add();
 *   return new PrometheusExporter(metrics, { labels: { worker } }).text();
 * });
 *
 * assertEquals(joinScrapes(bodies).split("\n"), [
 *   "# HELP app_starts_total Starts.",
 *   "# TYPE app_starts_total counter",
 *   'app_starts_total{worker="1"} 1',
 *   'app_starts_total{worker="2"} 1',
 *   "",
 * ]);
 * ```
 */
export function joinScrapes(bodies: readonly string[]): string {
  const families = new Map<string, JoinedFamily>();
  for (const body of bodies) addTo(families, body);
  let text = "";
  for (const { head, samples } of families.values()) {
    for (const line of head) text += `# ${line}\n`;
    text += samples;
  }
  return bodies.some((body) => body.endsWith(END)) ? text + END : text;
}

function addTo(families: Map<string, JoinedFamily>, body: string): void {
  // A value's line breaks are escaped: each piece begins with a line of a head.
  for (const piece of `\n${body}`.split("\n# ")) {
    const [, name] = HEAD.exec(piece) ?? [];
    if (name === undefined) continue;
    const end = piece.indexOf("\n");
    const line = end < 0 ? piece : piece.slice(0, end);
    const samples = end < 0 ? "" : piece.slice(end + 1);
    let family = families.get(name);
    if (family === undefined) {
      family = { head: new Set(), samples: "" };
      families.set(name, family);
    }
    family.head.add(line);
    if (samples !== "") family.samples += withBreak(samples);
  }
}

/** The piece's last line break went with the head that follows it. */
function withBreak(samples: string): string {
  return samples.endsWith("\n") ? samples : `${samples}\n`;
}
