// The service as it is shipped: one file for `deno run`, and one executable.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { RUN_FLAGS } from "../api/_engine_flags.ts";

const ROOT = new URL("../", import.meta.url);

/** More packages in what is shipped want a reason. */
const MOST_PACKAGES = 40;

/** The sum of the bundle that was made first. */
let bundled: string | undefined;

/** The sum of the bundle in a directory. */
async function sumOf(directory: string): Promise<string> {
  const sums = await Deno.readTextFile(`${directory}/SHA256SUMS`);
  return /^([\da-f]{64}) {2}llm-proxy\.js$/m.exec(sums)?.[1] ?? "";
}

async function tool(name: string, directory: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["run", "--frozen", "-A", `tools/${name}.ts`, "--out", directory],
    cwd: ROOT,
    // What a build machine sends of itself is not built in.
    env: {
      DENORT_BIN: Deno.execPath(),
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "console",
    },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}

Deno.test("X19: the bundle serves by itself, offline, with narrow permissions and an empty home", async () => {
  const directory = await Deno.makeTempDir();
  await tool("bundle", directory);
  const child = new Deno.Command("deno", {
    args: [
      "run",
      ...RUN_FLAGS,
      "--no-prompt",
      "--allow-net=127.0.0.1",
      "--allow-env",
      "--allow-read=/proc/self",
      "llm-proxy.js",
      "--port",
      "0",
    ],
    cwd: directory,
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", DENO_DIR: directory },
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: line = "" } = await reader.read();
  const [url] = /http:\/\/[\d.:]+\d/.exec(line) ?? [""];
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "mock/echo",
      messages: [{ role: "user", content: "ping 42" }],
    }),
  });
  const answer = await response.json();
  assertEquals(answer.choices[0].message.content, "ping 42");
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 0);
  await reader.cancel();
  const bill = JSON.parse(
    await Deno.readTextFile(`${directory}/sbom.cdx.json`),
  );
  const names = bill.components.map((it: { readonly name: string }) => it.name);
  for (const name of ["hono", "zod", "yaml"]) {
    assert(names.includes(name), name);
  }
  assert(!names.includes("openai"), "what only tests need is not in it");
  // Each is somebody who must be trusted.
  assert(names.length <= MOST_PACKAGES, `${names.length} packages`);
  assertMatch(
    await Deno.readTextFile(`${directory}/SHA256SUMS`),
    /^[\da-f]{64} {2}llm-proxy\.js$/m,
  );
  bundled = await sumOf(directory);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("X19: the executable holds its entry, its permissions and unstable features", async () => {
  const directory = await Deno.makeTempDir();
  await tool("compile", directory);
  // What the runtime is given stands behind the runtime itself.
  const image = await Deno.readFile(`${directory}/llm-proxy`);
  const text = new TextDecoder("latin1").decode(
    image.subarray(-4 * 1024 * 1024),
  );
  for (
    const wanted of [
      /"allow_run":\["systemctl"/,
      /"allow_ffi":null/,
      /"deny_import":\[\]/,
      /"features":\["kv","net","no-legacy-abort"\]/,
      /"tracing_enabled":false,"metrics_enabled":false/,
      /"entrypoint_key":"[^"]*llm-proxy\.js"/,
    ]
  ) {
    // Not assertMatch: the image is no text to read.
    assert(wanted.test(text), `${wanted} is not in the image`);
  }
  // Two builds of one tree in two places.
  if (bundled !== undefined) assertEquals(await sumOf(directory), bundled);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("bundle and compile tell wrong usage in one line and end with 2", async () => {
  for (const name of ["bundle", "compile"]) {
    for (const wrong of ["--nonsense", "--out", "word"]) {
      const { code, stdout, stderr } = await new Deno.Command("deno", {
        args: ["run", "--frozen", "-A", `tools/${name}.ts`, wrong],
        cwd: ROOT,
      }).output();
      assertEquals([code, stdout.length], [2, 0]);
      assertMatch(
        new TextDecoder().decode(stderr),
        new RegExp(`^[^\\n]+ \\(usage: deno task ${name} [^\\n]+\\)\\n$`),
      );
    }
  }
});
