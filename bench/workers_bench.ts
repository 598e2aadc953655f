// What a second worker is worth: throughput with one and with two, in turns,
// and CPU time per request, which says what two cores could do where client and
// upstream need some of them too. With four processors or more those have their own.
// Usage: deno task bench:workers [--rounds N] [--seconds N]
import {
  benchConfig,
  benchOptions,
  median,
  print,
  serviceSettings,
  WARM_UP,
} from "./_measure.ts";
import type { LoadResult } from "./_process.ts";

const { rounds, seconds } = benchOptions({ rounds: 5, seconds: 4 });
const ROOT = new URL("../", import.meta.url);
const CONNECTIONS = "64";
/** Ticks a second in `/proc/PID/stat`: fixed at 100 on Linux. */
const TICK_US = 10_000;

const processors = navigator.hardwareConcurrency;
const isApart = processors >= 4 &&
  await new Deno.Command("taskset", { args: ["-V"], stdout: "null" }).output()
    .then(() => true, () => false);

interface Program {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

interface Row extends LoadResult {
  /** CPU time of all workers per request, in µs. */
  readonly cpu: number;
  /** What the busiest worker did of it. */
  readonly share: number;
}

function command(processorList: string, args: readonly string[]): Deno.Command {
  const deno = [Deno.execPath(), "run", "--quiet", "-A", ...args];
  const [program = "", ...rest] = isApart
    ? ["taskset", "-c", processorList, ...deno]
    : deno;
  return new Deno.Command(program, {
    args: rest,
    cwd: ROOT,
    stdout: "piped",
    stderr: "null",
  });
}

/** Starts a program; it serves when it has printed what is waited for. */
async function startProgram(
  processorList: string,
  args: readonly string[],
  sign: RegExp,
): Promise<Program> {
  const child = command(processorList, args).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!sign.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Cannot measure '${args[0]}': it ended`);
    text += value;
  }
  const drained = (async () => {
    while (!(await reader.read()).done);
  })();
  return {
    url: /http:\/\/[\d.]+:\d+/.exec(text)?.[0] ?? "",
    pid: child.pid,
    stop: async () => {
      child.kill("SIGTERM");
      await Promise.all([child.status, drained]);
    },
  };
}

/** CPU time of a process so far, in µs. */
function cpuOf(pid: number | string): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** The processes that serve: the workers, or the only one. */
function serving({ pid }: Program): (number | string)[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  const children = Deno.readTextFileSync(path).trim().split(" ");
  return children[0] ? children : [pid];
}

async function load(url: string, seconds: number): Promise<LoadResult> {
  const args = ["bench/_load.ts", `${url}/v1/chat/completions`, CONNECTIONS];
  const { stdout } = await command(`2-${processors - 1}`, [
    ...args,
    String(seconds),
    "whole",
  ]).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Measures a service of so many workers. */
async function measure(workers: number, config: string): Promise<Row> {
  const { flags } = await serviceSettings();
  const state = await Deno.makeTempDir();
  const service = await startProgram(
    workers === 1 ? "0" : "0,1",
    [
      ...flags,
      "main.ts",
      ...["--port", "0", "--state", state, "--config", config],
      ...["--workers", String(workers)],
    ],
    workers === 1 ? / on http/ : / on http[^]*workers serve/,
  );
  await load(service.url, WARM_UP);
  const pids = serving(service);
  const before = pids.map(cpuOf);
  const result = await load(service.url, seconds);
  const used = pids.map((pid, index) => cpuOf(pid) - (before[index] ?? 0));
  await service.stop();
  await Deno.remove(state, { recursive: true });
  const sum = used.reduce((a, b) => a + b, 0);
  return {
    ...result,
    cpu: sum / Math.max(1, result.requests),
    share: Math.max(...used) / Math.max(1, sum),
  };
}

const upstream = await startProgram(
  `2-${processors - 1}`,
  ["bench/_upstream.ts"],
  /http/,
);
const config = await benchConfig(upstream);
const rows = new Map<number, Row[]>([[1, []], [2, []]]);
for (let round = 0; round < rounds; round++) {
  for (const [workers, of] of rows) of.push(await measure(workers, config));
}
await upstream.stop();
await Deno.remove(config);

print(
  `not streaming, ${CONNECTIONS} connections; client and upstream ${
    isApart ? "on processors of their own" : "on the same processors"
  }`,
);
print("workers      rps   CPU µs   busiest   p50 ms   p99 ms  errors");
const of = (workers: number, pick: (row: Row) => number): number =>
  median(rows.get(workers)?.map(pick) ?? []);
for (const workers of rows.keys()) {
  const cells = [
    of(workers, ({ rps }) => rps).toFixed(0),
    of(workers, ({ cpu }) => cpu).toFixed(1),
    `${(of(workers, ({ share }) => share) * 100).toFixed(0)} %`,
    of(workers, ({ p50 }) => p50).toFixed(2),
    of(workers, ({ p99 }) => p99).toFixed(2),
    of(workers, ({ errors }) => errors).toFixed(0),
  ];
  print(
    String(workers).padEnd(7) + cells.map((cell) => cell.padStart(9)).join(""),
  );
}
const measured = of(2, ({ rps }) => rps) / of(1, ({ rps }) => rps);
const byCpu = of(1, ({ cpu }) => cpu) /
  (of(2, ({ cpu }) => cpu) * of(2, ({ share }) => share));
print(`two for one: ${measured.toFixed(2)} x measured here`);
print(`two for one: ${byCpu.toFixed(2)} x by CPU time of the busier worker`);
