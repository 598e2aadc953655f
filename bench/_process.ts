/** A process under measurement. */
export interface Subject {
  readonly url: string;
  /** CPU time so far, user and system, in microseconds. */
  cpu(): number;
  /** Resident memory in MiB. */
  rss(): number;
  /** Ends it. @param signal How; SIGKILL leaves it no time for anything. */
  stop(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/** What one run of the load generator found. */
export interface LoadResult {
  readonly requests: number;
  readonly rps: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

const ROOT = new URL("../", import.meta.url);
/** Ticks a second in `/proc/PID/stat`: fixed at 100 on Linux. */
const TICK_US = 10_000;

/** Whether there are two processors, and util-linux's `taskset` to keep them apart. */
const pinning = navigator.hardwareConcurrency > 1 &&
  await new Deno.Command("taskset", { args: ["-V"], stdout: "null" }).output()
    .then(() => true, () => false);

/** Pins a command to one processor where there are two or more. */
function pinned(
  cpu: number,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.Command {
  const deno = Deno.execPath();
  const [program, ...rest] = pinning
    ? ["taskset", "-c", String(cpu), deno, ...args]
    : [deno, ...args];
  return new Deno.Command(program ?? deno, {
    args: rest,
    env,
    cwd: ROOT,
    stdout: "piped",
    stderr: "inherit",
  });
}

/** Starts a program and waits for the address in the first line that it prints. */
export async function startSubject(
  cpu: number,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Subject> {
  const child = pinned(cpu, ["run", "--quiet", "-A", ...args], env).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let url: string | undefined;
  while (url === undefined) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Cannot measure '${args[0]}': it ended`);
    text += value;
    url = /http:\/\/[\d.]+:\d+/.exec(text)?.[0];
  }
  const drained = drain(reader);
  return {
    url,
    cpu: () => {
      const stat = Deno.readTextFileSync(`/proc/${child.pid}/stat`);
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) * TICK_US;
    },
    rss: () => {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    },
    stop: async (signal = "SIGKILL") => {
      child.kill(signal);
      await child.status;
      await drained;
    },
  };
}

async function drain(
  reader: ReadableStreamDefaultReader<string>,
): Promise<void> {
  while (!(await reader.read()).done);
}

/** Runs the load generator against an address. */
export async function load(
  url: string,
  { connections, seconds, stream }: {
    readonly connections: number;
    readonly seconds: number;
    readonly stream: boolean;
  },
): Promise<LoadResult> {
  const kind = stream ? "stream" : "whole";
  const { stdout } = await pinned(1, [
    "run",
    "--quiet",
    "-A",
    "bench/_load.ts",
    `${url}/v1/chat/completions`,
    String(connections),
    String(seconds),
    kind,
  ]).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}
