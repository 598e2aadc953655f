/**
 * For tests only, never published: an upstream on a raw socket that does what
 * a script says, broken framing included.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** One request that the upstream was sent, and the means to answer it. */
export class TestRequest {
  /** The number of the connection that carried it, from 1. */
  readonly connection: number;
  readonly method: string;
  readonly path: string;
  /** Lower-case names; repeated ones joined with `, `. */
  readonly headers: ReadonlyMap<string, string>;
  /** The request line and the headers as they came. */
  readonly head: string;
  readonly body: string;
  readonly socket: Socket;
  /** When the client was seen to close the connection, on the clock of `performance.now()`. */
  readonly closed: Promise<number>;

  constructor(peer: TestPeer, head: string, body: string) {
    const [line = "", ...fields] = head.split("\r\n");
    const headers = new Map<string, string>();
    for (const field of fields) {
      const colon = field.indexOf(":");
      const name = field.slice(0, colon).toLowerCase();
      const value = field.slice(colon + 1).trim();
      const known = headers.get(name);
      headers.set(name, known === undefined ? value : `${known}, ${value}`);
    }
    [this.method = "", this.path = ""] = line.split(" ");
    this.headers = headers;
    this.head = head;
    this.body = body;
    this.connection = peer.number;
    this.socket = peer.socket;
    this.closed = peer.closed;
  }

  /** Sends bytes as they are. Resolves when the kernel has them, or the connection is gone. */
  write(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) return resolve();
      this.socket.once("close", resolve);
      this.socket.write(data, () => {
        this.socket.off("close", resolve);
        resolve();
      });
    });
  }

  /** Sends an answer with a `content-length`. */
  respond(
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
    status = 200,
  ): Promise<void> {
    const bytes = Buffer.from(body);
    const fields = Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`);
    const head =
      `HTTP/1.1 ${status} Test\r\ncontent-length: ${bytes.length}\r\n${
        fields.join("")
      }\r\n`;
    return this.write(Buffer.concat([Buffer.from(head, "latin1"), bytes]));
  }

  /** Closes the connection in order, after what was written. */
  end(): void {
    this.socket.end();
  }

  /** Closes the connection with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** One connection that the upstream has accepted. */
export interface TestPeer {
  /** Counts connections from 1. */
  readonly number: number;
  readonly socket: Socket;
  readonly closed: Promise<number>;
}

/** What answers a request. */
export type TestScript = (request: TestRequest) => void | Promise<void>;

/** How a {@linkcode TestUpstream} listens. */
export interface TestUpstreamOptions {
  /** Speak TLS with this key and certificate, both PEM, and ask clients for theirs. */
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    readonly ca?: string;
    readonly requestCert?: boolean;
  };
  /** Called for each connection. Where it answers `false`, nothing is read from it. */
  readonly onConnection?: (peer: TestPeer) => boolean | void;
}

/**
 * An upstream on 127.0.0.1.
 *
 * ```ts ignore
 * await using upstream = await TestUpstream.start((request) => request.respond("{}"));
 * ```
 */
export class TestUpstream implements AsyncDisposable {
  /** Every request, in the order of arrival. */
  readonly requests: TestRequest[] = [];
  /** How many connections were accepted. */
  connections = 0;
  readonly #script: TestScript;
  readonly #options: TestUpstreamOptions;
  readonly #server: Server;
  readonly #peers = new Set<TestPeer>();

  /** Use {@linkcode TestUpstream.start}. */
  constructor(script: TestScript, options: TestUpstreamOptions) {
    this.#script = script;
    this.#options = options;
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server = options.tls === undefined
      ? createServer({ noDelay: true }, accept)
      : createTlsServer({ ...options.tls }, accept);
    this.#server.on("tlsClientError", () => {});
  }

  /** Listens on a free port. */
  static async start(
    script: TestScript,
    options: TestUpstreamOptions = {},
  ): Promise<TestUpstream> {
    const upstream = new TestUpstream(script, options);
    await new Promise<void>((resolve) =>
      upstream.#server.listen(0, "127.0.0.1", resolve)
    );
    return upstream;
  }

  /** The port. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** The address of a path. */
  url(path = "/"): string {
    const scheme = this.#options.tls === undefined ? "http" : "https";
    return `${scheme}://127.0.0.1:${this.port}${path}`;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#peers.size;
  }

  /** Closes everything and waits until it is closed. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) =>
      this.#server.close(() => resolve())
    );
    for (const { socket } of this.#peers) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: Socket): void {
    const closed = new Promise<number>((resolve) => {
      const done = (): void => resolve(performance.now());
      socket.on("end", done).on("close", done).on("error", done);
    });
    const peer = { number: ++this.connections, socket, closed };
    this.#peers.add(peer);
    socket.on("close", () => this.#peers.delete(peer));
    if (this.#options.onConnection?.(peer) === false) return;
    let unread = Buffer.alloc(0);
    socket.on("data", (chunk: Uint8Array) => {
      unread = Buffer.concat([unread, chunk]);
      unread = this.#read(peer, unread);
    });
  }

  /** Takes whole requests off the bytes that came, and returns the rest. */
  #read(peer: TestPeer, bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
    const end = bytes.indexOf("\r\n\r\n");
    if (end === -1) return bytes;
    const head = bytes.toString("latin1", 0, end);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const next = end + 4 + length;
    if (bytes.length < next) return bytes;
    const body = bytes.toString("utf8", end + 4, next);
    const request = new TestRequest(peer, head, body);
    this.requests.push(request);
    void this.#script(request);
    return this.#read(peer, bytes.subarray(next));
  }
}
