import { type Logger, Redactor } from "@llm-proxy/logging";
import { type App, type AppOptions, createApp } from "./app.ts";
import { announce, listenFault } from "./_announce.ts";
import { secretsOf } from "./_config_secret_list.ts";
import type { Config } from "./config_types.ts";
import { connectionRoom } from "./_file_limit.ts";
import { beat } from "./_heartbeat.ts";
import { inheritedSocket } from "./_inherited_socket.ts";
import { listen, type Listener } from "./listen.ts";
import type { LiveConfig, LiveConfigOptions } from "./_live_config.ts";
import type { Loaded } from "./_load_config.ts";
import { loadCache } from "./_open_cache.ts";
import { openLogger } from "./_open_logger.ts";
import { isOpenToOthers, keyless } from "./_open_to_others.ts";
import { closeState, openState } from "./_open_state.ts";
import { ServiceManager } from "./_service_manager.ts";
import { switchLevel, untilStopped } from "./_signals.ts";
import type { StatePlace } from "./_state_place.ts";
import { FAULT, print, tell } from "./_terminal.ts";
import type { WorkerRole } from "./_worker.ts";

/** How many characters of secrets a log can be watched for. */
const MAX_SECRETS = 1_048_576;
/** How long a start waits for its state before it goes on without, in ms. */
const MAX_DECISION = 2_000;

/** What one process of the service runs with. */
export interface ServiceOptions {
  /** With what the command line says. */
  readonly config: Config;
  readonly file: string | undefined;
  readonly loaded: Loaded;
  /** Paths of values that the command line decides. */
  readonly argued: readonly string[];
  readonly place: StatePlace;
  /** What it is among several. */
  readonly role: WorkerRole | undefined;
}

/**
 * Serves until it is told to stop. What is opened is closed in the opposite
 * order, however it ends.
 *
 * @returns The exit code.
 */
export async function runService(options: ServiceOptions): Promise<number> {
  const { config: wanted, place, role } = options;
  const most = wanted.server.max_connections;
  const room = Math.min(most, connectionRoom() ?? most);
  const server = { ...wanted.server, max_connections: room };
  const config = { ...wanted, server };
  const { token } = place;
  const secrets = [...secretsOf(config), ...token === undefined ? [] : [token]];
  const size = secrets.reduce((sum, { length }) => sum + length, 0);
  if (size > MAX_SECRETS) {
    return tell(
      `llm-proxy: the config's keys and headers have ${size} characters in all, more than ${MAX_SECRETS} can be kept out of the log`,
      FAULT,
    );
  }
  await using opened = new AsyncDisposableStack();
  const redactor = new Redactor(secrets);
  redactor.personal = config.logging.personal_data;
  const made = await tryModules(config, redactor);
  if (typeof made === "string") return tell(`llm-proxy: ${made}`, FAULT);
  const { logger, cache } = made;
  opened.defer(() => logger.close?.());
  const isShared = role !== undefined;
  const state = openState(place.location, { logger, isShared });
  // Closed after the app: what that does at its end is written.
  opened.defer(() => closeState(state, place.location));
  const live = await liveConfig(options, {
    state,
    logger,
    redactor,
    apply: (next) => {
      if (isOpenToOthers(server.host, next)) {
        throw new TypeError(`Without a key nobody may reach ${server.host}`);
      }
      const { host, port } = server;
      const bound = { ...next.server, host, port, max_connections: room };
      const { personal } = redactor;
      try {
        app.reload({ ...next, server: bound });
      } catch (error) {
        // The app had taken it over, and the log goes by the same.
        redactor.personal = personal;
        throw error;
      }
    },
  });
  const workers = role?.peers &&
    new (await import("./_worker_peers.ts")).WorkerPeers({
      ...role,
      ...role.peers,
    });
  opened.defer(() => workers?.close());
  const app = createApp(config, {
    logger,
    redactor,
    state,
    directory: place.location.type === "file"
      ? place.location.directory
      : undefined,
    cache,
    controls: {
      ...live && { config: live.life },
      ...workers && { workers },
    },
  });
  opened.defer(() => app.close());
  const listener = await tryListen(app, { config, role, logger });
  if (typeof listener === "string") return tell(listener, FAULT);
  if (isOpenToOthers(listener.host, config)) {
    await listener.close();
    return tell(keyless(listener.host), FAULT);
  }
  // One process has it: what it changes, the others find in the state.
  const admin = (role?.number ?? 1) === 1
    ? await tryAdmin(app, { config, logger })
    : undefined;
  if (typeof admin === "string") {
    await listener.close();
    return tell(admin, FAULT);
  }
  opened.defer(() => admin?.close());
  const manager = new ServiceManager();
  opened.defer(() => manager.close());
  const refusal = new AbortController();
  state.opened.catch((error) => refusal.abort(error));
  // Before the banner: whoever reads it may send a signal at once.
  const stopped = untilStopped(listener, {
    graceMs: server.shutdown_timeout * 1000,
    logger,
    giveUp: refusal.signal,
    parent: role && Deno.ppid,
    onStop: () => {
      app.drain();
      const status =
        `stopping, ${listener.running} running, at most ${server.shutdown_timeout} s`;
      if (role === undefined) print(`llm-proxy: ${status}\n`);
      void manager.tell({ state: "stopping", status });
    },
  });
  if ((role?.number ?? 1) === 1) {
    announce({ ...options, url: listener.url, providers: app.providers, room });
  }
  opened.defer(switchLevel(logger));
  await decided(state.opened);
  const status =
    `${listener.url}, state ${place.told}, ${app.providers.length} providers`;
  await manager.tell({ state: "ready", status });
  // After everybody knows: it takes the loop a moment.
  void app.warm();
  opened.defer(keepAlive(manager, listener));
  live?.follow(manager);
  opened.defer(() => live?.stop());
  await stopped;
  const { aborted, reason } = refusal.signal;
  return aborted ? tell(`llm-proxy: ${reason.message}`, FAULT) : 0;
}

/** What modules of the config's own may stand for, or why they can't. */
async function tryModules(
  config: Config,
  redactor: Redactor,
): Promise<
  { readonly logger: Logger; readonly cache: AppOptions["cache"] } | string
> {
  try {
    const logger = await openLogger(config.logging, redactor);
    return { logger, cache: await loadCache(config, logger) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return redactor.redact(error.message);
  }
}

/** The listener, or why there is none. */
async function tryListen(
  app: App,
  { config: { server }, role, logger }: {
    readonly config: Config;
    readonly role: WorkerRole | undefined;
    readonly logger: Logger;
  },
): Promise<Listener | string> {
  const fd = role?.fd ?? inheritedSocket();
  try {
    return await listen(app, { ...server, port: role?.port ?? server.port }, {
      reusePort: role !== undefined,
      ...(fd !== undefined && { fd }),
      onRefusal: ({ code, requestId, ...more }) =>
        logger.info("refused", { error: code, request_id: requestId, ...more }),
    });
  } catch (error) {
    return `llm-proxy: ${listenFault(error, server)}`;
  }
}

/** The listener for admins where one is wanted, or why there is none. */
async function tryAdmin(
  app: App,
  { config: { server }, logger }: {
    readonly config: Config;
    readonly logger: Logger;
  },
): Promise<Listener | undefined | string> {
  const { admin } = server;
  if (admin === undefined) return undefined;
  try {
    const listener = await listen(app.admin, { ...server, ...admin });
    logger.info("admins are served", { url: listener.url });
    return listener;
  } catch (error) {
    return `llm-proxy: ${listenFault(error, admin)}`;
  }
}

/** The config file while the service runs, and all that reads such; `undefined` where there is none. */
async function liveConfig(
  { file, loaded: { text }, config, argued }: ServiceOptions,
  parts: Pick<LiveConfigOptions, "state" | "logger" | "redactor" | "apply">,
): Promise<LiveConfig | undefined> {
  if (file === undefined || text === undefined) return undefined;
  const { followConfig } = await import("./_live_config.ts");
  return followConfig({ file, text, config, argued, ...parts });
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

/** Gives the service manager its signs of life, where it waits for them. */
function keepAlive(manager: ServiceManager, listener: Listener): () => void {
  if (manager.watchdog === undefined) return () => {};
  return beat(listener, {
    every: manager.watchdog / 2,
    alive: () => void manager.tell({ state: "alive" }),
  });
}
