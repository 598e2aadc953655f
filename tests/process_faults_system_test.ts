// What becomes of a service whose process, port, files or loop are taken from
// it. `deno task test:load` asks for all of it.
import { assert, assertEquals } from "@std/assert";
import { connect, type Socket } from "node:net";
import { Load } from "./_load.ts";
import { type Ended, run, start } from "./_service.ts";
import { freePort } from "../logging/_test_programs.ts";
import { pause, until } from "../logging/_test_wait.ts";

const FULL = Deno.env.get("LOAD") === "full";
const ECHO = { model: "mock/echo" };
const IS_LINUX = Deno.build.os === "linux";

/** Whether there is such a program: it is run by others, who may. */
function isThere(name: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${name}`).isFile;
    } catch {
      return false;
    }
  });
}

/** Has somebody do it who may do everything. */
async function trusted(code: string): Promise<string> {
  const { stdout } = await new Deno.Command("deno", { args: ["eval", code] })
    .output();
  return new TextDecoder().decode(stdout).trim();
}

/** The processes that a process has started. */
async function childrenOf(pid: number): Promise<string[]> {
  const path = `/proc/${pid}/task/${pid}/children`;
  const text = await trusted(`console.log(Deno.readTextFileSync("${path}"))`);
  return text.split(" ").filter((it) => it !== "");
}

Deno.test({
  name:
    "P2: a service that is killed under load is back with all that it acknowledged",
  ignore: !FULL,
  async fn() {
    const directory = await Deno.makeTempDir();
    const env = { LLM_PROXY_STATE: `${directory}/state` };
    const keys = (...args: string[]): Promise<Ended> =>
      run(["keys", ...args], env);
    const { out } = await keys("create", "first", "--json");
    const headers = { authorization: `Bearer ${JSON.parse(out).key}` };
    const port = String(freePort());
    for (let round = 0; round < 5; round++) {
      const service = await start(["--port", port], env);
      using load = new Load(service.url);
      const answers = load.open(() => ({ ...ECHO, headers }), {
        rate: 200,
        ms: 1_500,
      });
      const { code } = await keys("create", `key-${round}`);
      assertEquals(code, 0);
      service.signal("SIGKILL");
      await service.ended;
      const statuses = new Set((await answers).map(({ status }) => status));
      assertEquals([...statuses].sort(), [0, 200]);
      const successor = await start(["--port", port], env);
      using again = new Load(successor.url);
      assertEquals((await again.ask({ ...ECHO, headers })).status, 200);
      const health = JSON.parse((await again.get("/health")).body);
      assertEquals(health.checks.state.status, "healthy");
      assert((await keys("list")).out.includes(`key-${round}`));
      assertEquals(await successor.stop(), 0);
    }
    await Deno.remove(directory, { recursive: true });
  },
});

Deno.test({
  name:
    "P3: while one process hands its socket over to another no client sees an error, with connections kept and not",
  ignore: !isThere("systemd-socket-activate"),
  async fn() {
    const port = String(freePort());
    const both = new Deno.Command("deno", {
      args: ["run", "--quiet", "-A", "tests/_hand_over.ts", port],
      cwd: new URL("../", import.meta.url),
      env: { LLM_PROXY_STATE: "memory" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const input = both.stdin.getWriter();
    const go = (): Promise<void> => input.write(new Uint8Array([10]));
    let output = "";
    const told = (async () => {
      const texts = both.stdout.pipeThrough(new TextDecoderStream());
      for await (const text of texts) output += text;
    })();
    const says = (text: string, times = 1): Promise<void> =>
      until(() => output.split(text).length > times);

    using load = new Load(`http://127.0.0.1:${port}`);
    // The system starts the first when somebody calls.
    await until(async () => (await load.ask(ECHO)).status === 200);
    let isOver = false;
    const ends = { clients: FULL ? 10 : 4, until: () => isOver };
    const asked = Promise.all([
      load.closed(() => ECHO, ends),
      load.closed(() => ({ ...ECHO, headers: { connection: "close" } }), ends),
    ]);
    await go();
    await says("llm-proxy 0", 2);
    await pause(FULL ? 25_000 : 300);
    await go();
    await says("first ended with 0");
    await pause(FULL ? 25_000 : 300);
    isOver = true;
    const answers = (await asked).flat();
    const wrong = answers.filter(({ status }) => status !== 200);
    assertEquals(wrong.map(({ status, body }) => ({ status, body })), []);
    await go();
    await says("second ended with 0");
    await input.close();
    await Promise.all([both.status, told]);
  },
});

/** Opens so many connections, and says of how many it was accepted. */
async function crowd(url: string, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", () => {});
    return socket;
  });
  await Promise.all(
    sockets.map((socket) =>
      new Promise<void>((resolve) => {
        socket.once("connect", () => resolve());
        socket.once("close", () => resolve());
      })
    ),
  );
  return sockets;
}

Deno.test({
  name:
    "P4: with 256 files to open, 1,000 connections are shed, and the service answers as soon as they are gone",
  ignore: !IS_LINUX || !isThere("bash"),
  async fn() {
    const service = await start([], {}, { openFiles: 256 });
    await until(() => service.output().includes("takes 96 connections"));
    for (let round = 0; round < 2; round++) {
      const sockets = await crowd(service.url, 1_000);
      for (const socket of sockets) socket.destroy();
      using load = new Load(service.url);
      await until(async () => (await load.ask(ECHO)).status === 200);
      const waited = await Promise.all(
        Array.from(
          { length: 20 },
          () => load.ask({ model: "mock/slow-10-10", stream: true }),
        ),
      );
      assertEquals(waited.filter(({ status }) => status !== 200), []);
    }
    assertEquals(await service.stop(), 0);
  },
});

Deno.test({
  name:
    "P9: what a worker that dies had under way is settled, and the other's answers come whole",
  ignore: !IS_LINUX,
  async fn() {
    const state = await Deno.makeTempDir();
    const service = await start(["--workers", "2", "--state", state]);
    await until(() => service.output().includes("2 of 2 workers serve"));
    using load = new Load(service.url);
    const streams = Promise.all(Array.from({ length: 16 }, () =>
      load.ask({
        model: "mock/slow-10-250",
        stream: true,
        content: "one two three four five",
        headers: { connection: "close" },
      })));
    await pause(700);
    const [victim] = await childrenOf(service.pid);
    await trusted(`Deno.kill(${victim}, "SIGKILL")`);
    const answers = await streams;
    const whole = answers.filter(({ body }) => body.includes("[DONE]"));
    assert(whole.length > 0 && whole.length < 16, `${whole.length} were whole`);
    await until(() =>
      service.output().split("2 of 2 workers serve").length === 3
    );
    let rows: { readonly state: string }[] = [];
    await until(async () => {
      const { body } = await load.get("/v1/usage/export");
      rows = body.trimEnd().split("\n").filter((line) => line !== "")
        .map((line) => JSON.parse(line));
      return rows.length === 16;
    });
    const settled = rows.filter(({ state }) => state === "settled").length;
    assertEquals(settled, whole.length);
    assertEquals(await service.stop(), 0);
    await Deno.remove(state, { recursive: true });
  },
});

Deno.test({
  name:
    "P9: ten crashes in a row are each waited for longer, and the state is whole after",
  ignore: !IS_LINUX || !FULL,
  async fn() {
    const state = await Deno.makeTempDir();
    const service = await start(["--workers", "2", "--state", state]);
    using load = new Load(service.url);
    for (let crash = 1; crash <= 10; crash++) {
      await until(() =>
        service.output().split("2 of 2 workers serve").length === crash + 1
      );
      assertEquals((await load.ask(ECHO)).status, 200);
      const [first] = await childrenOf(service.pid);
      await trusted(`Deno.kill(${first}, "SIGABRT")`);
      await until(() =>
        [...service.output().matchAll(/another starts in/g)].length === crash
      );
    }
    const pauses = [...service.output().matchAll(/starts in (\d+) ms/g)]
      .map(([, ms]) => Number(ms));
    assert((pauses.at(-1) ?? 0) >= 1_000, pauses.join());
    await until(async () => {
      const { body } = await load.get("/health");
      return body !== "" && JSON.parse(body).checks.state.status === "healthy";
    });
    assertEquals(await service.stop(), 0);
    await Deno.remove(state, { recursive: true });
  },
});

Deno.test({
  name:
    "P7: a worker whose loop stands still is ended and started again, one that is busy is not",
  ignore: !IS_LINUX || !FULL,
  async fn() {
    const service = await start(["--workers", "2"]);
    await until(() => service.output().includes("2 of 2 workers serve"));
    const [first] = await childrenOf(service.pid);
    using load = new Load(service.url);
    let isOver = false;
    const busy = load.closed(() => ECHO, {
      clients: 16,
      until: () => isOver,
    });
    await pause(20_000);
    assert(!service.output().includes("ended with"), service.output());
    isOver = true;
    await busy;
    await trusted(`Deno.kill(${first}, "SIGSTOP")`);
    await until(() => service.output().includes("ended with 137"));
    await until(() =>
      service.output().split("2 of 2 workers serve").length === 3
    );
    assertEquals((await load.ask(ECHO)).status, 200);
    assertEquals(await service.stop(), 0);
  },
});
