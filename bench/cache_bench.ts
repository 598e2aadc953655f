// What an answer costs that is kept beside one that is asked for: CPU time of
// the gateway, throughput and latency, in one run.
// Usage: deno task bench:cache [--rounds N] [--seconds N]
import {
  benchConfig,
  benchOptions,
  measure,
  median,
  print,
  type Row,
} from "./_measure.ts";
import { startSubject } from "./_process.ts";

/** What a kept answer may cost of one that is asked for. */
const MAX_SHARE = 0.5;
const { rounds, seconds } = benchOptions({ rounds: 3, seconds: 3 });

const SERVICE = ["main.ts", "--port", "0", "--state", "memory", "--config"];
const upstream = await startSubject(1, ["bench/_upstream.ts"]);

/** The config of a gateway that keeps answers, or does not. */
function config(isKept: boolean): Promise<string> {
  return benchConfig(
    upstream,
    `logging: {level: info, format: json}\ncaching: {response_cache: {enabled: ${isKept}}}`,
  );
}

const asked = { name: "asked for", config: await config(false) };
const kept = { name: "kept", config: await config(true) };

for (const stream of [false, true]) {
  const subjects = [asked, kept].map((it) => ({ ...it, rows: [] as Row[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { config, rows } of subjects) {
      const subject = await startSubject(0, [...SERVICE, config]);
      rows.push(await measure(subject, { stream, seconds }));
      await subject.stop();
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
  const [whole = 0, less = 0] = subjects.map(({ rows }) => of(rows, "cpu"));
  const share = less / whole;
  if (share > MAX_SHARE) Deno.exitCode = 1;
  print(stream ? "streams of 100 events" : "small answers");
  lines.forEach(print);
  print(
    `  kept answers cost ${
      share.toFixed(2)
    } of the others (at most ${MAX_SHARE})`,
  );
}
await upstream.stop();
await Promise.all([asked, kept].map(({ config }) => Deno.remove(config)));
