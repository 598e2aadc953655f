import type { GatewayError } from "@llm-proxy/core";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { clientLeft } from "./_body.ts";
import { exchangeOf } from "./node_exchange.ts";
import { refusal, tooManyPipelined } from "./_request_fault.ts";
import { WatchedConnection } from "./_watched_connection.ts";
import type { ListenerRefusal } from "./listener_refusal.ts";

/** Limits of a listener's connections, times in milliseconds. */
export interface GuardOptions {
  readonly maxConnections: number;
  /** How long a connection is kept on which nothing comes after an answer. */
  readonly keepAlive: number;
  /** How long a connection may be open without a request, whatever comes on it. */
  readonly idle: number;
  /** How long a client may take nothing of an answer; longer by as much for each MiB that waits. */
  readonly stall: number;
  /** How often connections are looked at. */
  readonly interval: number;
  /** Called for what is refused here. */
  readonly onRefusal: (refusal: ListenerRefusal) => void;
}

/** How long a client may take to read a refusal before its connection is destroyed, in ms. */
const LINGER = 500;
/** How long the first request of a new connection may take where such are closed that have none, in ms. */
const FRESH = 250;
/** How many requests of one connection may wait for their answers. */
const MAX_PIPELINED = 32;
/** How many requests may come behind the last that is answered before the connection is cut. */
const MAX_UNANSWERED = 100;
/** How often connections over the cap are told of, in ms. */
const SURPLUS_INTERVAL = 1_000;
const MIB = 1024 * 1024;

/**
 * Watches a listener's connections for what `node:http` lets live for ever:
 * more of them than there are file descriptors, those that send line ends in
 * place of a request, those whose client does not read, and those with ever more
 * requests. Idle ones are its own too: the platform would set and clear a timer
 * for each answer.
 */
export class ConnectionGuard {
  readonly #options: GuardOptions;
  readonly #connections = new Map<Socket, WatchedConnection>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  #later: ReturnType<typeof setTimeout> | undefined;
  #emptied: PromiseWithResolvers<void> | undefined;
  #surplus = 0;
  #toldAt = -Infinity;
  #draining = false;
  /** Connections without a request are not wanted any more. */
  #closing = false;

  /** Watches the connections that a server accepts from now on. */
  constructor(server: Server, options: GuardOptions) {
    this.#options = options;
    server.on("connection", (socket: Socket) => this.#accept(socket));
    this.#sweeper = setInterval(() => this.#sweep(), options.interval);
  }

  /** How many connections are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** How many connections have a request that is not answered yet. */
  get running(): number {
    let running = 0;
    for (const { idle } of this.#connections.values()) if (!idle) running++;
    return running;
  }

  /** Notes a request; `false` where it must not be served. */
  begin(outgoing: ServerResponse): boolean {
    const { socket } = outgoing.req;
    const connection = this.#connections.get(socket);
    if (connection === undefined) return false;
    if (connection.closing) {
      // What nobody will answer must not pile up behind what is still due.
      if (++connection.unanswered > MAX_UNANSWERED) socket.destroy();
      return false;
    }
    if (connection.begin(outgoing) > MAX_PIPELINED) {
      this.refuse(outgoing, tooManyPipelined());
      return false;
    }
    if (this.#draining) connection.announceEnd();
    return true;
  }

  /** Whether something may take a connection over; else it is closed. */
  admits(socket: Socket): boolean {
    const connection = this.#connections.get(socket);
    const is = connection !== undefined && connection.idle &&
      !connection.closing;
    if (!is) socket.destroy();
    return is;
  }

  /** Notes what has taken a connection over: it is told when that must end. */
  upgrade(socket: Socket, session: (error: GatewayError) => void): void {
    const connection = this.#connections.get(socket);
    if (connection !== undefined) connection.session = session;
  }

  /** Refuses a request: its connection is closed, and nothing else on it served. */
  refuse(outgoing: ServerResponse, error: GatewayError): void {
    const connection = this.#connections.get(outgoing.req.socket);
    if (connection !== undefined) connection.closing = true;
    const { id, status, headers, body } = refusal(error);
    outgoing.writeHead(status, headers);
    outgoing.end(body);
    this.#tell({ code: error.code, status, requestId: id });
  }

  /**
   * Refuses what came on a connection that the parser has given up. It is
   * answered by whoever reads the request's body; else here, unless that would
   * be taken for the answer to an earlier request.
   */
  refuseRaw(socket: Socket, error: GatewayError): void {
    const connection = this.#connections.get(socket);
    const unread = connection?.unread;
    if (unread !== undefined && exchangeOf(unread)?.fault(error)) return;
    // The last answer is on its way, and closes the connection.
    if (connection?.closing) return;
    const { code } = error;
    if (!connection?.idle || !socket.writable) {
      socket.destroy();
      return this.#tell({ code });
    }
    const { id, status, text } = refusal(error);
    socket.on("error", () => socket.destroy());
    socket.end(text);
    const timer = setTimeout(() => socket.destroy(), LINGER);
    socket.once("close", () => clearTimeout(timer));
    this.#tell({ code, status, requestId: id });
  }

  /** From now on every answer tells its client that it is the connection's last. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#connections.values()) {
      connection.announceEnd();
    }
  }

  /** Closes the connections without a request, and from now on each that has had its answer. */
  closeIdle(): void {
    this.#closing = true;
    this.#sweep();
    this.#later = setTimeout(() => this.#sweep(), FRESH);
  }

  /** Ends every request that still runs: whoever serves it tells its client why. */
  interrupt(error: GatewayError): void {
    for (const connection of this.#connections.values()) {
      connection.closing = true;
      interrupt(connection, error);
    }
  }

  /** Closes every connection. */
  closeAll(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  /** Resolves when no connection is open. */
  emptied(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    this.#emptied ??= Promise.withResolvers<void>();
    return this.#emptied.promise;
  }

  /** Ends the watch. */
  stop(): void {
    clearTimeout(this.#later);
    clearInterval(this.#sweeper);
    this.#tellSurplus();
  }

  #accept(socket: Socket): void {
    // A listener that runs out of file descriptors stops accepting for good.
    if (this.#connections.size >= this.#options.maxConnections) {
      this.#surplus++;
      return void socket.destroy();
    }
    const connection = new WatchedConnection(socket);
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      this.#connections.delete(socket);
      if (this.#connections.size === 0) this.#emptied?.resolve();
      // Those that wait behind another do not hear it from the platform.
      interrupt(connection, clientLeft());
      connection.forget();
    });
  }

  #sweep(): void {
    const now = performance.now();
    for (const [socket, connection] of this.#connections) {
      const code = this.#faultOf(connection, socket, now);
      if (code !== undefined) {
        socket.destroy();
        this.#tell({ code });
      } else if (this.#isOver(connection, now)) socket.destroy();
    }
    if (now - this.#toldAt < SURPLUS_INTERVAL) return;
    this.#toldAt = now;
    this.#tellSurplus();
  }

  /** Whether a connection is to be closed that has done nothing wrong. */
  #isOver(connection: WatchedConnection, now: number): boolean {
    if (this.#closing && connection.isIdleAfter(FRESH, now)) return true;
    const { keepAlive } = this.#options;
    return connection.isQuiet && connection.idleFor(now) >= keepAlive;
  }

  /** What a connection has done that it must end for. */
  #faultOf(
    connection: WatchedConnection,
    socket: Socket,
    now: number,
  ): string | undefined {
    const { idle, stall } = this.#options;
    if (connection.idleFor(now) > idle) return "request_timeout";
    const patience = stall * (1 + socket.writableLength / MIB);
    if (connection.stalledFor(now) > patience) return "client_stalled";
    return undefined;
  }

  #tellSurplus(): void {
    if (this.#surplus === 0) return;
    this.#tell({ code: "too_many_connections", count: this.#surplus });
    this.#surplus = 0;
  }

  #tell(refusal: Omit<ListenerRefusal, "count"> & { count?: number }): void {
    this.#options.onRefusal({ count: 1, ...refusal });
  }
}

function interrupt(connection: WatchedConnection, error: GatewayError): void {
  connection.session?.(error);
  for (const answer of connection.answers) exchangeOf(answer)?.interrupt(error);
}
