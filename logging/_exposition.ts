import { familyName } from "./_metric_names.ts";
import type { HistogramSeries } from "./histogram_series.ts";
import type { HistogramFamily, MetricFamily } from "./metric_family.ts";

/**
 * Writes metrics as Prometheus reads them: in the text format 0.0.4, or in
 * OpenMetrics 1.0. Samples have the same names and labels in both, so that a
 * change of format begins no new series.
 */
export function exposition(
  families: readonly MetricFamily[],
  { openMetrics, labels }: {
    readonly openMetrics: boolean;
    /** What every sample carries. */
    readonly labels: Readonly<Record<string, string>>;
  },
): string {
  const common = pairs(Object.keys(labels), Object.values(labels));
  let text = "";
  for (const family of families) {
    text += openMetrics ? openHead(family) : plainHead(family);
    text += family.type === "histogram"
      ? histogramLines(family, { openMetrics, common })
      : valueLines(family, common);
  }
  return openMetrics ? `${text}# EOF\n` : text;
}

function plainHead({ name, type, help }: MetricFamily): string {
  const text = escape(help).replaceAll('\\"', '"');
  return `# HELP ${name} ${text}\n# TYPE ${name} ${type}\n`;
}

function openHead({ name, type, help, unit }: MetricFamily): string {
  const family = type === "counter" ? familyName(name) : name;
  const unitLine = unit === undefined ? "" : `# UNIT ${family} ${unit}\n`;
  return `# TYPE ${family} ${type}\n${unitLine}# HELP ${family} ${
    escape(help)
  }\n`;
}

function valueLines(
  family: Exclude<MetricFamily, HistogramFamily>,
  common: string,
): string {
  let text = "";
  for (const { labelValues, value } of family.series) {
    const labels = pairs(family.labelNames, labelValues, common);
    const braces = labels === "" ? "" : `{${labels}}`;
    text += `${family.name}${braces} ${numberText(value)}\n`;
  }
  return text;
}

function histogramLines(
  family: HistogramFamily,
  { openMetrics, common }: {
    readonly openMetrics: boolean;
    readonly common: string;
  },
): string {
  const { name, bounds } = family;
  const limits = [...bounds.map(boundText), "+Inf"];
  let text = "";
  for (const series of family.series) {
    const labels = pairs(family.labelNames, series.labelValues, common);
    const start = `${name}_bucket{${labels}${labels && ","}le="`;
    let count = 0;
    series.counts.forEach((inBucket, bucket) => {
      count += inBucket;
      const exemplar = openMetrics ? exemplarText(series, bucket) : "";
      text += `${start}${limits[bucket]}"} ${count}${exemplar}\n`;
    });
    const braces = labels === "" ? "" : `{${labels}}`;
    text += `${name}_sum${braces} ${numberText(series.sum)}\n`;
    text += `${name}_count${braces} ${count}\n`;
  }
  return text;
}

/** Labels as they stand between the braces, after some that stand there already. */
function pairs(
  names: readonly string[],
  values: readonly string[],
  before: string = "",
): string {
  let text = before;
  for (const [index, name] of names.entries()) {
    const value = values[index] ?? "";
    if (value === "") continue;
    text += `${text && ","}${name}="${escape(value)}"`;
  }
  return text;
}

function exemplarText(series: HistogramSeries, bucket: number): string {
  const exemplar = series.exemplar(bucket);
  if (exemplar === undefined) return "";
  const { traceId, value, at } = exemplar;
  return ` # {trace_id="${traceId}"} ${value} ${at / 1_000}`;
}

function escape(text: string): string {
  if (!/[\\"\n]/.test(text)) return text;
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

/** A number as both formats read it. */
export function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

/** A bucket's bound in the canonical form of OpenMetrics: `1.0`, `1e-05`, `1e+06`. */
export function boundText(bound: number): string {
  const size = Math.abs(bound);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    return bound.toExponential()
      .replace(/e([+-])(\d)$/, (_, sign, digit) => `e${sign}0${digit}`);
  }
  const text = String(bound);
  return text.includes(".") ? text : `${text}.0`;
}
