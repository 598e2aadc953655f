/**
 * Two services, one after the other, on a socket that both have from the system.
 * Takes a port; a line on standard input starts the second, another ends the
 * first, a third the second. Prints what each says and how it ended.
 *
 * @module
 */

const SCRIPT = `
serve() {
  LLM_PROXY_WORKER=1/2 LLM_PROXY_WORKER_PORT=0 LLM_PROXY_WORKER_FD=3 \\
    exec deno run --quiet --frozen -A main.ts
}
serve & first=$!
read -r _
serve & second=$!
read -r _
kill -TERM $first; wait $first; echo "first ended with $?"
read -r _
kill -TERM $second; wait $second; echo "second ended with $?"
`;

if (import.meta.main) {
  const [port = ""] = Deno.args;
  const kept = ["PATH", "HOME", "DENO_DIR", "LLM_PROXY_STATE"];
  const { code } = await new Deno.Command("systemd-socket-activate", {
    args: [
      `--listen=127.0.0.1:${port}`,
      ...kept.flatMap((name) => Deno.env.has(name) ? [`-E${name}`] : []),
      "bash",
      "-c",
      SCRIPT,
    ],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  Deno.exit(code);
}
