// What telling of requests costs: CPU time of the gateway and latency with
// nothing told, with what is told by default, with traces, and where nobody
// takes what is told, in one run.
// Usage: deno task bench:observability [--rounds N] [--seconds N]
import {
  benchConfig,
  benchOptions,
  compare,
  print,
  printCompared,
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

const configs = await Promise.all(
  VARIANTS.map(({ config }) => benchConfig(upstream, config)),
);
const programs = configs.map((config, at) => ({
  name: VARIANTS[at]?.name ?? "",
  args: [...SERVICE, config],
}));

for (const stream of [false, true]) {
  print(stream ? "per stream of 100 events" : "per request, not streaming");
  printCompared(await compare(programs, { stream, rounds, seconds }));
}
await upstream.stop();
await collector.shutdown();
await Promise.all(configs.map((config) => Deno.remove(config)));
// What hangs would hold it.
Deno.exit();
