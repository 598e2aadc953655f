/**
 * Runs the service beside a small disk of its own, in a mount namespace that
 * nobody else sees: `_small_disk.ts PATH MEGABYTES rw|ro ARGS…`. SIGUSR1 fills
 * the disk to the last byte, SIGUSR2 frees it and lets it be written, SIGHUP
 * kills the service and starts it again, SIGTERM ends it.
 *
 * @module
 */

import { join } from "node:path";

/** What fills the disk. */
const BALLAST = "ballast";
const PAGE = 4096;

async function run(program: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`'${program}' failed`);
}

/** Writes until nothing fits any more. */
function fill(path: string): void {
  using file = Deno.openSync(join(path, BALLAST), {
    create: true,
    append: true,
  });
  try {
    for (const page = new Uint8Array(PAGE);;) file.writeSync(page);
  } catch {
    // That is what is wanted.
  }
}

async function free(path: string): Promise<void> {
  await run("mount", "-o", "remount,rw", path);
  try {
    Deno.removeSync(join(path, BALLAST));
  } catch {
    // It was only read-only.
  }
}

/** Within the namespace. */
async function keep(
  [path = "", megabytes = "", mode = "", ...args]: readonly string[],
): Promise<number> {
  const size = `size=${Number(megabytes)}m`;
  await run("mount", "-t", "tmpfs", "-o", `${size},${mode}`, "tmpfs", path);
  let child: Deno.ChildProcess;
  let isKilled: boolean;
  Deno.addSignalListener("SIGUSR1", () => fill(path));
  Deno.addSignalListener("SIGUSR2", () => void free(path));
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
  Deno.addSignalListener("SIGHUP", () => {
    isKilled = true;
    child.kill("SIGKILL");
  });
  for (;;) {
    isKilled = false;
    child = new Deno.Command("deno", {
      args: [...args],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    const { code } = await child.status;
    if (!isKilled) return code;
  }
}

if (import.meta.main) {
  if (Deno.args[0] === "in") Deno.exit(await keep(Deno.args.slice(1)));
  const child = new Deno.Command("unshare", {
    args: [
      "-m",
      Deno.execPath(),
      "run",
      "--quiet",
      "-A",
      import.meta.filename ?? "",
      "in",
      ...Deno.args,
    ],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  for (const name of ["SIGUSR1", "SIGUSR2", "SIGHUP", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => child.kill(name));
  }
  Deno.exit((await child.status).code);
}
