import type { GatewayError, RequestSource } from "@llm-proxy/core";
import type { Buffer } from "node:buffer";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { clientLeft } from "./_body.ts";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";

/** Where sessions are opened. */
export const REALTIME_PATH = "/v1/realtime";
/** How a browser, which can set no headers, sends its key: as one of the protocols that it offers. */
const KEY_PROTOCOL = "openai-insecure-api-key.";
/** The protocol that is agreed upon; never one that holds a key. */
const PROTOCOL = "realtime";
/** How long a client may take to read a refusal, in ms. */
const LINGER = 500;
/** Most bytes of one message. */
export const MAX_MESSAGE: number = 16 * 1024 * 1024;

/** A request to change over to WebSocket: answered as any other, or accepted. */
export class UpgradeExchange implements Exchange {
  readonly method = "GET";
  readonly path: string;
  readonly #incoming: IncomingMessage;
  readonly #socket: Socket;
  readonly #head: Buffer;
  readonly #controller = new AbortController();
  #sent = false;

  /** Takes over a connection. */
  constructor(incoming: IncomingMessage, socket: Socket, head: Buffer) {
    this.#incoming = incoming;
    this.#socket = socket;
    this.#head = head;
    this.path = this.target.split("?", 1)[0] ?? "";
    socket.on("error", () => socket.destroy());
    socket.once("close", this.#onClose);
  }

  /** The target as it came. */
  get target(): string {
    return this.#incoming.url ?? "/";
  }

  /** Aborted when the connection closes or the listener ends. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The address at the other end. */
  get address(): string | undefined {
    return this.#socket.remoteAddress;
  }

  /** The protocols that the client offers. */
  get protocols(): readonly string[] {
    const offered = this.#incoming.headers["sec-websocket-protocol"] ?? "";
    return offered.split(",").map((it) => it.trim());
  }

  /** A request header; a key among the protocols stands for one. */
  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    if (value === undefined && name === "authorization") {
      const key = this.protocols.find((it) => it.startsWith(KEY_PROTOCOL));
      return key && `Bearer ${key.slice(KEY_PROTOCOL.length)}`;
    }
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /** All request headers. */
  headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const name in this.#incoming.headers) {
      headers[name] = this.header(name) ?? "";
    }
    return headers;
  }

  /** There is none. */
  body(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array());
  }

  /** There is none. */
  source(): RequestSource {
    return { length: 0, pump: () => Promise.resolve() };
  }

  /** Answers without changing over. */
  send(status: number, headers: ReplyHeaders, body: string): void {
    if (this.#sent || this.#socket.destroyed) return;
    this.#sent = true;
    const length = new TextEncoder().encode(body).byteLength;
    const lines = Object.entries({
      ...headers,
      "content-length": String(length),
      "connection": "close",
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    const start = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
    this.#socket.end(`${start}${lines.join("")}\r\n${body}`);
    const timer = setTimeout(() => this.#socket.destroy(), LINGER);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  /** Not to be had here. */
  stream(): ByteReplyStream {
    throw new TypeError("Cannot stream an answer to an upgrade");
  }

  /** Nothing is held. */
  release(): void {}

  readonly #onClose = (): void => this.#controller.abort(clientLeft());

  /** Ends whatever runs, for this reason. */
  readonly interrupt = (error: GatewayError): void => {
    this.#controller.abort(error);
  };

  /**
   * Changes over.
   *
   * @throws {GatewayError} when the client has left, or its handshake is none.
   */
  async accept(headers: ReplyHeaders): Promise<WebSocket> {
    const ws = await import("ws");
    this.signal.throwIfAborted();
    const server = new ws.WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE,
      autoPong: false,
      handleProtocols: (offered) => offered.has(PROTOCOL) && PROTOCOL,
    });
    server.on("headers", (lines) => {
      for (const name in headers) lines.push(`${name}: ${headers[name]}`);
    });
    this.#sent = true;
    return await new Promise((resolve, reject) => {
      const left = (): void => reject(this.signal.reason);
      this.signal.addEventListener("abort", left, { once: true });
      server.handleUpgrade(
        this.#incoming,
        this.#socket,
        this.#head,
        (client) => {
          this.signal.removeEventListener("abort", left);
          // From now on the protocol tells how it ends.
          this.#socket.off("close", this.#onClose);
          resolve(client);
        },
      );
    });
  }
}
