// X19: what runs is what is locked, and may do what its config needs.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ENGINE_FLAGS } from "../api/_engine_flags.ts";
import { run } from "./_service.ts";

const ROOT = new URL("../", import.meta.url);
/** The program itself, which it reads part by part. */
const SOURCES = ROOT.pathname.replace(/\/$/, "");

async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(new URL(path, ROOT)));
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null
    ? value as Record<string, unknown>
    : {};
}

/** Every source that is shipped or builds what is. */
async function* sources(
  directory: URL,
): AsyncGenerator<readonly [path: string, text: string]> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const isHidden = name.startsWith(".") || name === "testdata" ||
      name === "node_modules";
    if (isHidden) continue;
    const url = new URL(name + (isDirectory ? "/" : ""), directory);
    if (isDirectory) yield* sources(url);
    else if (name.endsWith(".ts")) {
      yield [url.pathname, await Deno.readTextFile(url)];
    }
  }
}

Deno.test("X19: every dependency is locked by its digest, none is an address, and none runs a script when it is installed", async () => {
  const lock = await readJson("deno.lock");
  assertEquals(Object.keys(fieldsOf(lock.remote)), []);
  assertEquals(Object.keys(fieldsOf(lock.redirects)), []);
  const scripted: string[] = [];
  for (const [name, value] of Object.entries(fieldsOf(lock.npm))) {
    const { integrity, scripts } = fieldsOf(value);
    assertMatch(String(integrity), /^sha512-[\w+/]{86}==$/, name);
    if (scripts === true) scripted.push(name.replace(/@[^@]*$/, ""));
  }
  // It only tells of versions, and is not let.
  assertEquals([...new Set(scripted)], ["protobufjs"]);
  for (const file of ["deno.json", "deno.jsr.json"]) {
    const { allowScripts, ...config } = await readJson(file);
    // Named as refused, so that nobody is warned at the first start.
    assertEquals(allowScripts, { deny: ["npm:protobufjs"] }, file);
    assert(!/allow-?scripts/i.test(JSON.stringify(config)), file);
    for (const to of Object.values(fieldsOf(config.imports))) {
      assertMatch(String(to), /^(?:npm|jsr):/, file);
    }
  }
  const { lock: locking, minimumDependencyAge: age } = await readJson(
    "deno.json",
  );
  assertEquals(fieldsOf(locking).frozen, true);
  assertEquals(age, "P3D");
});

Deno.test("X19: no source imports from an address", async () => {
  let count = 0;
  for (const part of ["core", "context", "logging", "api", "tools"]) {
    for await (const [path, text] of sources(new URL(`${part}/`, ROOT))) {
      count++;
      assert(
        !/^\s*(?:import|export)\b[^;]*?\bfrom\s+["']https?:/m.test(text) &&
          !/\bimport\(\s*["'`]https?:/.test(text),
        path,
      );
    }
  }
  assert(count > 100);
});

Deno.test("X19: the permissions that a config needs are enough, without a network, and no more", async () => {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/config.yaml`;
  // A port of its own: one that a config names can be taken.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await Deno.writeTextFile(
    file,
    `server: {port: ${port}}\nproviders:\n  - {type: mock}\n  - {type: openai, api_key: sup-Vb6Nm5Zx}\n`,
  );
  try {
    const { code, out, err } = await run([
      "permissions",
      "--json",
      "--config",
      file,
    ]);
    assertEquals(code, 0, err);
    const flags: string[] = JSON.parse(out);
    assertEquals(
      flags.map((flag) => flag.split("=")[0]).sort(),
      [
        "--allow-env",
        "--allow-net",
        "--allow-read",
        "--allow-sys",
        "--no-prompt",
      ],
    );
    assert(flags.includes("--allow-sys=systemMemoryInfo"));
    const net = flags.find((flag) => flag.startsWith("--allow-net="));
    assertEquals(net, `--allow-net=127.0.0.1:${port},api.openai.com:443`);
    const read = flags.find((flag) => flag.startsWith("--allow-read=")) ?? "";
    for (const place of read.slice("--allow-read=".length).split(",")) {
      assert(
        place === directory || place === SOURCES ||
          /^\/(?:proc|sys)\//.test(place),
        place,
      );
    }
    const child = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--frozen",
        "--cached-only",
        ...ENGINE_FLAGS,
        ...flags,
        "main.ts",
        "--config",
        file,
      ],
      cwd: ROOT,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: Deno.env.get("HOME") ?? "",
        LLM_PROXY_STATE: "memory",
      },
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    try {
      const { value: line = "" } = await reader.read();
      assertMatch(line, /http:\/\/127\.0\.0\.1:\d+/);
      const response = await fetch(
        `http://127.0.0.1:${port}/v1/chat/completions`,
        {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            model: "mock/echo",
            messages: [{ role: "user", content: "ping 42" }],
          }),
        },
      );
      const answer = await response.json();
      assertEquals(answer.choices[0].message.content, "ping 42");
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await reader.cancel();
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("X19: a proxy that the environment names on the way to a webhook or an issuer's keys is among the hosts that may be reached", async () => {
  const directory = await Deno.makeTempDir();
  const config = `${directory}/config.yaml`;
  await Deno.writeTextFile(
    config,
    `providers: [{type: mock}]
budget_alerts: {url: "http://alerts.example/hook", secret: of-the-hook-9fKd72LmQ0}
`,
  );
  const { code, out, err } = await run(["permissions", "--config", config], {
    HTTP_PROXY: "http://proxy.example:3128",
  });
  assertEquals(code, 0, err);
  const [hosts = ""] = /--allow-net=\S+/.exec(out) ?? [];
  for (const host of ["alerts.example:80", "proxy.example:3128"]) {
    assert(hosts.split(/[=,]/).includes(host), hosts);
  }
  await Deno.remove(directory, { recursive: true });
});
