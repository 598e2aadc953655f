// What an answer costs that is kept beside one that is asked for: CPU time of
// the gateway, throughput and latency, in one run.
// Usage: deno task bench:cache [--rounds N] [--seconds N]
import { parseArgs } from "node:util";
import { load, type LoadResult, startSubject } from "./_process.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
  },
});
/** What a kept answer may cost of one that is asked for. */
const MAX_SHARE = 0.5;
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

/** The arguments of a gateway that keeps answers, or does not. */
async function gateway(name: string, enabled: boolean): Promise<string[]> {
  const config = `${folder}/${name}.yaml`;
  await Deno.writeTextFile(
    config,
    `providers: [{name: bench, type: openai_compatible, base_url: "${upstream.url}/v1", models: [bench-1]}]\n` +
      `logging: {level: info, format: json}\n` +
      `caching: {response_cache: {enabled: ${enabled}}}\n`,
  );
  return ["main.ts", "--port", "0", "--state", "memory", "--config", config];
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

for (const stream of [false, true]) {
  const subjects = [
    { name: "asked for", args: await gateway("asked", false) },
    { name: "kept", args: await gateway("kept", true) },
  ].map((subject) => ({ ...subject, rows: [] as Row[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { args, rows } of subjects) {
      rows.push(await measure(args, stream));
    }
  }
  const of = (rows: readonly Row[], name: "cpu" | "rps" | "p50"): number =>
    median(rows.map((row) => row[name]));
  const lines = subjects.map(({ name, rows }) =>
    `  ${name.padEnd(10)} ${of(rows, "cpu").toFixed(1)} µs CPU, ${
      of(rows, "rps").toFixed(0)
    } a second, ${of(rows, "p50").toFixed(2)} ms, ${
      rows.reduce((sum, { errors }) => sum + errors, 0)
    } errors`
  );
  const [asked = 0, kept = 0] = subjects.map(({ rows }) => of(rows, "cpu"));
  const share = (kept / asked).toFixed(2);
  if (kept / asked > MAX_SHARE) Deno.exitCode = 1;
  const title = stream ? "streams of 100 events" : "small answers";
  Deno.stdout.writeSync(
    new TextEncoder().encode(
      `${title}\n${
        lines.join("\n")
      }\n  kept answers cost ${share} of the others (at most ${MAX_SHARE})\n`,
    ),
  );
}
await upstream.stop();
await Deno.remove(folder, { recursive: true });
