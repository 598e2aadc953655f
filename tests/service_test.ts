// The service as its users start it: a process, its arguments, its exit codes.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { run, start } from "./_service.ts";
import { RawClient } from "./_raw_client.ts";

/** One line, no trace of the program's inside. */
function assertPlain(text: string): void {
  assertEquals(text.trimEnd().split("\n").length, 1, text);
  assert(!/\bat .*:\d+:\d+|\.ts\b|Uncaught|stack/i.test(text), text);
}

Deno.test("serve() starts without a config and answers", async () => {
  const service = await start([], {
    GROQ_API_KEY: "gsk_3f9c1b7a55d2",
    XAI_API_KEY: "your-api-key",
  });
  assertMatch(
    service.line,
    /providers: mock, groq; off: xai \(XAI_API_KEY looks like a placeholder, not like a key\); \d+ more have no key \('doctor' names them\)$/,
  );
  const response = await fetch(`${service.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "mock/echo",
      messages: [{ role: "user", content: "ping 42" }],
    }),
  });
  const answer = await response.json();
  assertEquals(answer.choices[0].message.content, "ping 42");
  assertEquals(await service.stop(), 0);
});

Deno.test("serve() takes its config from LLM_PROXY_CONFIG", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(
    file,
    "providers: [{type: mock, name: bench}, {type: groq, enabled: false}]\n",
  );
  const service = await start([], { LLM_PROXY_CONFIG: file });
  assertMatch(service.line, /providers: bench; off: groq \(enabled: false\)$/);
  assertEquals(await service.stop(), 0);
  await Deno.remove(file);
});

Deno.test("serve() warns at its start of faults on purpose, and of what Deno's own telemetry tells", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(
    file,
    "providers: [{type: mock}]\nchaos_engineering: {enabled: true, faults: [{type: delay, probability: 0.1, delay: 1}]}\n",
  );
  const service = await start(["--config", file], {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
  });
  await fetch(`${service.url}/health`).then((it) => it.body?.cancel());
  assertMatch(
    service.output(),
    /WARNING: chaos_engineering is on, and makes requests fail on purpose: delay\n/,
  );
  assertMatch(
    service.output(),
    /OTEL_DENO=true has Deno send .*OTEL_DENO_TRACING=false/,
  );
  assertEquals(await service.stop(), 0);
  await Deno.remove(file);
});

Deno.test("serve() ends with one line and code 1 when the port is taken", async () => {
  const server = createServer();
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  const { code, err } = await run(["--port", String(port)]);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  assertEquals(code, 1);
  assertMatch(err, /the port is taken/);
  assertPlain(err);
});

Deno.test("serve() ends with one line and code 2 on wrong usage", async () => {
  await Promise.all(
    [
      ["--prot", "1"],
      ["--port", "x"],
      ["--port", "70000"],
      ["--port"],
      ["--config", ""],
      ["nonsense"],
      ["check", "extra"],
      ["check"],
      ["check", "--config", "config.example.yaml", "--state", "memory"],
      ["--state", ""],
    ].map(async (args) => {
      const { code, err, out } = await run(args);
      assertEquals([code, out], [2, ""], args.join(" "));
      assertPlain(err);
    }),
  );
});

Deno.test("F1: serve() and check tell every fault of a config, and end with code 1", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(
    file,
    'sever:\n  port: 8000\nproviders:\n  - {type: openia}\n  - {type: openai, api_key: "${NO_SUCH_KEY}"}\n',
  );
  const verdicts = await Promise.all(
    [["--config", file], ["check", "--config", file]].map((args) => run(args)),
  );
  for (const { code, err } of verdicts) {
    assertEquals(code, 1);
    const lines = err.trimEnd().split("\n");
    assertEquals(lines.length, 3, err);
    for (const line of lines) assertMatch(line, /\.yaml:\d+:\d+: /);
    assertMatch(err, /did you mean .*server/i);
    assertMatch(err, /did you mean .*openai/i);
    assertMatch(err, /NO_SUCH_KEY/);
  }
  await Deno.remove(file);
});

Deno.test("check ends with code 0 for a sound config and 1 for none at all", async () => {
  const sound = await run(["check", "--config", "config.example.yaml"], {
    OPENAI_API_KEY: "sk-3f9c1b7a55d2",
    ANTHROPIC_API_KEY: "sk-ant-3f9c1b7a55d2",
    LLM_PROXY_KEY: "team-3f9c1b7a55d2-91",
  });
  assertEquals([sound.code, sound.err], [0, ""]);
  const missing = await run(["check", "--config", "no/such.yaml"]);
  assertEquals(missing.code, 1);
  assertPlain(missing.err);
});

Deno.test("X14: serve() refuses a foreign address without a key", async () => {
  const { code, err } = await run(["--host", "0.0.0.0", "--port", "0"]);
  assertEquals(code, 1);
  assertMatch(err, /without a key/);
  assertPlain(err);
});

Deno.test("serve() logs one line for what its listener refuses", async () => {
  const service = await start([]);
  const [answer] = await RawClient.exchange(
    service.url,
    "GET / HTTP/1.1\r\n\r\n",
  );
  const { error } = JSON.parse(answer?.body ?? "");
  assertEquals(await service.stop(), 0);
  const lines = service.output().split("\n").filter((line) =>
    line.includes("refused")
  );
  assertEquals(lines.length, 1);
  const { level, ...fields } = JSON.parse(lines[0] ?? "");
  assertEquals(String(level).toLowerCase(), "info");
  assertEquals(
    [fields.error, fields.status, fields.request_id, fields.count],
    ["invalid_host", 400, error.request_id, 1],
  );
});

/** A stream of about a second. */
async function slowStream(url: string): Promise<Response> {
  return await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "mock/slow-10-150",
      stream: true,
      messages: [{ role: "user", content: "one two three four five six" }],
    }),
  });
}

Deno.test("P1: serve() lets a running stream finish before it ends", async () => {
  const service = await start([]);
  const response = await slowStream(service.url);
  // A terminal and a parent process may both pass on one Ctrl-C.
  service.signal("SIGINT");
  service.signal("SIGINT");
  const stopped = service.stop();
  const text = await response.text();
  assert(text.includes("six") && text.includes("[DONE]"));
  assertEquals(await stopped, 0);
});

Deno.test("P1: a second signal later on ends what runs", async () => {
  const service = await start([]);
  const response = await fetch(`${service.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "mock/slow-10-5000",
      stream: true,
      messages: [{ role: "user", content: "one two three four five six" }],
    }),
  });
  service.signal("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 700));
  const stopped = service.stop();
  const text = await response.text();
  assert(text.includes(`"shutting_down"`) && !text.includes("[DONE]"), text);
  assertEquals(await stopped, 0);
});
