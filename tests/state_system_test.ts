// Where the service keeps its state, as its users start it.
import { openStateStore } from "@llm-proxy/context";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { freePort } from "../logging/_test_programs.ts";
import { until } from "../logging/_test_wait.ts";
import { RunningService } from "./_running_service.ts";
import { run } from "./_service.ts";

/** A directory, gone at the end. */
class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "llm-proxy-state-" });

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** With the place that the process itself finds. */
const OWN_PLACE = { LLM_PROXY_STATE: "" };
const NO_WRITES = ["--allow-net", "--allow-env", "--allow-read"];

Deno.test("--state names the directory, which is made, told and in use", async () => {
  using folder = new Folder();
  const directory = `${folder.path}/a/b`;
  for (let start = 0; start < 2; start++) {
    await using service = new RunningService(["--state", directory]);
    assert((await service.line()).includes(`, state in ${directory}, `));
    const modes = new Set<unknown>();
    await until(async () => {
      const { mode } = await service.health();
      modes.add(mode);
      return mode === "durable";
    });
    assert(modes.isSubsetOf(new Set(["opening", "durable"])));
    assert((await Deno.stat(`${directory}/state.kv`)).size > 0);
  }
});

Deno.test("the state is where systemd or the user keeps such things, without being asked", async () => {
  using folder = new Folder();
  const { path } = folder;
  for (
    const [env, directory] of [
      [{ STATE_DIRECTORY: `${path}/systemd` }, `${path}/systemd`],
      [{ XDG_STATE_HOME: `${path}/xdg` }, `${path}/xdg/llm-proxy`],
    ] as const
  ) {
    await using service = new RunningService([], { ...OWN_PLACE, ...env });
    assert((await service.line()).includes(`, state in ${directory}, `));
  }
});

Deno.test("without permission the state is in memory, and the start line says why", async () => {
  using folder = new Folder();
  await using service = new RunningService([], {
    ...OWN_PLACE,
    STATE_DIRECTORY: folder.path,
  }, { permissions: NO_WRITES });
  assertMatch(
    await service.line(),
    /, state in memory \(Deno was not given --allow-write=\/tmp\/[^)]+\), /,
  );
  const { status, mode } = await service.health();
  assertEquals([status, mode], ["healthy", "memory"]);
});

Deno.test("what was asked for and cannot be is refused", async () => {
  const { code, err } = await run(["--state", "/nowhere/at/all"], {}, {
    permissions: NO_WRITES,
  });
  assertEquals(code, 1);
  assertEquals(
    err,
    "llm-proxy: cannot keep state in /nowhere/at/all: Deno was not given --allow-write=/nowhere/at/all\n",
  );
});

Deno.test("S2: S3: a state that cannot be used holds up no start, is told, and comes back by itself", async () => {
  using folder = new Folder();
  const directory = `${folder.path}/state`;
  await Deno.writeTextFile(directory, "This is no directory");
  await using service = new RunningService(["--state", directory]);
  await until(async () => (await service.health()).mode === "degraded");
  const { status, code } = await service.health();
  assertEquals([status, code], ["degraded", "unavailable"]);
  await service.logs(/"level":"ERROR","msg":"state degraded"/i);
  await Deno.remove(directory);
  await until(async () => (await service.health()).mode === "durable");
  assertEquals((await service.health()).status, "healthy");
  await service.logs(/"level":"WARN","msg":"state resumed"/i);
});

Deno.test("S2: a corrupt state file is put aside and told in the log", async () => {
  using folder = new Folder();
  await Deno.writeTextFile(`${folder.path}/state.kv`, "no database".repeat(99));
  await using service = new RunningService(["--state", folder.path]);
  await until(async () => (await service.health()).mode === "durable");
  await service.logs(/"level":"ERROR","msg":"state quarantined"/i);
});

/** Asks the echo; gives the status, and how the cache took it. */
async function ask(
  url: string,
  content: string,
  headers: Record<string, string> = {},
): Promise<unknown[]> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({
      model: "mock/echo",
      messages: [{ role: "user", content }],
    }),
  });
  await response.body?.cancel();
  return [response.status, response.headers.get("x-llm-proxy-cache")];
}

/** A process that holds the write lock of a state file. */
async function lock(path: string): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("deno", {
    args: [
      "eval",
      `import { DatabaseSync } from "node:sqlite";
      new DatabaseSync(${JSON.stringify(path)}).exec("BEGIN IMMEDIATE");
      console.log("locked");
      setTimeout(() => {}, 60_000);`,
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return child;
}

Deno.test("S1: while another process holds the state's lock requests are answered, and what they leave is written after", async () => {
  using folder = new Folder();
  const config = `${folder.path}/config.yaml`;
  await Deno.writeTextFile(
    config,
    "providers: [{type: mock}]\ncaching: {response_cache: {enabled: true, persist: true}}\n",
  );
  const state = `${folder.path}/state`;
  const args = ["--config", config, "--state", state];
  {
    await using service = new RunningService(args);
    await until(async () => (await service.health()).mode === "durable");
    const holder = await lock(`${state}/state.kv`);
    const url = await service.url();
    for (let i = 0; i < 40; i++) {
      assertEquals(await ask(url, `word ${i}`), [200, "miss"]);
    }
    await until(async () => (await service.health()).mode === "degraded");
    assertEquals(await ask(url, "word 0"), [200, "hit"]);
    holder.kill("SIGKILL");
    await holder.status;
    await until(async () => (await service.health()).mode === "durable");
  }
  await using service = new RunningService(args);
  await until(async () => (await service.health()).mode === "durable");
  const url = await service.url();
  for (let i = 0; i < 40; i++) {
    assertEquals(await ask(url, `word ${i}`), [200, "hit"]);
  }
});

Deno.test("S4: a service that is killed in the midst of its writes starts again and has what it had written", async () => {
  using folder = new Folder();
  const config = `${folder.path}/config.yaml`;
  await Deno.writeTextFile(
    config,
    "providers: [{type: mock}]\ncaching: {response_cache: {enabled: true, persist: true}}\n",
  );
  const args = ["--config", config, "--state", folder.path];
  for (let round = 0; round < 3; round++) {
    await using service = new RunningService(args);
    const url = await service.url();
    await until(async () => (await service.health()).mode === "durable");
    if (round === 0) {
      assertEquals(await ask(url, "first 0"), [200, "miss"]);
      // What is written behind is written at the end.
      service.signal("SIGTERM");
      await service.ended();
      continue;
    }
    assertEquals(await ask(url, "first 0"), [200, "hit"]);
    const asking = Array.from(
      { length: 50 },
      (_, at) => ask(url, `${round} ${at}`).catch(() => []),
    );
    await asking[0];
    service.signal("SIGKILL");
    await Promise.all(asking);
    await service.ended();
  }
});

Deno.test("S7: a database out of reach holds up neither the start nor callers with keys of the config; who might have a stored one hears 503, not 401", async () => {
  using folder = new Folder();
  const config = `${folder.path}/config.yaml`;
  const known = "key-of-the-config-3d1f08";
  await Deno.writeTextFile(
    config,
    `providers: [{type: mock}]\nauth: {api_keys: [{name: ann, key: ${known}}]}\n`,
  );
  const database = `http://127.0.0.1:${freePort()}`;
  await using service = new RunningService(
    ["--config", config, "--state", database],
    { DENO_KV_ACCESS_TOKEN: "kv-4f8a1c77e2b90d" },
  );
  assert((await service.line()).includes(`state at ${database},`));
  const url = await service.url();
  const key = { "x-api-key": known };
  assertEquals((await ask(url, "hi", key))[0], 200);
  await until(async () => (await service.health()).mode === "degraded");
  assertEquals((await ask(url, "hi", key))[0], 200);
  const other = { "x-api-key": "a-stored-one-perhaps" };
  assertEquals((await ask(url, "hi", other))[0], 503);
  assertEquals((await ask(url, "hi"))[0], 503);
  assert(!service.output.includes("kv-4f8a1c77e2b90d"));
});

Deno.test("S9: a state of a newer program ends the service with a line", async () => {
  using folder = new Folder();
  const newer = await openStateStore(
    { type: "file", directory: folder.path },
    { schema: { version: 1_000 } },
  );
  await newer.set(["a"], 1);
  await newer.close();
  await using service = new RunningService(["--state", folder.path]);
  assertEquals(await service.ended(), 1);
  assertEquals(service.errors.trimEnd().split("\n").length, 1);
  assertMatch(service.errors, /^llm-proxy: .*newer/);
});

Deno.test("check-state looks at a state file and prints what it is like", async () => {
  using folder = new Folder();
  const path = `${folder.path}/state.kv`;
  await Deno.writeTextFile(path, "no database".repeat(99));
  const { code, out } = await run(["check-state", path]);
  assertEquals(code, 0);
  const last = out.trimEnd().split("\n").at(-1) ?? "";
  assertEquals(JSON.parse(last).state, "corrupt");
});
