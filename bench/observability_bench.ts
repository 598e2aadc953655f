// What telling of requests costs: CPU time of the gateway and latency with
// nothing told, with what is told by default, with traces, and where nobody
// takes what is told, in one run.
// Usage: deno task bench:observability [--rounds N] [--seconds N]
import {
  benchConfig,
  benchOptions,
  measure,
  median,
  print,
  type Row,
} from "./_measure.ts";
import { startSubject } from "./_process.ts";

const { rounds, seconds } = benchOptions({ rounds: 3, seconds: 2 });

const SERVICE = ["main.ts", "--port", "0", "--state", "memory", "--config"];
const upstream = await startSubject(1, ["bench/_upstream.ts"]);
const collector = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: () => {},
}, async (request) => {
  await request.body?.cancel();
  return new Response();
});
const hanging = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: () => {},
}, () => new Promise<Response>(() => {}));

function traces(port: number, ratio: number): string {
  const endpoint = `http://127.0.0.1:${port}`;
  return `telemetry: {enabled: true, endpoint: "${endpoint}", sample_ratio: ${ratio}}`;
}

const VARIANTS = [
  {
    name: "nothing",
    config: "logging: {level: error, requests: {max_rows: 0}}",
  },
  { name: "by default", config: "" },
  { name: "traces, 10%", config: traces(collector.addr.port, 0.1) },
  { name: "traces, all", config: traces(collector.addr.port, 1) },
  { name: "hanging", config: traces(hanging.addr.port, 1) },
];

const subjects = await Promise.all(VARIANTS.map(async ({ name, config }) => ({
  name,
  config: await benchConfig(upstream, config),
})));

for (const stream of [false, true]) {
  const measured = subjects.map((it) => ({ ...it, rows: [] as Row[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { config, rows } of measured) {
      const subject = await startSubject(0, [...SERVICE, config]);
      rows.push(await measure(subject, { stream, seconds }));
      await subject.stop();
    }
  }
  print(stream ? "per stream of 100 events" : "per request, not streaming");
  print("                CPU µs  x nothing     rps   p50 ms   p99 ms  errors");
  const base = median(measured[0]?.rows.map(({ cpu }) => cpu) ?? []);
  for (const { name, rows } of measured) {
    const of = (pick: (row: Row) => number): number => median(rows.map(pick));
    const cells = [
      of(({ cpu }) => cpu).toFixed(1),
      (of(({ cpu }) => cpu) / base).toFixed(2),
      of(({ rps }) => rps).toFixed(0),
      of(({ p50 }) => p50).toFixed(2),
      of(({ p99 }) => p99).toFixed(2),
      String(rows.reduce((sum, { errors }) => sum + errors, 0)),
    ];
    print(name.padEnd(13) + cells.map((cell) => cell.padStart(9)).join(""));
  }
  print("");
}
await upstream.stop();
await collector.shutdown();
await Promise.all(subjects.map(({ config }) => Deno.remove(config)));
// What hangs would hold it.
Deno.exit();
