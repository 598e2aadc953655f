import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { Dial, type DialSettings } from "./_http_dial.ts";
import type { HttpTarget } from "./_http_head.ts";
import type { UpstreamError } from "./errors.ts";

/** Who is told of a connection's fate: its pool. */
export interface ConnectionKeeper {
  /** The connection stands. */
  opened(connection: Connection): void;
  /** The request on it is through, and it may carry another. */
  freed(connection: Connection): void;
  /** It is closed, or never came about, for which `error` then is the reason. */
  closed(connection: Connection, error: UpstreamError | undefined): void;
}

/**
 * One TCP or TLS connection. To `node:http` it is the agent of its requests:
 * without one the platform copies the options of a request once more.
 */
export class Connection {
  /** What an agent serves: whether it is TLS is the connection's own affair. */
  readonly protocol = "http:";
  readonly defaultPort = 80;
  /** Has requests ask for the connection to be kept. */
  readonly keepAlive = true;
  /** How many requests it was given. */
  uses = 0;
  /** When it was given its latest request, on the clock of `performance.now()`. */
  givenAt = 0;
  /** How long it may be kept without use, in milliseconds. */
  keepMs: number;
  /** When it must be given no further request, on the same clock. */
  retireAt = Infinity;
  /** When it must be closed if it is still without use, on the same clock. */
  idleUntil = 0;
  readonly #keeper: ConnectionKeeper;
  readonly #dial: Dial;
  readonly #isSecure: boolean;
  #socket: Socket | undefined;
  /** How many bytes had come when it was given its latest request. */
  #readBefore = 0;
  #idle = false;
  #gone = false;

  /** Begins to connect. */
  constructor(
    target: HttpTarget,
    options: {
      readonly keeper: ConnectionKeeper;
      readonly keepMs: number;
      readonly dialing: DialSettings;
    },
  ) {
    this.#keeper = options.keeper;
    this.#isSecure = target.secure;
    this.keepMs = options.keepMs;
    this.#dial = new Dial(target, options.dialing, {
      standing: (socket) => this.#onStanding(socket),
      failed: (error) => this.#onGone(error),
    });
  }

  /** What carries its requests. */
  get socket(): Socket {
    if (this.#socket === undefined) {
      throw new TypeError("Cannot use a connection before it stands");
    }
    return this.#socket;
  }

  /** Carries a request: what `node:http` asks of an agent. */
  addRequest(message: ClientRequest): void {
    message.onSocket(this.socket);
  }

  /** Whether a byte has come since it was given its latest request. */
  get answered(): boolean {
    return this.socket.bytesRead > this.#readBefore;
  }

  /** Gives it a request: it may be idle no longer. */
  begin(now: number): void {
    const { socket } = this;
    if (this.#idle) socket.ref();
    this.#idle = false;
    this.#readBefore = socket.bytesRead;
    this.givenAt = now;
    this.uses++;
  }

  /** Heeds the peer's `keep-alive: timeout=N`, with a second to spare. */
  heedKeepAlive(header: string): void {
    const seconds = /\btimeout=(\d{1,6})\b/i.exec(header)?.[1];
    if (seconds === undefined) return;
    this.keepMs = Math.min(this.keepMs, Number(seconds) * 1_000 - 1_000);
  }

  /** Lays it aside. A process may end while it is. */
  rest(now: number): void {
    this.#idle = true;
    this.idleUntil = Math.min(now + this.keepMs, this.retireAt);
    this.#socket?.unref();
  }

  /** Whether it can carry a request, as far as this side knows. */
  get usable(): boolean {
    const socket = this.#socket;
    return socket !== undefined && !this.#gone && !socket.destroyed &&
      socket.writable && !socket.readableEnded;
  }

  /** Closes it at once. The keeper is told at once too. Idempotent. */
  destroy(): void {
    this.#socket?.destroy();
    this.#dial.destroy();
    this.#onGone(undefined);
  }

  #onStanding(socket: Socket): void {
    this.#socket = socket;
    // An answer that nobody asked for: the peer is out of step. Where no TLS is
    // in between, whatever reads sees for itself that nobody listens.
    if (this.#isSecure) {
      socket.on("data", () => {
        if (this.#idle) this.destroy();
      });
    }
    socket.on("free", () => {
      if (!this.#gone) this.#keeper.freed(this);
    });
    socket.on("close", () => this.#onGone(undefined));
    this.#keeper.opened(this);
  }

  #onGone(error: UpstreamError | undefined): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#keeper.closed(this, error);
  }
}
