import { type Logger, Redactor } from "@llm-proxy/logging";
import type { Command } from "./_arguments.ts";
import { createApp } from "./app.ts";
import { connectionRoom } from "./_file_limit.ts";
import { isLoopback } from "./_config_loopback.ts";
import { secretsOf } from "./_config_secret_list.ts";
import type { ProviderOff } from "./environment_providers.ts";
import { configFile, fromEnvironment, load } from "./_load_config.ts";
import { listen, type Listener } from "./listen.ts";
import { openLogger } from "./_open_logger.ts";
import { mayKeepFiles, openState } from "./_open_state.ts";
import { switchLevel, untilStopped } from "./_signals.ts";
import { statePlace } from "./_state_place.ts";
import { FAULT, print, tell } from "./_terminal.ts";
import { VERSION } from "./version.ts";

/** How many characters of secrets a log can be watched for. */
const MAX_SECRETS = 1_048_576;

/** Starts the service and waits for its end. */
export async function start(
  command: Command & { name: "start" },
): Promise<number> {
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
  const place = statePlace({
    option: command.state,
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
  try {
    logger = await openLogger(config.logging, redactor);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return tell(`llm-proxy: ${redactor.redact(error.message)}`, FAULT);
  }
  const state = openState(place.location, logger);
  const app = createApp({ ...config, server }, { logger, state });
  let listener: Listener;
  try {
    listener = await listen(app, server, {
      onRefusal: ({ code, requestId, ...more }) =>
        logger.info("refused", { error: code, request_id: requestId, ...more }),
    });
  } catch (error) {
    await app.close();
    await state.close();
    await logger.close?.();
    return tell(`llm-proxy: ${listenFault(error, server)}`, FAULT);
  }
  const graceMs = server.shutdown_timeout * 1000;
  // Before the banner: whoever reads it may send a signal at once.
  const refusal = new AbortController();
  state.opened.catch((error) => refusal.abort(error));
  const { signal: giveUp } = refusal;
  const stopped = untilStopped(listener, { graceMs, logger, giveUp });
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
  for (const notice of loaded.notices) print(`llm-proxy: ${notice}\n`);
  const stopSwitching = switchLevel(logger);
  await stopped;
  stopSwitching();
  await app.close();
  // Last: what others do at their end is written.
  await state.close();
  await logger.close?.();
  return giveUp.aborted
    ? tell(`llm-proxy: ${giveUp.reason.message}`, FAULT)
    : 0;
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
