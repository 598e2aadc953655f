// What becomes of requests where nobody takes what is told of them.
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { Load, type LoadRequest } from "./_load.ts";
import { STALL_MS, tell } from "./_measured.ts";
import { percentile } from "./_rig.ts";
import { command } from "./_service.ts";
import { until } from "../logging/_test_wait.ts";

/** How many requests are sent to each service. */
const REQUESTS = 2_500;
/** What a disturbed service may hold more than another, in bytes: its buffers, and garbage that waits. */
const MORE_MEMORY = 64 * 1024 ** 2;
/** A name so long that the lines of all requests are more than may wait. */
const UNKNOWN = `mock/unknown-${"x".repeat(1_500)}`;

/** The service in a process whose log is not read before that is asked for. */
interface Service extends AsyncDisposable {
  readonly load: Load;
  /** The value of a metric without labels. */
  metric(name: string): Promise<number>;
  /** Reads the log as it comes, from now on. */
  read(): { readonly text: string };
}

/** A command none of whose files may grow beyond so many bytes, as if the disk were full then. */
function onFullDisk(args: readonly string[], bytes: number): Deno.Command {
  const limit = `trap "" XFSZ; ulimit -f ${bytes / 512}; exec "$@"`;
  const run = ["deno", "run", "--quiet", "--frozen", "-A", "main.ts", ...args];
  // Only Deno may be run; it ends what it has run, for a shell can't be told to.
  const code = `
    const args = ${JSON.stringify(["-c", limit, "sh", ...run])};
    const env = { LLM_PROXY_STATE: "memory" };
    const child = new Deno.Command("sh", { args, env }).spawn();
    Deno.addSignalListener("SIGTERM", () => child.kill("SIGKILL"));
    await child.status;
    Deno.exit();`;
  return new Deno.Command("deno", {
    args: ["eval", code],
    cwd: new URL("../", import.meta.url),
    stdout: "piped",
    stderr: "piped",
  });
}

async function start(
  yaml: string,
  { env = {}, fullAfter }: {
    readonly env?: Record<string, string>;
    /** How many bytes there is room for on the disk. */
    readonly fullAfter?: number;
  } = {},
): Promise<Service> {
  const config = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(config, `providers: [{type: mock}]\n${yaml}`);
  const args = ["--port", "0", "--config", config];
  const child =
    (fullAfter === undefined ? command(args, env) : onFullDisk(args, fullAfter))
      .spawn();
  const errors = child.stderr.cancel();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const log = { text: (await reader.read()).value ?? "" };
  const load = new Load(/http:\/\/[\d.]+:\d+/.exec(log.text)?.[0] ?? "");
  let reading: Promise<void> | undefined;
  const readAll = async (): Promise<void> => {
    for (let it; !(it = await reader.read()).done;) log.text += it.value;
  };
  return {
    load,
    metric: async (name) => {
      const { body } = await load.get("/metrics");
      return Number(new RegExp(`^${name} (.+)$`, "m").exec(body)?.[1]);
    },
    read: () => {
      reading ??= readAll();
      return log;
    },
    [Symbol.asyncDispose]: async () => {
      load[Symbol.dispose]();
      child.kill(fullAfter === undefined ? "SIGKILL" : "SIGTERM");
      await Promise.all([child.status, errors, reading ?? reader.cancel()]);
      await Deno.remove(config);
    },
  };
}

/** What a flood of requests showed: 99 of 100 took less, in ms, and the memory after it, in bytes. */
interface Measured {
  readonly p99: number;
  readonly rss: number;
}

async function flood(
  service: Service,
  request: LoadRequest,
): Promise<Measured> {
  let sent = 0;
  const served = await service.load.closed(
    () => (sent++, request),
    { clients: 16, until: () => sent >= REQUESTS },
  );
  const statuses = new Set(served.map(({ status }) => status));
  assertEquals([...statuses], [request.model === UNKNOWN ? 404 : 200]);
  assertEquals(served.length, REQUESTS);
  return {
    p99: percentile(served.map(({ ms }) => ms), 0.99),
    rss: await service.metric("process_resident_memory_bytes"),
  };
}

/** Holds a disturbed service against one that is not. */
function compare(what: string, disturbed: Measured, calm: Measured): void {
  const p99 = `${disturbed.p99.toFixed(1)} ms instead of ${
    calm.p99.toFixed(1)
  }`;
  const more = (disturbed.rss - calm.rss) / 1024 ** 2;
  tell("P8", `${what}: p99 ${p99}, ${more.toFixed(1)} MiB more`);
  assertLess(disturbed.p99, calm.p99 + 10 + STALL_MS);
  assertLess(disturbed.rss, calm.rss + MORE_MEMORY);
}

let calm: Promise<Measured> | undefined;

/** The same of a service that logs nothing, measured once. */
function calmly(): Promise<Measured> {
  return calm ??= (async () => {
    await using service = await start("logging: {level: error}");
    const measured = await flood(service, { model: UNKNOWN });
    const dropped = "proxy_api_log_records_dropped_total";
    assertEquals(await service.metric(dropped), 0);
    return measured;
  })();
}

/** How long a collector has for an answer, and how much waits for it. */
const QUICK = {
  OTEL_EXPORTER_OTLP_TIMEOUT: "100",
  OTEL_BSP_MAX_QUEUE_SIZE: "256",
};

function telemetryTo(port: number): string {
  const endpoint = `http://127.0.0.1:${port}`;
  return `logging: {level: error}
telemetry: {enabled: true, endpoint: "${endpoint}", sample_ratio: 1, metrics: false}`;
}

function linesOf(log: { readonly text: string }): number {
  return log.text.split('"msg":"request"').length - 1;
}

Deno.test("P8: a log that nobody reads is no matter to requests: what waits is bounded, what is dropped is counted", async () => {
  const without = await calmly();
  await using service = await start("logging: {format: json}");
  compare(
    "a log that nobody reads",
    await flood(service, { model: UNKNOWN }),
    without,
  );
  const dropped = await service.metric("proxy_api_log_records_dropped_total");
  assertGreater(dropped, 0);
  // What waited is all there, and every request is one or the other.
  const log = service.read();
  await until(() => linesOf(log) + dropped >= REQUESTS, "every line");
  const after = await service.load.ask({ model: "mock/echo" });
  assertEquals(after.status, 200);
  const id = String(after.headers["x-request-id"]);
  await until(() => log.text.includes(id), "a line after that");
  assertEquals(linesOf(log) + dropped, REQUESTS + 1);
  assertEquals(
    await service.metric("proxy_api_log_records_dropped_total"),
    dropped,
  );
});

Deno.test({
  name:
    "P8: a disk that is full is no matter to requests: what there was room for is there, the rest is counted",
  ignore: Deno.build.os === "windows",
  async fn() {
    const file = await Deno.makeTempFile({ suffix: ".log" });
    const without = await calmly();
    const yaml = `logging: {file: "${file}"}`;
    await using service = await start(yaml, { fullAfter: 524_288 });
    compare(
      "a disk that is full",
      await flood(service, { model: UNKNOWN }),
      without,
    );
    let told = 0;
    for (const end = Date.now() + 10_000; told < REQUESTS;) {
      assertLess(Date.now(), end, `${told} of ${REQUESTS} lines`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const dropped = await service.metric(
        "proxy_api_log_records_dropped_total",
      );
      const lines = (await Deno.readTextFile(file)).split("\n");
      // The last has broken off.
      told = dropped + lines.filter((line) => line.endsWith("}")).length;
    }
    assertEquals(told, REQUESTS);
    const { size } = await Deno.stat(file);
    assert(size > 500_000 && size <= 524_288, `${size} bytes`);
    await Deno.remove(file);
  },
});

Deno.test("P8: a collector that hangs or refuses is no matter to requests, and every span that it did not take is counted", async () => {
  await using calm = await start("logging: {level: error}");
  const without = await flood(calm, { model: "mock/echo" });
  const hanging = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const held: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of hanging) held.push(connection);
  })();
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closed = gone.addr.port;
  gone.close();
  await using hung = await start(telemetryTo(hanging.addr.port), {
    env: QUICK,
  });
  await using lone = await start(telemetryTo(closed), { env: QUICK });
  for (
    const [what, service] of [
      ["a collector that hangs", hung],
      ["a collector that is not there", lone],
    ] as const
  ) compare(what, await flood(service, { model: "mock/echo" }), without);
  // One of each request, one of its attempt.
  const all = REQUESTS * 2;
  for (const service of [hung, lone]) {
    let dropped = 0;
    while (dropped < all) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      dropped = await service.metric("proxy_api_spans_dropped_total");
    }
    assertEquals(dropped, all);
  }
  hanging.close();
  await accepting;
  assert(held.length > 0);
  for (const connection of held) connection.close();
});
