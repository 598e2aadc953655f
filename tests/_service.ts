/**
 * The service as its users start it: a process, its arguments, its exit codes.
 *
 * @module
 */

import { RUN_FLAGS } from "../api/_engine_flags.ts";

const ROOT = new URL("../", import.meta.url);
const decoder = new TextDecoder();

/** A bundle to be tried in the service's place: its path. `deno task test:bundle` names one. */
const BUNDLE = Deno.env.get("SERVICE");
/** Either with what it is started with. */
export const [FLAGS, PROGRAM]: readonly [readonly string[], string] =
  BUNDLE === undefined ? [["--frozen"], "main.ts"] : [RUN_FLAGS, BUNDLE];

/** What the system gives a service. */
export interface ServiceBounds {
  /** How many files it may open. @default {as many as the tests} */
  readonly openFiles?: number;
  /** A disk of its own, mounted at a path of which nobody else sees this; see `_small_disk.ts`. @default {none} */
  readonly disk?: {
    readonly at: string;
    readonly megabytes: number;
    readonly mode: "rw" | "ro";
  };
  /** How much memory its control group may use, in MiB; see `_memory_group.ts`. @default {as much as there is} */
  readonly megabytes?: number;
  /** What it may do. @default {everything} */
  readonly permissions?: readonly string[];
  /** Where its inspector listens. @default {nowhere} */
  readonly inspect?: number;
}

/** The service's own variables must not find the developer's keys. */
export function command(
  args: readonly string[],
  env: Record<string, string> = {},
  bounds: ServiceBounds = {},
): Deno.Command {
  const { inspect, permissions = ["-A"] } = bounds;
  const own = [
    "run",
    "--quiet",
    "--no-prompt",
    ...inspect === undefined ? [] : [`--inspect=127.0.0.1:${inspect}`],
    ...FLAGS,
    ...permissions,
    PROGRAM,
    ...args,
  ];
  return new Deno.Command("deno", {
    args: [...wrapping(bounds), ...own],
    cwd: ROOT,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: Deno.env.get("HOME") ?? "",
      LLM_PROXY_STATE: "memory",
      ...env,
    },
    clearEnv: true,
    stdout: "piped",
    stderr: "piped",
  });
}

/** What starts the service within its bounds. */
function wrapping(
  { openFiles, disk, megabytes: memory }: ServiceBounds,
): string[] {
  const through = ["run", "--quiet", "-A"];
  if (memory !== undefined) {
    return [...through, "tests/_memory_group.ts", `${memory}`];
  }
  if (openFiles !== undefined) {
    return [...through, "tests/_few_files.ts", `${openFiles}`];
  }
  if (disk === undefined) return [];
  const { at, megabytes, mode } = disk;
  return [...through, "tests/_small_disk.ts", at, `${megabytes}`, mode];
}

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs it to its end. */
export async function run(
  args: readonly string[],
  env?: Record<string, string>,
  bounds?: ServiceBounds,
): Promise<Ended> {
  const { code, stdout, stderr } = await command(args, env, bounds).output();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Starts the service on a free port; gives its first line and its address. */
export async function start(
  args: readonly string[],
  env?: Record<string, string>,
  bounds?: ServiceBounds,
): Promise<
  {
    line: string;
    url: string;
    /** Everything that it has printed. */
    output: () => string;
    signal: (name: Deno.Signal) => void;
    pid: number;
    /** Its code, where it ends by itself. */
    ended: Promise<number>;
    stop: () => Promise<number>;
  }
> {
  const child = command(["--port", "0", ...args], env, bounds).spawn();
  const reader = child.stdout.getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value);
  }
  const errors = child.stderr.cancel();
  const rest = (async () => {
    for (let read; !(read = await reader.read()).done;) {
      text += decoder.decode(read.value);
    }
  })();
  const line = text.split("\n")[0] ?? "";
  return {
    line,
    url: /http:\/\/[\d.]+:\d+/.exec(line)?.[0] ?? "",
    output: () => text,
    signal: (name) => child.kill(name),
    pid: child.pid,
    get ended() {
      return Promise.all([child.status, rest, errors]).then(([it]) => it.code);
    },
    stop: async () => {
      child.kill("SIGTERM");
      const { code } = await child.status;
      await Promise.all([rest, errors]);
      return code;
    },
  };
}
