// A config that changes while the gateway serves.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { run, start } from "./_service.ts";
import { until } from "../logging/_test_wait.ts";

const MOCK = "providers: [{type: mock, name: first}]\n";

interface Changing {
  readonly url: string;
  readonly file: string;
  readonly state: string;
  write(text: string): Promise<void>;
  reload(): Promise<{ readonly status: number; readonly text: string }>;
  status(): Promise<Record<string, unknown>>;
  chat(model: string): Promise<number>;
}

async function changing(
  text: string,
  use: (
    gateway: Changing,
    signal: (name: Deno.Signal) => void,
  ) => Promise<void>,
): Promise<void> {
  const state = await Deno.makeTempDir();
  const file = `${state}/config.yaml`;
  await Deno.writeTextFile(file, text);
  const service = await start(["--config", file], {
    LLM_PROXY_STATE: `${state}/state`,
  });
  const { url } = service;
  try {
    await use({
      url,
      file,
      state: `${state}/state`,
      write: (text) => Deno.writeTextFile(file, text),
      async reload() {
        const response = await fetch(`${url}/v1/config/reload`, {
          method: "POST",
        });
        return { status: response.status, text: await response.text() };
      },
      async status() {
        return await (await fetch(`${url}/v1/config/status`)).json();
      },
      async chat(model) {
        const response = await fetch(`${url}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            model,
            messages: [{ role: "user", content: "hi" }],
          }),
        });
        await response.text();
        return response.status;
      },
    }, service.signal);
  } finally {
    assertEquals(await service.stop(), 0);
    await Deno.remove(state, { recursive: true });
  }
}

Deno.test("F5: a config is put in force by POST, by SIGHUP and by a change of the file", async () => {
  await changing(MOCK, async (gateway, signal) => {
    assertEquals(await gateway.chat("first/echo"), 200);
    await gateway.write("providers: [{type: mock, name: second}]\n");
    const { status, text } = await gateway.reload();
    assertEquals(status, 200);
    assertStringIncludes(text, "providers.second");
    assertEquals(await gateway.chat("second/echo"), 200);
    assertEquals(await gateway.chat("first/echo"), 404);
    await gateway.write("providers: [{type: mock, name: third}]\n");
    await until(async () => await gateway.chat("third/echo") === 200);
    await gateway.write("providers: [{type: mock, name: fourth}]\n");
    signal("SIGHUP");
    await until(async () => await gateway.chat("fourth/echo") === 200);
  });
});

Deno.test("F4: an invalid, half-written, vanished or huge file leaves the old one in force, and says so", async () => {
  await changing(MOCK, async (gateway) => {
    const { hash } = await gateway.status();
    const bad: [string, RegExp][] = [
      ["providers: [{type: mokc}]\n", /did you mean 'mock'/],
      ["providers: [{type: mock, na", /config\.yaml:1/],
      [`x: "${"a".repeat(5 * 1024 * 1024)}"\n`, /larger than/],
    ];
    for (const [text, told] of bad) {
      await gateway.write(text);
      const result = await gateway.reload();
      assertEquals(result.status, 400);
      assertMatch(result.text, told);
      assertEquals(await gateway.chat("first/echo"), 200);
    }
    await Deno.remove(gateway.file);
    assertEquals((await gateway.reload()).status, 400);
    const after = await gateway.status();
    assertEquals(after.hash, hash);
    assertMatch(JSON.stringify(after.last_error), /does not exist/);
    await gateway.write(MOCK);
    assertEquals((await gateway.reload()).status, 200);
    assertEquals((await gateway.status()).last_error, undefined);
  });
});

Deno.test("F5: limits carry over, and a stream that runs keeps its snapshot", async () => {
  const limited =
    `${MOCK}rate_limit: {enabled: true, routes: {"/v1/chat/completions": "3/hour"}}\n`;
  await changing(limited, async (gateway) => {
    const stream = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "first/slow",
        stream: true,
        messages: [{ role: "user", content: "one two three four" }],
      }),
    });
    const reader = stream.body!.pipeThrough(new TextDecoderStream())
      .getReader();
    let text = (await reader.read()).value ?? "";
    assertEquals(await gateway.chat("first/echo"), 200);
    await gateway.write(limited.replace("first", "second"));
    assertEquals((await gateway.reload()).status, 200);
    assertEquals(await gateway.chat("second/echo"), 200);
    assertEquals(await gateway.chat("second/echo"), 429);
    for (let read; !(read = await reader.read()).done;) text += read.value;
    assertMatch(text, /\[DONE\]\s*$/);
  });
});

Deno.test("the config's status tells where values come from and what needs a restart, and no secret", async () => {
  const secret = "sk-status-4f9a2c77e1b0d3";
  await changing(`${MOCK}server: {max_body_mb: 8}\n`, async (gateway) => {
    await gateway.write(
      `providers: [{type: mock, name: first}, {type: groq, api_key: ${secret}}]\nserver: {max_body_mb: 8, port: 9}\n`,
    );
    assertEquals((await gateway.reload()).status, 200);
    const status = await gateway.status();
    const values = status.values as Record<string, string>;
    assertEquals(values["server.max_body_mb"], "file");
    assertEquals(values["server.port"], "argument");
    assertEquals(values["server.header_timeout"], "default");
    assertEquals(status.needs_restart, ["server.port"]);
    assert(!JSON.stringify(status).includes(secret));
  });
});

Deno.test("plan, apply, history and rollback", async () => {
  await changing(MOCK, async (gateway) => {
    const next = `${gateway.file}.next`;
    await Deno.writeTextFile(
      next,
      "providers: [{type: mock, name: first, timeout: 7}]\n",
    );
    const plan = await run(["plan", "--config", next, "--from", gateway.file]);
    assertEquals([plan.code, plan.out], [
      0,
      "providers.first.timeout: 600 → 7\n",
    ]);
    const apply = await run(["apply", "--config", next, "--to", gateway.file]);
    assertEquals(apply.code, 0, apply.err);
    await until(async () =>
      (await gateway.status()).hash === /is now (\w+)/.exec(apply.out)?.[1]
    );
    const env = { LLM_PROXY_STATE: gateway.state };
    let versions: { readonly id: string }[] = [];
    await until(async () => {
      versions = JSON.parse((await run(["history", "--json"], env)).out);
      return versions.length === 2;
    });
    const rollback = await run(["rollback", "--to", gateway.file], env);
    assertEquals(rollback.code, 0, rollback.err);
    assertEquals(await Deno.readTextFile(gateway.file), MOCK);
    await until(async () => (await gateway.status()).hash === versions[1]?.id);
    const bad = await run([
      "apply",
      "--config",
      `${gateway.file}.none`,
      "--to",
      gateway.file,
    ]);
    assertEquals(bad.code, 1);
  });
});
