// S3, S4: a disk that is really full, or can't be written, with all that the
// service keeps on it: the state, the ledger's journal, the log.
import { assert, assertEquals } from "@std/assert";
import { Load, type Served } from "./_load.ts";
import { type ServiceBounds, start } from "./_service.ts";
import { pause, until } from "../logging/_test_wait.ts";

const ECHO = { model: "mock/echo" };
const MEGABYTES = 8;
const ALARM_MS = 10_000;

/** Whether a disk can be mounted here: that takes an administrator. */
const CAN_MOUNT = Deno.build.os === "linux" && await canMount();
if (!CAN_MOUNT) {
  // deno-lint-ignore no-console
  console.log("S3: skipped, as no disk can be mounted here");
}

async function canMount(): Promise<boolean> {
  const at = await Deno.makeTempDir();
  const wrapper = ["run", "--quiet", "-A", "tests/_small_disk.ts"];
  const { success } = await new Deno.Command("deno", {
    args: [...wrapper, at, "1", "rw", "--version"],
    cwd: new URL("../", import.meta.url),
    stdout: "null",
    stderr: "null",
  }).output();
  await Deno.remove(at);
  return success;
}

interface Row {
  readonly id: string;
  readonly state: string;
}

/** A service with all that it keeps on a small disk. */
class OnSmallDisk implements AsyncDisposable {
  readonly #root: string;
  readonly #service: Awaited<ReturnType<typeof start>>;

  constructor(
    root: string,
    service: Awaited<ReturnType<typeof start>>,
  ) {
    this.#root = root;
    this.#service = service;
  }

  static async start(
    mode: "rw" | "ro",
    { logsThere = mode === "rw" }: { readonly logsThere?: boolean } = {},
  ): Promise<OnSmallDisk> {
    const root = await Deno.makeTempDir();
    const at = `${root}/disk`;
    await Deno.mkdir(at);
    const config = `${root}/config.yaml`;
    const log = logsThere ? `{level: info, file: ${at}/log}` : "{level: info}";
    await Deno.writeTextFile(
      config,
      `providers: [{type: mock}]\nlogging: ${log}\n`,
    );
    const bounds: ServiceBounds = { disk: { at, megabytes: MEGABYTES, mode } };
    const env = { LLM_PROXY_STATE: `${at}/state` };
    const args = ["--config", config];
    const service = new OnSmallDisk(root, await start(args, env, bounds));
    // An alarm may be told before the address.
    await until(() => service.url !== "", "an address");
    return service;
  }

  get output(): string {
    return this.#service.output();
  }

  /** Where it listens since it was started last. */
  get url(): string {
    return this.output.match(/http:\/\/[\d.]+:\d+/g)?.at(-1) ?? "";
  }

  fill(): void {
    this.#service.signal("SIGUSR1");
  }

  free(): void {
    this.#service.signal("SIGUSR2");
  }

  /** Kills it, and waits until it serves again. */
  async killAndStart(): Promise<void> {
    const before = this.url;
    this.#service.signal("SIGHUP");
    await until(() => this.url !== before, "a new address");
  }

  /** What it tells of its state. */
  async state(): Promise<{ mode: string; code?: string; waiting?: number }> {
    using load = new Load(this.url);
    const { body } = await load.get("/health");
    return JSON.parse(body).checks.state;
  }

  async becomes(mode: "durable" | "degraded"): Promise<void> {
    await until(async () => (await this.state()).mode === mode, mode);
  }

  async metric(name: string): Promise<number> {
    using load = new Load(this.url);
    const { body } = await load.get("/metrics");
    const found = new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, "m").exec(body);
    return Number(found?.[1]);
  }

  /** The rows of the ledger, by id. */
  async rows(): Promise<ReadonlyMap<string, Row>> {
    using load = new Load(this.url);
    const { body } = await load.get("/v1/usage/export");
    const rows = body.split("\n").filter((line) => line !== "")
      .map((line): Row => JSON.parse(line));
    const byId = new Map(rows.map((row) => [row.id, row]));
    assertEquals(byId.size, rows.length, "a row is there twice");
    return byId;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    assertEquals(await this.#service.stop(), 0);
    await Deno.remove(this.#root, { recursive: true });
  }
}

function idsOf(served: readonly Served[]): string[] {
  assertEquals(served.filter(({ status }) => status !== 200), []);
  return served.map(({ headers }) => headers["x-request-id"] ?? "");
}

Deno.test({
  name:
    "S3: with a full disk all are answered and it is told; with room again all that was acknowledged is written, also past kill -9",
  ignore: !CAN_MOUNT,
  async fn() {
    await using service = await OnSmallDisk.start("rw");
    await service.becomes("durable");
    using load = new Load(service.url);
    const traffic = (ms: number): Promise<Served[]> =>
      load.open(() => ECHO, { rate: 100, ms });
    const before = idsOf(await traffic(500));
    await until(async () => (await service.rows()).size === before.length);
    for (let round = 0; round < 2; round++) {
      service.fill();
      const filled = performance.now();
      const during = traffic(3_000);
      await service.becomes("degraded");
      assert(performance.now() - filled < ALARM_MS);
      assertEquals((await service.state()).code, "full");
      before.push(...idsOf(await during));
      service.free();
      await service.becomes("durable");
      before.push(...idsOf(await traffic(500)));
      await until(async () => (await service.rows()).size >= before.length);
    }
    await service.killAndStart();
    await service.becomes("durable");
    const rows = await service.rows();
    assertEquals(before.filter((id) => !rows.has(id)), []);
    assertEquals(rows.size, before.length);
  },
});

Deno.test({
  name:
    "S3: a service that is killed and started with a full disk serves, and goes on where it was as soon as there is room",
  ignore: !CAN_MOUNT,
  async fn() {
    await using service = await OnSmallDisk.start("rw", { logsThere: false });
    await service.becomes("durable");
    const ask = async (): Promise<string[]> => {
      using load = new Load(service.url);
      return idsOf(await load.open(() => ECHO, { rate: 50, ms: 500 }));
    };
    const before = await ask();
    await until(async () => (await service.rows()).size === before.length);
    service.fill();
    // Whatever of these the disk has not taken dies with the process.
    await ask();
    await service.becomes("degraded");
    // Else what tells of it may die with the process as well.
    await until(() =>
      /"level":"error","msg":"state degraded"/i.test(service.output)
    );
    await service.killAndStart();
    const after = await ask();
    await service.becomes("degraded");
    after.push(...await ask());
    service.free();
    await service.becomes("durable");
    const wanted = [...before, ...after];
    await until(async () => {
      const rows = await service.rows();
      return wanted.every((id) => rows.has(id));
    }, "all rows are there");
    await until(() =>
      /"level":"warn","msg":"state resumed"/i.test(service.output)
    );
  },
});

Deno.test({
  name:
    "S3: a service on a read-only disk serves, says so, and moves there as soon as it can be written",
  ignore: !CAN_MOUNT,
  async fn() {
    await using service = await OnSmallDisk.start("ro");
    await service.becomes("degraded");
    using load = new Load(service.url);
    const ids = idsOf(await load.open(() => ECHO, { rate: 100, ms: 1_000 }));
    assert(/"level":"error","msg":"state degraded"/i.test(service.output));
    service.free();
    await service.becomes("durable");
    await until(async () => (await service.rows()).size === ids.length);
    await service.killAndStart();
    await service.becomes("durable");
    const rows = await service.rows();
    assertEquals(ids.filter((id) => !rows.has(id)), []);
  },
});

Deno.test({
  name:
    "S3: a log on a full disk drops lines, counts them, and goes on when there is room",
  ignore: !CAN_MOUNT,
  async fn() {
    await using service = await OnSmallDisk.start("rw");
    const dropped = (): Promise<number> =>
      service.metric("proxy_api_log_records_dropped_total");
    using load = new Load(service.url);
    const ask = async (): Promise<void> => {
      idsOf(await load.open(() => ECHO, { rate: 100, ms: 300 }));
      await pause(200);
    };
    await ask();
    assertEquals(await dropped(), 0);
    service.fill();
    await until(async () => {
      await ask();
      return await dropped() > 0;
    }, "lines are dropped");
    service.free();
    await until(async () => {
      const before = await dropped();
      await ask();
      return await dropped() === before;
    }, "lines are written again");
  },
});
