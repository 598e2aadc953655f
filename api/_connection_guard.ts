import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Limits of a listener's connections, times in milliseconds. */
export interface GuardLimits {
  readonly maxConnections: number;
  /** How long a connection may be open without a request. */
  readonly idle: number;
  /** How long a client may leave what was written to it where it is. */
  readonly stall: number;
  /** How often connections are looked at. */
  readonly interval: number;
}

/** How long a client may take to read a refusal before its connection is destroyed, in ms. */
const LINGER = 500;

/** What is known of a connection. */
interface Watched {
  /** The answer to its latest request; those to earlier ones are out before it. */
  latest: ServerResponse | undefined;
  /** When it was first seen without a request. */
  idleSince: number | undefined;
  /** How many bytes the operating system had taken of what was written. */
  taken: number;
  /** When it was first seen to take no more. */
  stalledSince: number | undefined;
}

/**
 * Watches a listener's connections for what `node:http` lets live for ever:
 * more of them than there are file descriptors, those that send line ends in
 * place of a request, which stops its idle timer, and those whose client does
 * not read.
 */
export class ConnectionGuard {
  readonly #limits: GuardLimits;
  readonly #sockets = new Map<Socket, Watched>();
  readonly #sweeper: ReturnType<typeof setInterval>;

  /** Watches the connections that a server accepts from now on. */
  constructor(server: Server, limits: GuardLimits) {
    this.#limits = limits;
    server.on("connection", (socket: Socket) => this.#accept(socket));
    this.#sweeper = setInterval(() => this.#sweep(), limits.interval);
  }

  /** Notes a request. */
  begin(outgoing: ServerResponse): void {
    const watched = outgoing.req && this.#sockets.get(outgoing.req.socket);
    if (watched === undefined) return;
    watched.latest = outgoing;
    watched.idleSince = undefined;
  }

  /**
   * Whether a refusal written to a connection would be read as the answer to
   * the request at fault: no other answer is due or under way.
   */
  mayRefuse(socket: Socket): boolean {
    const latest = this.#sockets.get(socket)?.latest;
    if (!socket.writable) return false;
    if (latest === undefined || isOver(latest)) return true;
    return latest.socket === socket && !latest.headersSent &&
      !latest.req.complete;
  }

  /** Writes a last answer and closes. */
  refuse(socket: Socket, answer: string): void {
    socket.end(answer);
    const timer = setTimeout(() => socket.destroy(), LINGER);
    socket.once("close", () => clearTimeout(timer));
  }

  /** Closes the connections on which nothing has ever come. */
  closeUnused(): void {
    for (const socket of this.#sockets.keys()) {
      if (socket.bytesRead === 0) socket.destroy();
    }
  }

  /** Closes every connection. */
  closeAll(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  /** Ends the watch. */
  stop(): void {
    clearInterval(this.#sweeper);
  }

  #accept(socket: Socket): void {
    // A listener that runs out of file descriptors stops accepting for good.
    if (this.#sockets.size >= this.#limits.maxConnections) {
      return void socket.destroy();
    }
    this.#sockets.set(socket, {
      latest: undefined,
      idleSince: undefined,
      taken: 0,
      stalledSince: undefined,
    });
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #sweep(): void {
    const now = performance.now();
    const { idle, stall } = this.#limits;
    for (const [socket, watched] of this.#sockets) {
      noteIdle(watched, now);
      noteStall(socket, watched, now);
      if (
        now - (watched.idleSince ?? now) > idle ||
        now - (watched.stalledSince ?? now) > stall
      ) socket.destroy();
    }
  }
}

function isOver(outgoing: ServerResponse): boolean {
  return outgoing.writableFinished || outgoing.destroyed;
}

function noteIdle(watched: Watched, now: number): void {
  if (watched.latest !== undefined) {
    if (!isOver(watched.latest)) return;
    watched.latest = undefined;
  }
  watched.idleSince ??= now;
}

// deno-lint-ignore house/max-required-params -- a step of the sweep, which makes no objects
function noteStall(socket: Socket, watched: Watched, now: number): void {
  if (socket.writableLength === 0) {
    watched.stalledSince = undefined;
    return;
  }
  const taken = socket.bytesWritten - socket.writableLength;
  if (taken !== watched.taken) watched.stalledSince = undefined;
  watched.taken = taken;
  watched.stalledSince ??= now;
}
