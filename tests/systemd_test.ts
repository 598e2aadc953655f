// What the service and systemd have to say to each other.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { run, start } from "./_service.ts";
import { hasProgram } from "../logging/_test_programs.ts";

const ROOT = new URL("../", import.meta.url);

/** Everything that a service tells its manager, line by line. */
async function receiver(): Promise<{
  readonly path: string;
  next(): Promise<string>;
  stop(): Promise<void>;
}> {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/notify`;
  const child = new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--frozen",
      "-A",
      "tests/_notify_receiver.ts",
      path,
    ],
    cwd: ROOT,
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (): Promise<string> => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error("The receiver has ended");
      text += value;
    }
    const end = text.indexOf("\n");
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    return JSON.parse(line);
  };
  assertEquals(await next(), "listening");
  return {
    path,
    next,
    async stop() {
      child.kill("SIGTERM");
      await child.status;
      await reader.cancel();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

Deno.test("D1: READY when it listens, signs of life, STOPPING when told to stop", async () => {
  const manager = await receiver();
  const service = await start([], {
    NOTIFY_SOCKET: manager.path,
    WATCHDOG_USEC: "200000",
  });
  const ready = await manager.next();
  assertMatch(
    ready,
    /^READY=1\nSTATUS=http:\/\/127\.0\.0\.1:\d+, state in memory, 1 providers$/,
  );
  assertEquals(await manager.next(), "WATCHDOG=1");
  assertEquals(await manager.next(), "WATCHDOG=1");
  assertEquals(await service.stop(), 0);
  let last = await manager.next();
  while (last === "WATCHDOG=1") last = await manager.next();
  assertMatch(last, /^STOPPING=1\nSTATUS=stopping, \d+ running, at most 30 s$/);
  assertMatch(service.output(), /llm-proxy: stopping, 0 running/);
  await manager.stop();
});

Deno.test("D1: a service manager that does not listen stops nothing", async () => {
  const service = await start([], { NOTIFY_SOCKET: "/tmp/llm-proxy-nobody" });
  const live = await fetch(`${service.url}/health/live`);
  assertEquals((await live.json()).status, "alive");
  assertEquals(
    (await (await fetch(`${service.url}/health/ready`)).json()).status,
    "ready",
  );
  assertEquals(await service.stop(), 0);
});

Deno.test("install prints both units, and writes nothing unless told", async () => {
  const directory = await Deno.makeTempDir();
  const config = `${directory}/config.yaml`;
  await Deno.writeTextFile(
    config,
    "server: {port: 8123}\nproviders: [{type: ollama, base_url: 'http://10.0.0.7:11434/v1'}]\n",
  );
  const { code, out } = await run([
    "install",
    "--config",
    config,
    "--directory",
    directory,
  ]);
  assertEquals(code, 0);
  assertStringIncludes(out, "ListenStream=127.0.0.1:8123");
  assertStringIncludes(out, `--config ${config}`);
  assertMatch(
    out,
    /^ExecStartPre=-\S+ run .*--allow-run=\S+ \S+ check-state$/m,
  );
  assertStringIncludes(out, "--allow-net=127.0.0.1:8123,10.0.0.7:11434,unix:");
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), [
    "config.yaml",
  ]);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("permissions: a host that the config does not name cannot be reached", async () => {
  const directory = await Deno.makeTempDir();
  const config = `${directory}/config.yaml`;
  await Deno.writeTextFile(config, "providers: [{type: mock, name: mock}]\n");
  const { code, out } = await run([
    "permissions",
    "--config",
    config,
    "--json",
  ]);
  assertEquals(code, 0);
  const script = `${directory}/reach.ts`;
  await Deno.writeTextFile(
    script,
    `try { await Deno.connect({hostname: "127.0.0.1", port: 9}); } catch (error) { console.log(error.name); }
     try { new Deno.Command("true").outputSync(); } catch (error) { console.log(error.name); }
     try { Deno.writeTextFileSync("/tmp/llm-proxy-out", ""); } catch (error) { console.log(error.name); }
     console.log(typeof Deno.systemMemoryInfo().total);`,
  );
  const { stdout } = await new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-config", ...JSON.parse(out), script],
  }).output();
  assertEquals(
    new TextDecoder().decode(stdout),
    "NotCapable\nNotCapable\nNotCapable\nnumber\n",
  );
  await Deno.remove(directory, { recursive: true });
});

Deno.test("D1: llm-proxy.service and llm-proxy.socket are what install writes", async () => {
  const { serviceUnit, socketUnit } = await import("../api/_unit.ts");
  const read = (name: string): Promise<string> =>
    Deno.readTextFile(new URL(name, ROOT));
  assertEquals(
    await read("llm-proxy.service"),
    serviceUnit({
      command: "/usr/bin/llm-proxy",
      config: "/etc/llm-proxy/config.yaml",
    }),
  );
  assertEquals(await read("llm-proxy.socket"), socketUnit("127.0.0.1:8000"));
});

Deno.test("S2: a unit's first step puts a corrupt state aside, and says so", async () => {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/state.kv`;
  await Deno.writeTextFile(file, "no database ".repeat(1_000));
  const first = await run(["check-state", "--state", directory]);
  assertEquals(first.code, 0);
  assertMatch(first.err, /state quarantined: .*state\.kv\.corrupt-/);
  const again = await run(["check-state", "--state", directory]);
  assertEquals([again.code, again.err], [0, ""]);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("S2: a unit's first step looks at no state that was closed cleanly, and at one that was not", async () => {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/state.kv`;
  const mark = `${file}.closed`;
  const service = await start([], { LLM_PROXY_STATE: directory });
  assertEquals(await service.stop(), 0);
  const marked = await Deno.readTextFile(mark);
  assertStringIncludes(marked, ` ${(await Deno.stat(file)).size} `);
  const check = ["check-state", "--state", directory];
  const { mtime, size } = await Deno.stat(file);
  assertEquals((await run(check)).code, 0);
  assertEquals([...Deno.readDirSync(directory)].length, 1);
  // As if the disk had lost it, and then as a start that died of it leaves it.
  await Deno.writeFile(file, new Uint8Array(size));
  await Deno.utime(file, mtime!, mtime!);
  await Deno.writeTextFile(mark, marked);
  assertEquals((await run(check)).err, "");
  assertMatch((await run(check)).err, /state quarantined/);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("D4: the unit's limits leave room: open files, heap below memory, a stop longer than the drain", async () => {
  const { serviceUnit } = await import("../api/_unit.ts");
  const { defaultConfig } = await import("../api/default_config.ts");
  const unit = serviceUnit({ command: "/bin/true", config: "/c.yaml" });
  const value = (pattern: RegExp): number => Number(pattern.exec(unit)?.[1]);
  const files = value(/^LimitNOFILE=(\d+)$/m);
  assert(files >= 65_536);
  assertEquals(value(/LLM_PROXY_OPEN_FILES=(\d+)$/m), files);
  // The engine takes half of what the control group may have for the heap.
  assertMatch(unit, /^Environment=DENO_USE_CGROUPS=1\b/m);
  const high = value(/^MemoryHigh=(\d+)M$/m);
  const most = value(/^MemoryMax=(\d+)G$/m) * 1024;
  assert(most / 2 < high && high < most);
  const drain = defaultConfig().server.shutdown_timeout;
  assert(value(/^TimeoutStopSec=(\d+)$/m) > drain + 1);
  assert(value(/^TasksMax=(\d+)$/m) >= 64);
  assertMatch(unit, /^Restart=always\nRestartSec=1$/m);
  // One that can't start is given up after ten tries, and not tried for ever.
  assertMatch(unit, /^StartLimitIntervalSec=300\nStartLimitBurst=10$/m);
  assert(value(/^WatchdogSec=(\d+)$/m) > 0);
});

Deno.test({
  name:
    "D1, D2: systemd finds no fault in the unit, and an exposure of at most 1.5",
  ignore: !hasProgram("systemd-analyze"),
  async fn() {
    const directory = await Deno.makeTempDir();
    const { serviceUnit } = await import("../api/_unit.ts");
    const unit = `${directory}/llm-proxy.service`;
    await Deno.writeTextFile(
      unit,
      serviceUnit({
        command: "/bin/true",
        config: "/etc/llm-proxy/config.yaml",
      }),
    );
    const analyze = async (...args: string[]): Promise<string> => {
      const { stdout, stderr } = await new Deno.Command("systemd-analyze", {
        args: [...args, unit],
      }).output();
      return new TextDecoder().decode(stdout) +
        new TextDecoder().decode(stderr);
    };
    assertEquals(await analyze("verify"), "");
    const exposure = /exposure level for llm-proxy.service: ([\d.]+)/.exec(
      await analyze("security", "--offline=true"),
    )?.[1];
    assert(Number(exposure) <= 1.5, exposure);
    await Deno.remove(directory, { recursive: true });
  },
});
