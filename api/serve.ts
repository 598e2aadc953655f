import { resolve } from "node:path";
import { type Logger, Redactor } from "@llm-proxy/logging";
import { type Command, HELP, parseCommand } from "./_arguments.ts";
import { createApp } from "./app.ts";
import { connectionRoom } from "./_file_limit.ts";
import { isLoopback } from "./_config_loopback.ts";
import { secretsOf } from "./_config_secret_list.ts";
import type { Config } from "./config_types.ts";
import { defaultConfig } from "./default_config.ts";
import {
  environmentProviders,
  type ProviderOff,
} from "./environment_providers.ts";
import { listen, type Listener } from "./listen.ts";
import { loggingFault, openLogger } from "./_open_logger.ts";
import { VERSION } from "./version.ts";

/** A config that is in force, with what should be told of it. */
interface Loaded {
  readonly config: Config;
  readonly off: readonly ProviderOff[];
  readonly notices: readonly string[];
}

/** Signals so close together are one, in ms. */
const SAME_SIGNAL = 500;
/** How many characters of secrets a log can be watched for. */
const MAX_SECRETS = 1_048_576;
const FAULT = 1;
const USAGE = 2;

/**
 * Runs the gateway as a service, or the command that the arguments name, until
 * it is told to stop by SIGINT or SIGTERM.
 *
 * @returns The exit code: 0 done, 1 a fault, 2 wrong usage. Faults are told on
 * standard error, one line each.
 *
 * @example What it can do
 * ```ts
 * import { serve } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await serve(["--help"]), 0);
 * ```
 */
export async function serve(args: readonly string[]): Promise<number> {
  const command = parseCommand(args);
  switch (command.name) {
    case "help":
      return print(HELP);
    case "version":
      return print(`llm-proxy ${VERSION}\n`);
    case "usage":
      return tell(`llm-proxy: ${command.fault} (see --help)`, USAGE);
    case "check":
      return await check(command);
    case "start":
      return await start(command);
  }
}

/** `check`: tells every fault of a config, or that there is none. */
async function check(command: Command & { name: "check" }): Promise<number> {
  const file = configFile(command);
  if (!file) return tell("llm-proxy: check needs --config FILE", USAGE);
  const loaded = await load(file);
  if (typeof loaded === "number") return loaded;
  const fault = await loggingFault(loaded.config.logging);
  if (fault !== undefined) return tell(`${file}: ${fault}`, FAULT);
  for (const notice of loaded.notices) print(`${notice}\n`);
  return print(`${file}: no faults\n`);
}

/** Starts the service and waits for its end. */
async function start(command: Command & { name: "start" }): Promise<number> {
  const file = configFile(command);
  const loaded = await (file ? load(file) : fromEnvironment());
  if (typeof loaded === "number") return loaded;
  const { config } = loaded;
  const most = config.server.max_connections;
  const room = Math.min(most, connectionRoom() ?? most);
  const server = {
    ...config.server,
    max_connections: room,
    ...(command.host !== undefined && { host: command.host }),
    ...(command.port !== undefined && { port: command.port }),
  };
  if (!isLoopback(server.host) && config.auth.api_keys.length === 0) {
    return tell(
      `llm-proxy: refuses to listen on ${server.host} without a key: set auth.api_keys in the config`,
      FAULT,
    );
  }
  const secrets = secretsOf(config);
  const size = secrets.reduce((sum, { length }) => sum + length, 0);
  if (size > MAX_SECRETS) {
    return tell(
      `llm-proxy: the config's keys and headers have ${size} characters in all, more than ${MAX_SECRETS} can be kept out of the log`,
      FAULT,
    );
  }
  const redactor = new Redactor(secrets);
  let logger: Logger;
  try {
    logger = await openLogger(config.logging, redactor);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return tell(`llm-proxy: ${redactor.redact(error.message)}`, FAULT);
  }
  const app = createApp({ ...config, server }, { logger });
  let listener: Listener;
  try {
    listener = await listen(app, server, {
      onRefusal: ({ code, requestId, ...more }) =>
        logger.info("refused", { error: code, request_id: requestId, ...more }),
    });
  } catch (error) {
    await app.close();
    await logger.close?.();
    return tell(`llm-proxy: ${listenFault(error, server)}`, FAULT);
  }
  const grace = server.shutdown_timeout * 1000;
  // Before the banner: whoever reads it may send a signal at once.
  const stopped = untilStopped(listener, grace, logger);
  print(`${banner(listener.url, app.providers, loaded.off)}\n`);
  if (app.providers.length === 0) {
    print("llm-proxy: no provider is on, so no request can be served\n");
  }
  if (room < most) {
    print(
      `llm-proxy: takes ${room} connections, not ${most}: the limit on open files allows no more\n`,
    );
  }
  for (const notice of loaded.notices) print(`llm-proxy: ${notice}\n`);
  const stopSwitching = switchLevel(logger);
  await stopped;
  stopSwitching();
  await app.close();
  await logger.close?.();
  return 0;
}

/**
 * The config file that the arguments or the environment name. A task runs in
 * the project's folder; the path is meant from where its caller stood.
 */
function configFile(
  { config }: { readonly config?: string },
): string | undefined {
  const file = config ?? Deno.env.get("LLM_PROXY_CONFIG");
  const from = Deno.env.get("INIT_CWD");
  return file && from ? resolve(from, file) : file;
}

/** Reads a config file. What reads YAML is loaded only where there is some. */
async function load(file: string): Promise<Loaded | number> {
  const { formatFault, loadConfig } = await import("./config.ts");
  const result = await loadConfig(file);
  if (!result.ok) {
    return tell(result.faults.map(formatFault).join("\n"), FAULT);
  }
  const off = result.config.providers
    .filter(({ enabled }) => !enabled)
    .map(({ name }) => ({ name, reason: "enabled: false" }));
  return { config: result.config, off, notices: result.notices };
}

/** Without a config the environment says which providers are on. */
function fromEnvironment(): Loaded | number {
  const env = (name: string): string | undefined => Deno.env.get(name);
  const { off } = environmentProviders(env);
  try {
    return { config: defaultConfig({ env }), off, notices: [] };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return tell(`llm-proxy: ${error.message}`, FAULT);
  }
}

/** The one line that start prints. */
function banner(
  url: string,
  on: readonly string[],
  off: readonly ProviderOff[],
): string {
  const reasons = off.map(({ name, reason }) => `${name} (${reason})`);
  return `llm-proxy ${VERSION} on ${url}, providers: ${
    on.join(", ") || "none"
  }` + (off.length > 0 ? `; off: ${reasons.join(", ")}` : "");
}

/** Resolves when the service has been told to stop and has drained. */
function untilStopped(
  listener: Listener,
  graceMs: number,
  logger: Logger,
): Promise<void> {
  return new Promise((resolve) => {
    let stoppedAt: number | undefined;
    const onRejection = (event: PromiseRejectionEvent): void => {
      // One request's stray promise must not end the others.
      event.preventDefault();
      logger.error("unhandled rejection", { cause: event.reason });
    };
    const stop = (): void => {
      const now = performance.now();
      if (stoppedAt !== undefined) {
        // One Ctrl-C reaches a task's process twice, by its terminal and by its parent.
        if (now - stoppedAt > SAME_SIGNAL) void listener.close(0);
        return;
      }
      stoppedAt = now;
      listener.close(graceMs).then(() => {
        globalThis.removeEventListener("unhandledrejection", onRejection);
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
          Deno.removeSignalListener(signal, stop);
        }
        resolve();
      });
    };
    globalThis.addEventListener("unhandledrejection", onRejection);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, stop);
    }
  });
}

/**
 * Logs everything from one SIGUSR2 on, and what the config says from the next.
 *
 * @returns Ends that.
 */
function switchLevel(logger: Logger): () => void {
  const { level } = logger;
  // Windows has no such signal.
  if (level === undefined || Deno.build.os === "windows") return () => {};
  const onSignal = (): void => {
    const to = logger.level === "debug" ? level : "debug";
    logger.level = "info";
    logger.info("log level", { to });
    logger.level = to;
  };
  Deno.addSignalListener("SIGUSR2", onSignal);
  return () => Deno.removeSignalListener("SIGUSR2", onSignal);
}

function listenFault(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): string {
  const where = `${host}:${port}`;
  const { code } = error as { readonly code?: string };
  if (code === "EADDRINUSE") {
    return `cannot listen on ${where}: the port is taken (choose another with --port)`;
  }
  if (code === "EACCES") return `cannot listen on ${where}: not permitted`;
  const message = error instanceof Error ? error.message : String(error);
  return `cannot listen on ${where}: ${message.split("\n")[0]}`;
}

function print(text: string): number {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
  return 0;
}

function tell(text: string, code: number): number {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  return code;
}
