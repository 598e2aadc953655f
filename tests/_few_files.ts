/**
 * Runs the service with so many open files as its first argument says, and
 * passes SIGTERM on.
 *
 * @module
 */

if (import.meta.main) {
  const [files = "", ...args] = Deno.args;
  const child = new Deno.Command("bash", {
    args: ["-c", `ulimit -n ${Number(files)} && exec deno "$@"`, "-", ...args],
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
  Deno.exit((await child.status).code);
}
