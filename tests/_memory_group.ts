/**
 * Runs the service in a control group of its own that may use so much memory:
 * `_memory_group.ts MEGABYTES ARGS…`. At the end it tells `oom kills: N, most
 * used: BYTES`. SIGTERM is passed on.
 *
 * @module
 */

const ROOT = "/sys/fs/cgroup";

/** The names of a version's files. */
interface Group {
  readonly path: string;
  readonly limit: string;
  readonly peak: string;
  /** The file with a line `oom_kill N`. */
  readonly kills: string;
}

/** A group of version 1, where there are such, else of version 2. */
function group(): Group {
  const name = `llm-proxy-test-${Deno.pid}`;
  const isOld = exists(`${ROOT}/memory/memory.limit_in_bytes`);
  return isOld
    ? {
      path: `${ROOT}/memory/${name}`,
      limit: "memory.limit_in_bytes",
      peak: "memory.max_usage_in_bytes",
      kills: "memory.oom_control",
    }
    : {
      path: `${ROOT}/${name}`,
      limit: "memory.max",
      peak: "memory.peak",
      kills: "memory.events",
    };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const [megabytes = "", ...args] = Deno.args;
  const { path, limit, peak, kills } = group();
  const read = (file: string): string =>
    Deno.readTextFileSync(`${path}/${file}`);
  Deno.mkdirSync(path);
  let code = 1;
  try {
    Deno.writeTextFileSync(`${path}/${limit}`, `${Number(megabytes) << 20}`);
    const child = new Deno.Command("sh", {
      args: [
        "-c",
        'echo $$ >"$1/cgroup.procs" && shift && exec deno "$@"',
        "-",
        path,
        ...args,
      ],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
    ({ code } = await child.status);
    const killed = /^oom_kill (\d+)$/m.exec(read(kills))?.[1] ?? "?";
    const most = exists(`${path}/${peak}`) ? read(peak).trim() : "?";
    // deno-lint-ignore no-console
    console.log(`oom kills: ${killed}, most used: ${most}`);
  } finally {
    Deno.removeSync(path);
  }
  Deno.exit(code);
}
