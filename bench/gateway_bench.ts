// What the gateway costs beside the floor, in one run: CPU time per request,
// throughput, latency, memory, and the time from start to first answer.
// Usage: deno task bench [--rounds N] [--seconds N]
import {
  benchConfig,
  benchOptions,
  compare,
  median,
  print,
  printCompared,
  serviceSettings,
} from "./_measure.ts";
import { startSubject } from "./_process.ts";

const { rounds, seconds } = benchOptions({ rounds: 5, seconds: 4 });

const upstream = await startSubject(1, ["bench/_upstream.ts"]);
const config = await benchConfig(upstream);
const state = await Deno.makeTempDir();
const { flags, env } = await serviceSettings();
const service = [
  ...flags,
  "main.ts",
  "--port",
  "0",
  "--state",
  state,
];
const programs = [
  { name: "floor", args: ["bench/floor.ts", upstream.url] },
  { name: "gateway", args: [...service, "--config", config], env },
];

/**
 * From the start of the process to its first answer, in ms, and how it ends: a
 * state that was not closed is looked at by the next start, beside it.
 */
async function startUp(end: "SIGKILL" | "SIGTERM"): Promise<number> {
  const before = performance.now();
  const subject = await startSubject(0, service, env);
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
  await subject.stop(end);
  return took;
}

for (const stream of [false, true]) {
  print(
    stream
      ? "streaming, 16 connections, per stream of 100 events"
      : "not streaming, 32 connections, per request",
  );
  printCompared(await compare(programs, { stream, rounds, seconds }));
}
for (const end of ["SIGTERM", "SIGKILL"] as const) {
  await startUp(end);
  const starts: number[] = [];
  for (let round = 0; round < rounds + 2; round++) {
    starts.push(await startUp(end));
  }
  const after = end === "SIGTERM" ? "a stop" : "a crash";
  print(
    `start to first answer after ${after}: median ${
      median(starts).toFixed(0)
    } ms`,
  );
}
await upstream.stop();
await Deno.remove(config);
await Deno.remove(state, { recursive: true });
