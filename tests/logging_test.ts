// Where the service's log goes, as its users start it.
import { Redactor } from "@llm-proxy/logging";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { load } from "../api/_load_config.ts";
import { loggingFault, openLogger } from "../api/_open_logger.ts";
import { RunningService } from "./_running_service.ts";
import { run, type ServiceBounds } from "./_service.ts";
import { until } from "../logging/_test_wait.ts";

const SECRET = "team-key-4f8a1c77e2b90d";

/** A folder with a config, gone at the end. */
class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "llm-proxy-service-" });

  write(name: string, text: string): string {
    Deno.writeTextFileSync(`${this.path}/${name}`, text);
    return `${this.path}/${name}`;
  }

  /** A config with this logging section. */
  config(logging: string): string {
    return this.write(
      "config.yaml",
      `providers: [{type: mock}]\nauth: {api_keys: [${SECRET}]}\nlogging: ${logging}\n`,
    );
  }

  read(name: string): string {
    try {
      return Deno.readTextFileSync(`${this.path}/${name}`);
    } catch {
      return "";
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** The fault with which a start or a check ends. */
async function fault(
  args: readonly string[],
  bounds?: ServiceBounds,
): Promise<string> {
  const { code, err } = await run(args, {}, bounds);
  assertEquals(code, 1, err);
  assertEquals(err.trimEnd().split("\n").length, 1, err);
  return err;
}

/** The status with which a service answers. */
async function ask(service: RunningService, model: string): Promise<number> {
  const response = await fetch(`${await service.url()}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": SECRET },
    body: JSON.stringify({
      model,
      messages: [{ role: "user", content: "a" }],
    }),
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test("logging.file takes the log, from where the config is, and is rotated by size", async () => {
  using folder = new Folder();
  const config = folder.config(
    "{file: gateway.log, rotation: {max_size_mb: 0.001, max_files: 3}}",
  );
  {
    await using service = new RunningService(["--config", config]);
    for (let count = 0; count < 12; count++) {
      assertEquals(await ask(service, "mock/echo"), 200);
      // Each in a write of its own.
      await new Promise((resolve) => setTimeout(resolve, 55));
    }
    assert(!service.output.includes("request_id"), service.output);
  }
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  assertEquals(names.sort(), [
    "config.yaml",
    "gateway.log",
    "gateway.log.1",
    "gateway.log.2",
  ]);
  for (const name of names.slice(1)) {
    const text = folder.read(name);
    assert(text.length <= 1_049 && text.endsWith("\n"), name);
    for (const line of text.trimEnd().split("\n")) {
      assertEquals(JSON.parse(line).key, "key-1");
    }
  }
});

Deno.test("SIGUSR2 switches between the level of the config and debug", async () => {
  using folder = new Folder();
  const config = folder.config("{file: gateway.log, level: error}");
  await using service = new RunningService(["--config", config]);
  assertEquals(await ask(service, "mock/echo"), 200);
  service.signal("SIGUSR2");
  await until(
    () => folder.read("gateway.log").includes('"to":"debug"'),
    "debug",
  );
  assertEquals(await ask(service, "mock/echo"), 200);
  await until(() => folder.read("gateway.log").includes('"request"'), "a line");
  service.signal("SIGUSR2");
  await until(
    () => folder.read("gateway.log").includes('"to":"error"'),
    "error",
  );
  const lines = folder.read("gateway.log").trimEnd().split("\n");
  assertEquals(
    lines.map((line) => JSON.parse(line).msg),
    ["log level", "request", "log level"],
  );
});

Deno.test("logging.module and class take the place of the logger, and are told no secret", async () => {
  using folder = new Folder();
  folder.write(
    "my_logger.ts",
    `
import { appendFileSync } from "node:fs";
export class MyLogger {
  constructor(readonly options: { level: string }) {}
  #write(level: string, message: string, fields?: object): void {
    const line = { level, message, configured: this.options.level, ...fields };
    appendFileSync("${folder.path}/mine.log", JSON.stringify(line) + "\\n");
  }
  debug(message: string, fields?: object): void { this.#write("debug", message, fields); }
  info(message: string, fields?: object): void { this.#write("info", message, fields); }
  warn(message: string, fields?: object): void { this.#write("warn", message, fields); }
  error(message: string, fields?: object): void { this.#write("error", message, fields); }
  child(): MyLogger { return this; }
}
`,
  );
  const config = folder.config(
    "{module: ./my_logger.ts, class: MyLogger, level: warn}",
  );
  await using service = new RunningService(["--config", config]);
  assertEquals(await ask(service, `mock/${SECRET}`), 404);
  await until(() => folder.read("mine.log").includes("request"), "a line");
  const text = folder.read("mine.log");
  const line = JSON.parse(text.split("\n")[0] ?? "");
  assertEquals(
    [line.level, line.message, line.configured, line.status],
    ["info", "request", "warn", 404],
  );
  assert(!text.includes(SECRET) && !service.output.includes(SECRET), text);
});

Deno.test("F1: a log that can't be had is told in one line, at start and by check", async () => {
  using folder = new Folder();
  folder.write(
    "plain.ts",
    "export const value = 1;\nexport class Nothing {}\n",
  );
  folder.write("broken.ts", "throw new Error('out of order');\n");
  const faults: readonly (readonly [string, RegExp])[] = [
    [
      "{file: no/such/a.log}",
      /logging\.file '.*a\.log': its directory does not exist/,
    ],
    ["{file: .}", /it is a directory/],
    ["{file: config.yaml/a.log}", /its directory is a file/],
    [
      "{module: ./none.ts, class: X}",
      /Cannot load '.*none\.ts': Module not found/,
    ],
    [
      "{module: ./plain.ts, class: X}",
      /has no export 'X' \(its exports: Nothing, value\)/,
    ],
    ["{module: ./plain.ts, class: value}", /its export 'value' is no class/],
    [
      "{module: ./broken.ts, class: X}",
      /Cannot load '.*broken\.ts': out of order/,
    ],
    ["{module: 'https://example.com/x.ts', class: X}", /it must be a path/],
  ];
  for (const [logging, message] of faults) {
    const parsed = await load(folder.config(logging));
    assert(typeof parsed !== "number", logging);
    const { logging: section } = parsed.config;
    assertMatch(await loggingFault(section) ?? "", message);
    await assertRejects(
      () => openLogger(section, new Redactor()),
      TypeError,
      await loggingFault(section),
    );
  }
  const [[missing, message] = ["", /x/]] = faults;
  const config = folder.config(missing);
  for (
    const told of await Promise.all([
      fault(["check", "--config", config]),
      fault(["--port", "0", "--config", config]),
    ])
  ) {
    assertMatch(told, message);
  }
  const nothing = folder.config("{module: ./plain.ts, class: Nothing}");
  assertMatch(
    await fault(["--port", "0", "--config", nothing]),
    /Cannot log by 'Nothing' of '.*plain\.ts': it has no method 'debug'/,
  );
  const kept = folder.config("{file: gateway.log}");
  const permissions = ["--allow-net", "--allow-env", "--allow-read"];
  assertMatch(
    await fault(["--port", "0", "--config", kept], { permissions }),
    /Deno may not use it: allow it with .*--allow-write=/,
  );
  assertEquals(folder.read("gateway.log"), "");
});
