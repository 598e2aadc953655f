// What the gateway costs beside the floor, in one run: CPU time per request,
// throughput, latency, memory, and the time from start to first answer.
// Usage: deno task bench [--rounds N] [--seconds N]
import {
  benchConfig,
  benchOptions,
  measure,
  median,
  print,
  type Row,
  serviceFlags,
} from "./_measure.ts";
import { startSubject } from "./_process.ts";

const { rounds, seconds } = benchOptions({ rounds: 5, seconds: 4 });

const upstream = await startSubject(1, ["bench/_upstream.ts"]);
const config = await benchConfig(upstream);
const state = await Deno.makeTempDir();
const service = [
  ...await serviceFlags(),
  "main.ts",
  "--port",
  "0",
  "--state",
  state,
];
const gatewayArgs = [...service, "--config", config];

async function compare(stream: boolean): Promise<void> {
  const subjects = [
    { name: "floor", args: ["bench/floor.ts", upstream.url] },
    { name: "gateway", args: gatewayArgs },
  ].map((subject) => ({ ...subject, rows: [] as Row[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { args, rows } of subjects) {
      const subject = await startSubject(0, args);
      rows.push(await measure(subject, { stream, seconds }));
      await subject.stop();
    }
  }
  print(
    stream
      ? "streaming, 16 connections, per stream of 100 events"
      : "not streaming, 32 connections, per request",
  );
  print(
    "             CPU µs   x floor      rps   p50 ms   p99 ms  RSS MiB  errors",
  );
  const floor = median(subjects[0]?.rows.map(({ cpu }) => cpu) ?? []);
  for (const { name, rows } of subjects) {
    const of = (pick: (row: Row) => number): number => median(rows.map(pick));
    const cells = [
      of(({ cpu }) => cpu).toFixed(1),
      (of(({ cpu }) => cpu) / floor).toFixed(2),
      of(({ rps }) => rps).toFixed(0),
      of(({ p50 }) => p50).toFixed(2),
      of(({ p99 }) => p99).toFixed(2),
      of(({ rss }) => rss).toFixed(0),
      String(rows.reduce((sum, { errors }) => sum + errors, 0)),
    ];
    print(name.padEnd(10) + cells.map((cell) => cell.padStart(9)).join(""));
  }
  print("");
}

/** From the start of the process to its first answer, in ms. */
async function startUp(): Promise<number> {
  const before = performance.now();
  const subject = await startSubject(0, service);
  const answer = await fetch(`${subject.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "mock/echo",
      messages: [{ role: "user", content: "ping" }],
    }),
  });
  await answer.text();
  const took = performance.now() - before;
  await subject.stop();
  return took;
}

await compare(false);
await compare(true);
const starts: number[] = [];
for (let round = 0; round < rounds + 2; round++) starts.push(await startUp());
print(`start to first answer: median ${median(starts).toFixed(0)} ms`);
await upstream.stop();
await Deno.remove(config);
await Deno.remove(state, { recursive: true });
