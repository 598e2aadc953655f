import type { Buffer } from "node:buffer";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { ConnectionGuard } from "./_connection_guard.ts";
import { DirectResponse } from "./_direct_response.ts";
import { Drain } from "./_drain.ts";
import { forgetAnswered } from "./_forget_requests.ts";
import {
  findRequestFault,
  methodFault,
  parserFault,
  unknownExpectation,
} from "./_request_fault.ts";
import type { Surface } from "./surface.ts";
import { REALTIME_PATH } from "./upgrade_exchange.ts";
import type { ServerConfig } from "./config_types.ts";
import type { ListenerRefusal } from "./listener_refusal.ts";

/** A listening gateway. */
export interface Listener {
  /** Where it answers, for example `http://127.0.0.1:8000`. */
  readonly url: string;
  /** The address at which it listens. */
  readonly host: string;
  /** The port at which it listens. */
  readonly port: number;
  /** How many connections have a request that is not answered yet. */
  readonly running: number;
  /**
   * Lets requests finish for a while, telling clients to close their
   * connections; then ends those that still run with an error, code
   * `shutting_down`, and closes all. A second call may hasten the first.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * How to listen, besides what the config says.
 *
 * @example Refusals on standard error
 * ```ts
 * import type { ListenOptions } from "@llm-proxy/api";
 *
 * const options: ListenOptions = {
 *   onRefusal: ({ code, count }) => console.error(code, count),
 * };
 * ```
 */
export interface ListenOptions {
  /** Called for what the listener refuses by itself. */
  readonly onRefusal?: (refusal: ListenerRefusal) => void;
  /**
   * The descriptor of a socket that listens already, instead of the settings'
   * host and port: systemd's, for example.
   */
  readonly fd?: number;
  /** Whether other processes listen at the same port. @default {false} */
  readonly reusePort?: boolean;
}

/**
 * Seconds that a client may leave an answer where it is: longer than a relay
 * waits for it, which ends the stream itself and logs why.
 */
const WRITE_TIMEOUT = 90;

/**
 * Listens on `node:http`, with timeouts for slow heads and bodies, a cap on
 * connections, and the refusals that its parser leaves to us. Whatever is
 * refused here is told in the same JSON as every other error.
 *
 * `write_timeout` is how many seconds a client may leave an answer where it is,
 * for each MiB that waits; 90 unless told.
 *
 * @throws {Error} with `code` `EADDRINUSE` or `EACCES` when it can't listen.
 *
 * @example On any free port
 * ```ts
 * import { createApp, defaultConfig, listen } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const { server, ...config } = defaultConfig();
 * const app = createApp({ ...config, server });
 * const listener = await listen(app, { ...server, port: 0 });
 * const response = await fetch(`${listener.url}/health`);
 * assertEquals((await response.json()).status, "healthy");
 * await listener.close();
 * await app.close();
 * ```
 */
export function listen(
  app: Surface,
  settings: ServerConfig & { readonly write_timeout?: number },
  { onRefusal = () => {}, fd, reusePort = false }: ListenOptions = {},
): Promise<Listener> {
  const interval = checkInterval(settings);
  const keepAlive = milliseconds(settings.keep_alive_timeout);
  const server = createServer({
    ...UPGRADES,
    ServerResponse: DirectResponse,
    maxHeaderSize: settings.max_header_kb * 1024,
    headersTimeout: milliseconds(settings.header_timeout),
    requestTimeout: milliseconds(
      settings.header_timeout + settings.body_timeout,
    ),
    // The guard closes idle connections.
    keepAliveTimeout: 0,
    connectionsCheckingInterval: interval,
    // Checked here, so that it is refused like everything else.
    requireHostHeader: false,
    noDelay: true,
  });
  const guard = new ConnectionGuard(server, {
    maxConnections: settings.max_connections,
    keepAlive,
    idle: milliseconds(
      settings.keep_alive_timeout + settings.header_timeout + 2,
    ),
    stall: milliseconds(settings.write_timeout ?? WRITE_TIMEOUT),
    interval,
    onRefusal,
  });
  forgetAnswered(server);
  const drain = new Drain(server, guard);
  serveWith(server, app, { guard, keepAlive });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      guard.stop();
      reject(error);
    });
    const { host, port } = settings;
    server.listen(fd === undefined ? { host, port, reusePort } : { fd }, () => {
      server.removeAllListeners("error");
      // A connection that can't be accepted must not end the process.
      server.on("error", () => {});
      const { address, port, family } = server.address() as AddressInfo;
      const host = family === "IPv6" ? `[${address}]` : address;
      resolve({
        url: `http://${host}:${port}`,
        host: address,
        port,
        get running() {
          return guard.running;
        },
        close: (graceMs = 0) => drain.begin(graceMs),
      });
    });
  });
}

function serveWith(
  server: Server,
  app: Surface,
  { guard, keepAlive }: {
    readonly guard: ConnectionGuard;
    readonly keepAlive: number;
  },
): void {
  const serve = (
    incoming: IncomingMessage,
    outgoing: ServerResponse & ToldAnswer,
  ): void => {
    if (!guard.begin(outgoing)) return;
    outgoing._keepAliveTimeout = keepAlive;
    const fault = findRequestFault(incoming);
    if (fault === undefined) app.handle(incoming, outgoing);
    else guard.refuse(outgoing, fault);
  };
  server.on("request", serve);
  // The go-ahead is given where the body is wanted, not before the key is checked.
  server.on("checkContinue", serve);
  server.on("checkExpectation", (_incoming, outgoing: ServerResponse) => {
    if (guard.begin(outgoing)) guard.refuse(outgoing, unknownExpectation());
  });
  server.on("connect", ({ method }: IncomingMessage, socket: Socket) => {
    guard.refuseRaw(socket, methodFault(method));
  });
  server.on(
    "upgrade",
    (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      const fault = findRequestFault(incoming);
      if (fault !== undefined) return guard.refuseRaw(socket, fault);
      if (!guard.admits(socket)) return;
      guard.upgrade(socket, app.upgrade(incoming, socket, head));
    },
  );
  server.on("clientError", (error: { code?: string }, socket: Socket) => {
    if (error.code === "ECONNRESET") socket.destroy();
    else guard.refuseRaw(socket, parserFault(error.code));
  });
}

/** What the platform has each answer tell its client, in ms; the types leave it out. */
interface ToldAnswer {
  _keepAliveTimeout?: number;
}

/**
 * Which requests change over: whatever else asks for it is served as it is, as
 * HTTP allows. The types of the platform do not know the option yet.
 */
const UPGRADES: object = {
  shouldUpgradeCallback: ({ headers, url, method }: IncomingMessage) =>
    method === "GET" && headers.upgrade?.toLowerCase() === "websocket" &&
    url?.split("?", 1)[0] === REALTIME_PATH,
};

/** Whole milliseconds: fractions are refused by the platform. */
function milliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000);
}

/** How often slow heads and bodies are looked for: late by an eighth, or a second, at most. */
function checkInterval(settings: ServerConfig): number {
  const shortest = Math.min(settings.header_timeout, settings.body_timeout);
  return Math.ceil(Math.min(Math.max(shortest * 125, 20), 1000));
}
