// Where the service keeps its state, as its users start it.
import { openStateStore } from "@llm-proxy/context";
import { assert, assertEquals, assertMatch } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
const decoder = new TextDecoder();

async function until(test: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!await test()) {
    if (performance.now() > deadline) throw new Error("It never came to that");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A directory, gone at the end. */
class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "llm-proxy-state-" });

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

function command(
  args: readonly string[],
  { env = {}, flags = ["-A"] }: {
    readonly env?: Record<string, string>;
    readonly flags?: readonly string[];
  } = {},
): Deno.Command {
  return new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--frozen",
      "--no-prompt",
      ...flags,
      "main.ts",
      ...args,
    ],
    cwd: ROOT,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: Deno.env.get("HOME") ?? "",
      ...env,
    },
    clearEnv: true,
    stdout: "piped",
    stderr: "piped",
  });
}

async function read(
  stream: ReadableStream<Uint8Array>,
  add: (text: string) => void,
): Promise<void> {
  for await (const bytes of stream) add(decoder.decode(bytes));
}

/** A service that runs. */
class Service implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #done: Promise<unknown>;
  output = "";
  errors = "";

  constructor(
    args: readonly string[],
    options?: Parameters<typeof command>[1],
  ) {
    const child = command(["--port", "0", ...args], options).spawn();
    this.#child = child;
    this.#done = Promise.all([
      read(child.stdout, (text) => this.output += text),
      read(child.stderr, (text) => this.errors += text),
    ]);
  }

  async line(): Promise<string> {
    await until(() => this.output.includes("\n"));
    return this.output.split("\n")[0] ?? "";
  }

  async logs(line: RegExp): Promise<void> {
    await until(() => line.test(this.output));
  }

  async health(): Promise<Record<string, unknown>> {
    const [url] = /http:\/\/[\d.]+:\d+/.exec(await this.line()) ?? [];
    const response = await fetch(`${url}/health`);
    const { status, checks } = await response.json();
    return { status, ...checks.state };
  }

  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#done;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await this.ended();
  }
}

Deno.test("--state names the directory, which is made, told and in use", async () => {
  using folder = new Folder();
  const directory = `${folder.path}/a/b`;
  for (let start = 0; start < 2; start++) {
    await using service = new Service(["--state", directory]);
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
    await using service = new Service([], { env });
    assert((await service.line()).includes(`, state in ${directory}, `));
  }
});

Deno.test("without permission the state is in memory, and the start line says why", async () => {
  using folder = new Folder();
  await using service = new Service([], {
    env: { STATE_DIRECTORY: folder.path },
    flags: ["--allow-net", "--allow-env", "--allow-read"],
  });
  assertMatch(
    await service.line(),
    /, state in memory \(Deno was not given --allow-write=\/tmp\/[^)]+\), /,
  );
  const { status, mode } = await service.health();
  assertEquals([status, mode], ["healthy", "memory"]);
});

Deno.test("what was asked for and cannot be is refused", async () => {
  const { code, stderr } = await command(["--state", "/nowhere/at/all"], {
    flags: ["--allow-net", "--allow-env", "--allow-read"],
  }).output();
  assertEquals(code, 1);
  assertEquals(
    decoder.decode(stderr),
    "llm-proxy: cannot keep state in /nowhere/at/all: Deno was not given --allow-write=/nowhere/at/all\n",
  );
});

Deno.test("S2: S3: a state that cannot be used holds up no start, is told, and comes back by itself", async () => {
  using folder = new Folder();
  const directory = `${folder.path}/state`;
  await Deno.writeTextFile(directory, "This is no directory");
  await using service = new Service(["--state", directory]);
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
  await using service = new Service(["--state", folder.path]);
  await until(async () => (await service.health()).mode === "durable");
  await service.logs(/"level":"ERROR","msg":"state quarantined"/i);
});

Deno.test("S9: a state of a newer program ends the service with a line", async () => {
  using folder = new Folder();
  const newer = await openStateStore(
    { type: "file", directory: folder.path },
    { schema: { version: 1_000 } },
  );
  await newer.set(["a"], 1);
  await newer.close();
  await using service = new Service(["--state", folder.path]);
  assertEquals(await service.ended(), 1);
  assertEquals(service.errors.trimEnd().split("\n").length, 1);
  assertMatch(service.errors, /^llm-proxy: .*newer/);
});

Deno.test("check-state looks at a state file and prints what it is like", async () => {
  using folder = new Folder();
  const path = `${folder.path}/state.kv`;
  await Deno.writeTextFile(path, "no database".repeat(99));
  const { code, stdout } = await command(["check-state", path]).output();
  assertEquals(code, 0);
  const last = decoder.decode(stdout).trimEnd().split("\n").at(-1) ?? "";
  assertEquals(JSON.parse(last).state, "corrupt");
});
