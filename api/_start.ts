import { type Logger, Redactor } from "@llm-proxy/logging";
import type { CliInput } from "./_cli.ts";
import { type AppOptions, createApp } from "./app.ts";
import { connectionRoom } from "./_file_limit.ts";
import { beat } from "./_heartbeat.ts";
import { inheritedSocket } from "./_inherited_socket.ts";
import { isLoopback } from "./_config_loopback.ts";
import { secretsOf } from "./_config_secret_list.ts";
import type { Config } from "./config_types.ts";
import type { ProviderOff } from "./environment_providers.ts";
import { configFile, fromEnvironment, load } from "./_load_config.ts";
import { LiveConfig } from "./_live_config.ts";
import { listen, type Listener } from "./listen.ts";
import { loadCache } from "./_open_cache.ts";
import { openLogger } from "./_open_logger.ts";
import { mayKeepFiles, openState } from "./_open_state.ts";
import { denoTelemetryNotice, telemetryFault } from "./_open_telemetry.ts";
import { ServiceManager } from "./_service_manager.ts";
import { switchLevel, untilStopped } from "./_signals.ts";
import { statePlace } from "./_state_place.ts";
import { FAULT, print, tell, USAGE } from "./_terminal.ts";
import { VERSION } from "./version.ts";

/** How many characters of secrets a log can be watched for. */
const MAX_SECRETS = 1_048_576;
/** How long a start waits for its state before it goes on without, in ms. */
const MAX_DECISION = 2_000;

/** Starts the service and waits for its end. */
export async function start({ values }: CliInput): Promise<number> {
  const wanted = values.get("port");
  if (wanted !== undefined && !isPort(wanted)) {
    return tell(
      `llm-proxy: --port must be a number from 0 to 65535, not '${wanted}' (see --help)`,
      USAGE,
    );
  }
  const file = configFile(values.get("config"));
  const loaded = await (file ? load(file) : fromEnvironment());
  if (typeof loaded === "number") return loaded;
  const { config } = loaded;
  const most = config.server.max_connections;
  const room = Math.min(most, connectionRoom() ?? most);
  const server = {
    ...config.server,
    max_connections: room,
    host: values.get("host") ?? config.server.host,
    port: wanted === undefined ? config.server.port : Number(wanted),
  };
  if (isOpenToOthers(server.host, config)) {
    return tell(keyless(server.host), FAULT);
  }
  const unsent = telemetryFault(config);
  if (unsent !== undefined) return tell(`llm-proxy: ${unsent}`, FAULT);
  const place = statePlace({
    option: values.get("state"),
    env: (name) => Deno.env.get(name),
    config: config.state,
    mayWrite: mayKeepFiles,
  });
  if (typeof place === "string") return tell(`llm-proxy: ${place}`, FAULT);
  const { token } = place;
  const secrets = [...secretsOf(config), ...token === undefined ? [] : [token]];
  const size = secrets.reduce((sum, { length }) => sum + length, 0);
  if (size > MAX_SECRETS) {
    return tell(
      `llm-proxy: the config's keys and headers have ${size} characters in all, more than ${MAX_SECRETS} can be kept out of the log`,
      FAULT,
    );
  }
  const redactor = new Redactor(secrets);
  let logger: Logger;
  let cache: AppOptions["cache"];
  try {
    logger = await openLogger(config.logging, redactor);
    cache = await loadCache(config, logger);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return tell(`llm-proxy: ${redactor.redact(error.message)}`, FAULT);
  }
  const state = openState(place.location, logger);
  const bound = { host: server.host, port: server.port, max_connections: room };
  const live = file === undefined || loaded.text === undefined
    ? undefined
    : new LiveConfig({
      file,
      text: loaded.text,
      config,
      argued: ["host", "port"].filter((it) => values.has(it))
        .map((it) => `server.${it}`),
      apply: (next) => {
        if (isOpenToOthers(server.host, next)) {
          throw new TypeError(`Without a key nobody may reach ${server.host}`);
        }
        app.reload({ ...next, server: { ...next.server, ...bound } });
      },
      state,
      logger,
      redactor,
    });
  const app = createApp({ ...config, server }, {
    logger,
    state,
    directory: place.location.type === "file"
      ? place.location.directory
      : undefined,
    cache,
    ...live && { controls: { config: live.life } },
  });
  const fd = inheritedSocket();
  let listener: Listener;
  try {
    listener = await listen(app, server, {
      ...(fd !== undefined && { fd }),
      onRefusal: ({ code, requestId, ...more }) =>
        logger.info("refused", { error: code, request_id: requestId, ...more }),
    });
  } catch (error) {
    await app.close();
    await state.close();
    await logger.close?.();
    return tell(`llm-proxy: ${listenFault(error, server)}`, FAULT);
  }
  if (isOpenToOthers(listener.host, config)) {
    await listener.close();
    await app.close();
    await state.close();
    await logger.close?.();
    return tell(keyless(listener.host), FAULT);
  }
  const manager = new ServiceManager();
  const graceMs = server.shutdown_timeout * 1000;
  // Before the banner: whoever reads it may send a signal at once.
  const refusal = new AbortController();
  state.opened.catch((error) => refusal.abort(error));
  const { signal: giveUp } = refusal;
  const stopped = untilStopped(listener, {
    graceMs,
    logger,
    giveUp,
    onStop: () => {
      app.drain();
      const status =
        `stopping, ${listener.running} running, at most ${server.shutdown_timeout} s`;
      print(`llm-proxy: ${status}\n`);
      void manager.tell({ state: "stopping", status });
    },
  });
  const told = { place: place.told, on: app.providers, off: loaded.off };
  print(`${banner(listener.url, told)}\n`);
  if (app.providers.length === 0) {
    print("llm-proxy: no provider is on, so no request can be served\n");
  }
  if (room < most) {
    print(
      `llm-proxy: takes ${room} connections, not ${most}: the limit on open files allows no more\n`,
    );
  }
  const deno = denoTelemetryNotice((name) => Deno.env.get(name));
  for (const notice of [...loaded.notices, ...deno ? [deno] : []]) {
    print(`llm-proxy: ${notice}\n`);
  }
  const stopSwitching = switchLevel(logger);
  await decided(state.opened);
  await manager.tell({
    state: "ready",
    status:
      `${listener.url}, state ${place.told}, ${app.providers.length} providers`,
  });
  const stopBeating = keepAlive(manager, listener);
  live?.follow(manager);
  await stopped;
  live?.stop();
  stopBeating();
  stopSwitching();
  await app.close();
  // Last: what others do at their end is written.
  await state.close();
  await logger.close?.();
  manager.close();
  return giveUp.aborted
    ? tell(`llm-proxy: ${giveUp.reason.message}`, FAULT)
    : 0;
}

/** Waits until it is known where state is kept, and no longer than a start may take. */
async function decided(opened: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, MAX_DECISION);
  });
  await Promise.race([late, opened.then(() => {}, () => {})]);
  clearTimeout(timer);
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) < 65536;
}

/** Whether machines other than this one reach a gateway that asks for no key. */
function isOpenToOthers(host: string, { auth }: Config): boolean {
  return !isLoopback(host) && auth.api_keys.length === 0;
}

function keyless(host: string): string {
  return `llm-proxy: refuses to listen on ${host} without a key: set auth.api_keys in the config`;
}

/** Gives the service manager its signs of life, where it waits for them. */
function keepAlive(manager: ServiceManager, listener: Listener): () => void {
  if (manager.watchdog === undefined) return () => {};
  return beat(listener, {
    every: manager.watchdog / 2,
    alive: () => void manager.tell({ state: "alive" }),
  });
}

/** The one line that start prints. */
function banner(
  url: string,
  { place, on, off }: {
    readonly place: string;
    readonly on: readonly string[];
    readonly off: readonly ProviderOff[];
  },
): string {
  const reasons = off.map(({ name, reason }) => `${name} (${reason})`);
  return `llm-proxy ${VERSION} on ${url}, state ${place}, providers: ${
    on.join(", ") || "none"
  }` + (off.length > 0 ? `; off: ${reasons.join(", ")}` : "");
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
