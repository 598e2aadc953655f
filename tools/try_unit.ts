// Runs the units that `install` writes under a real systemd, and tells what the
// service may do there. SYSTEMD_RUNNER names a program that boots a systemd: it
// is given the service's unit and a script to run as root, and prints what that
// prints. Usage: SYSTEMD_RUNNER=PROGRAM deno task test:unit
import { RUN_FLAGS } from "../api/_engine_flags.ts";
import { buildOptions, bundle, run } from "./_build.ts";

const { in: parent } = buildOptions(
  // Where the service's user may read: neither a home nor a folder for temporary files.
  { in: { type: "string", default: "/srv" } },
  "SYSTEMD_RUNNER=PROGRAM deno task test:unit [--in DIR]",
);

/** What the probe has to find, by the name it tells it under. */
const WANTED: Readonly<Record<string, (value: string) => boolean>> = {
  restart_code: (value) => value === "0",
  // D1, and the stop before it; a machine at rest takes a third of it.
  restart_ms: (value) => Number(value) <= 3_000,
  uid: (value) => Number(value) >= 61_184 && Number(value) <= 65_519,
  capabilities: (value) => /^0{48}$/.test(value),
  no_new_privileges: (value) => value === "1",
  seccomp: (value) => value === "2",
  // A sandbox may be given fewer than the unit asks for.
  open_files: (value) => {
    const [has = 0, most = 0] = value.split(" of ").map(Number);
    return has >= Math.min(65_536, most) && has > 0;
  },
  // What is young comes on top of the half.
  heap: (value) => {
    const [has = 0, most = 0] = value.split(" of ").map(Number);
    return has > 0 && has <= 0.65 * most;
  },
  canaries: (value) => value === "0",
  wrote: (value) => value === "nowhere",
  wrote_state: (value) => value === "0",
  ready: (value) => value === "200",
  codes: (value) => value === "40 200",
  reload_code: (value) => value === "0",
  // WatchdogSec=3, and 2 s.
  watchdog_ms: (value) => Number(value) <= 8_000,
  stop_code: (value) => value === "0",
  stop_ms: (value) => Number(value) <= 45_000,
  result: (value) => value === "success",
};

/** Builds the service where its user can read it, and probes it. */
async function probe(runner: string, directory: string): Promise<string> {
  const program = await bundle(directory);
  const deno = `${directory}/deno`;
  await Deno.copyFile(Deno.execPath(), deno);
  const config = `${directory}/config.yaml`;
  const port = freePort();
  await Deno.writeTextFile(
    config,
    `providers: [{type: mock}]\nserver: {port: ${port}, shutdown_timeout: 10}\n`,
  );
  const units: readonly { readonly path: string; readonly text: string }[] =
    JSON.parse(
      await run(deno, {
        args: [
          ...["run", "--quiet", ...RUN_FLAGS, "-A", program],
          ...["install", "--json", "--config", config],
          ...["--directory", directory],
        ],
      }),
    );
  for (const { path, text } of units) await Deno.writeTextFile(path, text);
  const script = `${directory}/probe.sh`;
  const source = new URL("_unit_probe.sh", import.meta.url);
  await Deno.writeTextFile(
    script,
    `set -- ${directory}/llm-proxy.socket ${directory} http://127.0.0.1:${port}\n${await Deno
      .readTextFile(source)}`,
  );
  await Deno.chmod(directory, 0o755);
  return await run(runner, {
    args: [`${directory}/llm-proxy.service`, script],
  });
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

/** Prints every finding; `false` where one is not as it has to be. */
function judge(output: string): boolean {
  const found = new Map(
    Array.from(
      output.matchAll(/^probe (\S+) ?(.*)$/gm),
      ([, name = "", value = ""]) => [name, value] as const,
    ),
  );
  let isWell = true;
  for (const [name, holds] of Object.entries(WANTED)) {
    const value = found.get(name);
    const isSo = value !== undefined && holds(value);
    isWell &&= isSo;
    // deno-lint-ignore no-console -- a tool tells its user
    console.log(`${isSo ? "ok   " : "fault"} ${name}: ${value ?? "not told"}`);
  }
  return isWell;
}

const runner = Deno.env.get("SYSTEMD_RUNNER");
if (!runner) {
  // deno-lint-ignore no-console -- a tool tells its user
  console.log("Skipped: SYSTEMD_RUNNER names no program that boots systemd");
} else {
  const directory = await Deno.makeTempDir({ dir: parent, prefix: "lp-unit-" });
  try {
    const output = await probe(runner, directory);
    if (!judge(output)) {
      // deno-lint-ignore no-console -- a tool tells its user
      console.log(output);
      Deno.exitCode = 1;
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
