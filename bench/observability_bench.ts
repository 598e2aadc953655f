// What telling of requests costs: CPU time of the gateway and latency with
// nothing told, with what is told by default, with traces, and where nobody
// takes what is told, in one run.
// Usage: deno task bench:observability [--rounds N] [--seconds N]
import { parseArgs } from "node:util";
import { load, type LoadResult, startSubject } from "./_process.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

interface Row extends LoadResult {
  readonly cpu: number;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

const upstream = await startSubject(1, ["bench/_upstream.ts"]);
const folder = await Deno.makeTempDir();
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

async function argsOf({ name, config }: typeof VARIANTS[0]): Promise<string[]> {
  const file = `${folder}/${name.replaceAll(/\W+/g, "-")}.yaml`;
  await Deno.writeTextFile(
    file,
    `providers: [{name: bench, type: openai_compatible, base_url: "${upstream.url}/v1", models: [bench-1]}]\n${config}\n`,
  );
  return ["main.ts", "--port", "0", "--state", "memory", "--config", file];
}

async function measure(
  args: readonly string[],
  stream: boolean,
): Promise<Row> {
  const subject = await startSubject(0, args);
  const connections = stream ? 16 : 32;
  await load(subject.url, { connections, seconds: 1, stream });
  const before = subject.cpu();
  const result = await load(subject.url, { connections, seconds, stream });
  const cpu = (subject.cpu() - before) / Math.max(1, result.requests);
  await subject.stop();
  return { ...result, cpu };
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

for (const stream of [false, true]) {
  const subjects = await Promise.all(VARIANTS.map(async (variant) => ({
    name: variant.name,
    args: await argsOf(variant),
    rows: [] as Row[],
  })));
  for (let round = 0; round < rounds; round++) {
    for (const { args, rows } of subjects) {
      rows.push(await measure(args, stream));
    }
  }
  print(stream ? "per stream of 100 events" : "per request, not streaming");
  print("                CPU µs  x nothing     rps   p50 ms   p99 ms  errors");
  const base = median(subjects[0]?.rows.map(({ cpu }) => cpu) ?? []);
  for (const { name, rows } of subjects) {
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
await Deno.remove(folder, { recursive: true });
// What hangs would hold it.
Deno.exit();
