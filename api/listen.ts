import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { App } from "./app.ts";
import type { Config } from "./config_types.ts";

/** A listening gateway. */
export interface Listener {
  /** Where it answers, for example `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Refuses new connections, lets requests finish for a while, then closes all. */
  close(graceMs?: number): Promise<void>;
}

const SECOND = 1000;

/**
 * Listens on `node:http`, with timeouts for slow heads and bodies, a cap on
 * connections, and the refusals that its parser leaves to us.
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
  app: App,
  settings: Config["server"],
): Promise<Listener> {
  const server = createServer({
    maxHeaderSize: settings.max_header_kb * 1024,
    headersTimeout: settings.header_timeout * SECOND,
    requestTimeout: (settings.header_timeout + settings.body_timeout) * SECOND,
    keepAliveTimeout: settings.keep_alive_timeout * SECOND,
    noDelay: true,
  }, (incoming, outgoing) => {
    const fault = ambiguous(incoming.method, incoming.url, incoming.rawHeaders);
    if (fault === undefined) return app.handle(incoming, outgoing);
    outgoing.writeHead(400, {
      "content-type": "text/plain",
      "connection": "close",
    });
    outgoing.end(fault);
  });
  const sockets = capConnections(server, settings.max_connections);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(settings.port, settings.host, () => {
      server.off("error", reject);
      const { address, port, family } = server.address() as AddressInfo;
      const host = family === "IPv6" ? `[${address}]` : address;
      resolve({
        url: `http://${host}:${port}`,
        close: (graceMs = 0) => close(server, sockets, graceMs),
      });
    });
  });
}

/** What the parser lets through and a gateway must not: two hosts, an absolute target, TRACE. */
function ambiguous(
  method: string | undefined,
  target: string | undefined,
  rawHeaders: readonly string[],
): string | undefined {
  if (method === "TRACE" || method === "CONNECT") return "Method not supported";
  if (target?.charCodeAt(0) !== 0x2f) return "The target must be a path";
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts === 1 ? undefined : "There must be one Host header";
}

/**
 * Destroys connections over the cap as they come: a listener that runs out of
 * file descriptors stops accepting for good.
 */
function capConnections(server: Server, most: number): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    if (sockets.size >= most) return void socket.destroy();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

function close(
  server: Server,
  sockets: ReadonlySet<Socket>,
  graceMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
