import type { GatewayError } from "@llm-proxy/core";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { refusal, REQUEST_FAULT } from "./_request_fault.ts";
import { WatchedConnection } from "./_watched_connection.ts";

/** Limits of a listener's connections, times in milliseconds. */
export interface GuardLimits {
  readonly maxConnections: number;
  /** How long a connection may be open without a request. */
  readonly idle: number;
  /** How long a client may take nothing of an answer; longer by as much for each MiB that waits. */
  readonly stall: number;
  /** How often connections are looked at. */
  readonly interval: number;
}

/** How long a client may take to read a refusal before its connection is destroyed, in ms. */
const LINGER = 500;
const MIB = 1024 * 1024;

/**
 * Watches a listener's connections for what `node:http` lets live for ever:
 * more of them than there are file descriptors, those that send line ends in
 * place of a request, which stops the clock on idle ones, and those whose
 * client does not read.
 */
export class ConnectionGuard {
  readonly #limits: GuardLimits;
  readonly #connections = new Map<Socket, WatchedConnection>();
  readonly #sweeper: ReturnType<typeof setInterval>;

  /** Watches the connections that a server accepts from now on. */
  constructor(server: Server, limits: GuardLimits) {
    this.#limits = limits;
    server.on("connection", (socket: Socket) => this.#accept(socket));
    this.#sweeper = setInterval(() => this.#sweep(), limits.interval);
  }

  /** Notes a request; `false` where it must not be served. */
  begin(outgoing: ServerResponse): boolean {
    const connection = this.#connections.get(outgoing.req.socket);
    if (connection === undefined || connection.refused) return false;
    connection.begin(outgoing);
    return true;
  }

  /** Refuses a request: its connection is closed, and nothing else on it served. */
  refuse(outgoing: ServerResponse, error: GatewayError): void {
    const connection = this.#connections.get(outgoing.req.socket);
    if (connection !== undefined) connection.refused = true;
    const { status, headers, body } = refusal(error);
    outgoing.writeHead(status, headers);
    outgoing.end(body);
  }

  /**
   * Refuses what came on a connection that the parser has given up. It is
   * answered by whoever reads the request's body; else here, unless that would
   * be taken for the answer to an earlier request.
   */
  refuseRaw(socket: Socket, error: GatewayError): void {
    const connection = this.#connections.get(socket);
    // The refusal is on its way, and closes the connection.
    if (connection?.refused) return;
    if (connection?.unread?.emit(REQUEST_FAULT, error)) return;
    if (!connection?.idle || !socket.writable) return void socket.destroy();
    socket.on("error", () => socket.destroy());
    socket.end(refusal(error).text);
    const timer = setTimeout(() => socket.destroy(), LINGER);
    socket.once("close", () => clearTimeout(timer));
  }

  /** Closes the connections on which nothing has ever come. */
  closeUnused(): void {
    for (const socket of this.#connections.keys()) {
      if (socket.bytesRead === 0) socket.destroy();
    }
  }

  /** Closes every connection. */
  closeAll(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  /** Ends the watch. */
  stop(): void {
    clearInterval(this.#sweeper);
  }

  #accept(socket: Socket): void {
    // A listener that runs out of file descriptors stops accepting for good.
    if (this.#connections.size >= this.#limits.maxConnections) {
      return void socket.destroy();
    }
    this.#connections.set(socket, new WatchedConnection(socket));
    socket.once("close", () => this.#connections.delete(socket));
  }

  #sweep(): void {
    const now = performance.now();
    const { idle, stall } = this.#limits;
    for (const [socket, connection] of this.#connections) {
      const patience = stall * (1 + socket.writableLength / MIB);
      if (
        connection.idleFor(now) > idle || connection.stalledFor(now) > patience
      ) socket.destroy();
    }
  }
}
