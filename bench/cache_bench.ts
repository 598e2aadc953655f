// What an answer costs that is kept beside one that is asked for: CPU time of
// the gateway, throughput and latency, in one run.
// Usage: deno task bench:cache [--rounds N] [--seconds N]
import {
  benchConfig,
  benchOptions,
  compare,
  print,
  printCompared,
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

const configs = [await config(false), await config(true)];
const programs = configs.map((config, at) => ({
  name: at === 0 ? "asked for" : "kept",
  args: [...SERVICE, config],
}));

for (const stream of [false, true]) {
  print(stream ? "streams of 100 events" : "small answers");
  const compared = await compare(programs, { stream, rounds, seconds });
  printCompared(compared);
  const share = compared[1]?.ratio(({ cpu }) => cpu) ?? Infinity;
  if (share > MAX_SHARE) Deno.exitCode = 1;
  print(`kept answers may cost ${MAX_SHARE} of the others\n`);
}
await upstream.stop();
await Promise.all(configs.map((config) => Deno.remove(config)));
