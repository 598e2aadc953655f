import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { connectFault } from "./_http_errors.ts";
import type { UpstreamError } from "./errors.ts";
import type { HttpTarget } from "./_http_head.ts";

/** Silence after which TCP asks the peer whether it is still there. */
const TCP_KEEPALIVE_MS = 30_000;

/** Who is told of a connection's fate: its pool. */
export interface ConnectionKeeper {
  /** The connection stands. */
  opened(connection: Connection): void;
  /** The request on it is through, and it may carry another. */
  freed(connection: Connection): void;
  /** It is closed, or never came about, for which `error` then is the reason. */
  closed(connection: Connection, error: UpstreamError | undefined): void;
}

/** One TCP or TLS connection. */
export class Connection {
  readonly socket: Socket;
  /** How many requests it was given. */
  uses = 0;
  /** Whether a byte has come since it was given its latest request. */
  answered = false;
  /** How long it may be kept without use, in milliseconds. */
  keepAlive: number;
  /** When it must be closed if it is still without use, on the clock of `performance.now()`. */
  idleUntil = 0;
  readonly #keeper: ConnectionKeeper;
  #standing = false;
  #tcp = false;
  #error: UpstreamError | undefined;
  #idle = false;
  #gone = false;

  /** Begins to connect. */
  constructor(
    target: HttpTarget,
    options: {
      readonly keeper: ConnectionKeeper;
      readonly keepAlive: number;
      readonly ca: string | undefined;
    },
  ) {
    this.#keeper = options.keeper;
    this.keepAlive = options.keepAlive;
    this.socket = openSocket(target, options.ca);
    this.socket.on("connect", () => {
      this.#tcp = true;
      if (!target.secure) this.#onStanding();
    });
    this.socket.on("secureConnect", () => this.#onStanding());
    this.socket.on("error", (raw: unknown) => {
      if (!this.#standing) this.#error ??= connectFault(raw, this.#tcp);
    });
    this.socket.on("close", () => this.#onClose());
  }

  /** Gives it a request: it may be idle no longer. */
  begin(): void {
    if (this.#idle) this.socket.ref();
    this.#idle = false;
    this.answered = false;
    this.uses++;
  }

  /** Heeds the peer's `keep-alive: timeout=N`, with a second to spare. */
  heedKeepAlive(header: string): void {
    const seconds = /\btimeout=(\d{1,6})\b/i.exec(header)?.[1];
    if (seconds === undefined) return;
    this.keepAlive = Math.min(this.keepAlive, Number(seconds) * 1_000 - 1_000);
  }

  /** Lays it aside. A process may end while it is. */
  rest(now: number): void {
    this.#idle = true;
    this.idleUntil = now + this.keepAlive;
    this.socket.unref();
  }

  /** Whether it can carry a request, as far as this side knows. */
  get usable(): boolean {
    const { socket } = this;
    return !this.#gone && !socket.destroyed && socket.writable &&
      !socket.readableEnded;
  }

  /** Closes it at once. The keeper is told at once too. Idempotent. */
  destroy(): void {
    this.socket.destroy();
    this.#onClose();
  }

  #onStanding(): void {
    this.#standing = true;
    // Set once and for good, so that it also sees what comes while no request listens.
    this.socket.on("data", () => {
      this.answered = true;
      // An answer that nobody asked for: the peer is out of step.
      if (this.#idle) this.destroy();
    });
    this.socket.on("free", () => {
      if (!this.#gone) this.#keeper.freed(this);
    });
    this.#keeper.opened(this);
  }

  #onClose(): void {
    if (this.#gone) return;
    this.#gone = true;
    if (!this.#standing) this.#error ??= connectFault(undefined, this.#tcp);
    this.#keeper.closed(this, this.#error);
  }
}

function openSocket(target: HttpTarget, ca: string | undefined): Socket {
  const options = {
    host: target.hostname,
    port: target.port,
    // Without it, Nagle's algorithm holds small writes back for up to 40 ms.
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEPALIVE_MS,
  };
  if (!target.secure) return connect(options);
  // Not by the agent of `node:https`: in Deno it asks for the permission `sys`
  // where the environment adds certificates, which this heeds without.
  return connectTls({
    ...options,
    servername: target.servername,
    ALPNProtocols: ["http/1.1"],
    ...(ca !== undefined && { ca }),
  });
}
