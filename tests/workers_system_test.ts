// Several processes on one port, as one service.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { FLAGS, PROGRAM, run, start } from "./_service.ts";
import { until } from "../logging/_test_wait.ts";

/** A chat over a connection of its own, so that any worker may get it. */
async function chat(url: string): Promise<number> {
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      client,
      headers: { "content-type": "application/json", connection: "close" },
      body: JSON.stringify({
        model: "mock/echo",
        messages: [{ role: "user", content: "hi" }],
      }),
    });
    await response.text();
    return response.status;
  } catch {
    return 0;
  } finally {
    client.close();
  }
}

/** What an address says, over a connection of its own; nothing where none comes in time. */
async function get(url: string): Promise<string> {
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    const signal = AbortSignal.timeout(3_000);
    return await (await fetch(url, { client, signal })).text();
  } catch {
    return "";
  } finally {
    client.close();
  }
}

/** Has somebody do it who may do everything. */
async function trusted(code: string): Promise<string> {
  const { stdout } = await new Deno.Command("deno", { args: ["eval", code] })
    .output();
  return new TextDecoder().decode(stdout);
}

/** The processes that a process has started. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await trusted(
    `console.log(Deno.readTextFileSync("/proc/${pid}/task/${pid}/children"))`,
  );
  return text.trim().split(" ").filter((it) => it !== "").map(Number);
}

Deno.test({
  name: "P9: a worker that dies is started again, and the other serves on",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const service = await start(["--workers", "2"]);
    await until(() => service.output().includes("2 of 2 workers serve"));
    const [first] = await childrenOf(service.pid);
    await trusted(`Deno.kill(${first}, "SIGKILL")`);
    await until(() => /worker \d ended with 137/.test(service.output()));
    assertEquals(await chat(service.url), 200);
    await until(() =>
      service.output().split("2 of 2 workers serve").length === 3
    );
    assertEquals(await service.stop(), 0);
  },
});

Deno.test({
  name:
    "C6: two workers with one state let through what the limit says, and at most a share more",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const directory = await Deno.makeTempDir();
    const config = `${directory}/config.yaml`;
    await Deno.writeTextFile(
      config,
      'providers: [{type: mock, name: mock}]\nrate_limit: {enabled: true, routes: {"/v1/chat/completions": "20/hour"}}\n',
    );
    const service = await start(["--workers", "2", "--config", config], {
      LLM_PROXY_STATE: `${directory}/state`,
    });
    await until(() => service.output().includes("2 of 2 workers serve"));
    const seen = [];
    for (let i = 0; i < 60; i++) seen.push(await chat(service.url));
    const admitted = seen.filter((status) => status === 200).length;
    const refused = seen.filter((status) => status === 429).length;
    assertEquals(admitted + refused, 60);
    assert(admitted >= 10 && admitted <= 21, `${admitted} were admitted`);
    assertEquals(await service.stop(), 0);
    await Deno.remove(directory, { recursive: true });
  },
});

Deno.test({
  name: "GET /metrics and /v1/requests tell of all workers, whichever is asked",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const service = await start(["--workers", "2"]);
    await until(() => service.output().includes("2 of 2 workers serve"));
    for (let i = 0; i < 24; i++) assertEquals(await chat(service.url), 200);
    const samples =
      /^proxy_api_requests_total\{worker="(\d)",.*chat.* (\d+)$/gm;
    const seen = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const text = await get(`${service.url}/metrics`);
      const counts = [...text.matchAll(samples)];
      seen.add(counts.map(([, worker]) => worker).sort().join());
      assertEquals(counts.reduce((sum, [, , n]) => sum + Number(n), 0), 24);
    }
    assertEquals([...seen], ["1,2"]);
    const ids = new Set<string>();
    let before = "";
    for (let page = 0; page < 30; page++) {
      const { data, next } = JSON.parse(
        await get(`${service.url}/v1/requests?limit=5${before}`),
      );
      for (const { request_id: id } of data) {
        assert(!ids.has(id), "a row came twice");
        ids.add(id);
      }
      if (next === null) break;
      before = `&before=${next}`;
    }
    assertEquals(ids.size, 24);
    const { metrics } = JSON.parse(await get(`${service.url}/metrics/json`));
    const names = metrics.map(({ name }: { readonly name: string }) => name);
    assertEquals(new Set(names).size, names.length);
    const { series } = metrics.find(({ name }: { readonly name: string }) =>
      name === "process_resident_memory_bytes"
    );
    assertEquals(
      series.map(({ labels }: { labels: { worker: string } }) => labels.worker)
        .sort(),
      ["1", "2"],
    );
    assertEquals(await service.stop(), 0);
  },
});

Deno.test({
  name:
    "workers tell each other and nobody else, and wait for none that hangs or dies",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const child = new URL("_worker_peers_child.ts", import.meta.url);
    const { stdout } = await new Deno.Command("deno", {
      args: ["run", "-A", child.pathname],
    }).output();
    const told = new TextDecoder().decode(stdout);
    assertEquals(JSON.parse(told), {
      answers: ["what?"],
      strangers: ["", "", ""],
    });
  },
});

Deno.test("what keeps a worker from starting ends the service, with its code", async () => {
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr as Deno.NetAddr;
  const { code, err } = await run(["--workers", "2", "--port", `${port}`]);
  server.close();
  assertEquals(code, 1);
  assertMatch(err, /the port is taken/);
});

Deno.test("--workers is a number or auto", async () => {
  assertEquals((await run(["--workers", "many"])).code, 2);
});

Deno.test("--workers without the permission to start any is told in one line", async () => {
  const { code, stderr } = await new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--frozen", "--no-prompt", "--allow-net"],
      ...["--allow-env", "--allow-read", "main.ts"],
      ...["--workers", "2", "--port", "0", "--state", "memory"],
    ],
    cwd: new URL("../", import.meta.url),
  }).output();
  const err = new TextDecoder().decode(stderr);
  assertEquals(code, 1);
  assertMatch(err, /^llm-proxy: --workers .*--allow-run=\S+\n$/);
});

Deno.test("workers serve and know of each other with the permissions that 'permissions' prints", async () => {
  const directory = await Deno.makeTempDir();
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr as Deno.NetAddr;
  probe.close();
  const config = `${directory}/config.yaml`;
  await Deno.writeTextFile(
    config,
    `server: {host: 127.0.0.1, port: ${port}}\n` +
      `providers: [{type: mock}]\nstate: {path: ${directory}/state}\n`,
  );
  const asked = ["permissions", "--config", config, "--workers", "2"];
  const env = { LLM_PROXY_STATE: "" };
  const { out, code } = await run(asked, env);
  assertEquals(code, 0);
  const flags = out.trim().split(" ");
  assert(flags.includes("--allow-run=deno"), out);
  const service = new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", ...FLAGS, ...flags, PROGRAM],
      ...["--config", config, "--workers", "2"],
    ],
    cwd: new URL("../", import.meta.url),
    env: { ...env, LLM_PROXY_CONFIG: "" },
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const url = `http://127.0.0.1:${port}`;
    // Of both, whichever of them is asked: so either has found the other.
    await until(async () => {
      const text = await get(`${url}/metrics`);
      return text.includes('worker="1"') && text.includes('worker="2"');
    });
    assertEquals(await chat(url), 200);
  } finally {
    service.kill("SIGTERM");
    await service.status;
    await Deno.remove(directory, { recursive: true });
  }
});
