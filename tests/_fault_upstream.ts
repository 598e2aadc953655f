import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type ConnectionTruth, Gauge, RequestTruth } from "./_fault_truth.ts";
import { healthy } from "./_faults.ts";
import { type ReadRequest, RequestReader } from "./_request_reader.ts";
import { UpstreamCall, type UpstreamScript } from "./_scripted_upstream.ts";

/** What is done to a connection that comes; no request is taken from one that is not served. */
export type Welcome =
  | "serve"
  | "reset"
  | "close"
  | "silence"
  | ((socket: Socket) => void);

/** How a {@linkcode FaultUpstream} is set up. */
export interface FaultUpstreamOptions {
  /** What is done where nothing else is scripted. @default {healthy()} */
  readonly usual?: UpstreamScript;
  /** Speak TLS with this key and certificate, both PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** How much is kept of what a connection sends first. */
const FIRST_BYTES = 4_096;

/**
 * A provider that fails as it is told, on raw sockets, and keeps the truth of
 * what it saw.
 *
 * What is done to a request is told by the first of: the script that the name
 * in its header `x-fault` stands for; the one of its model; the next of those
 * that were lined up; the usual one.
 */
export class FaultUpstream implements AsyncDisposable {
  /** Every request so far. */
  readonly requests: RequestTruth[] = [];
  /** Every connection so far; with TLS, those that shook hands. */
  readonly connections: ConnectionTruth[] = [];
  /** How many connections came in all, those included that never got through a TLS handshake. */
  dialled = 0;
  /** The requests that are under way. */
  readonly gauge: Gauge = new Gauge();
  /** What is done where nothing else is scripted. */
  usual: UpstreamScript;
  /** What is done to connections from now on. */
  welcome: Welcome = "serve";
  readonly #scripts = new Map<string, UpstreamScript>();
  readonly #turns: UpstreamScript[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #scheme: "http" | "https";
  readonly #failures: unknown[] = [];
  readonly #work: Promise<void>[] = [];
  #port = 0;

  /** Use {@linkcode FaultUpstream.start}. */
  constructor({ usual = healthy(), tls }: FaultUpstreamOptions) {
    this.usual = usual;
    this.#scheme = tls === undefined ? "http" : "https";
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server = tls === undefined
      ? createTcpServer({ noDelay: true }, accept)
      : createTlsServer(tls, accept);
    this.#server.on("tlsClientError", () => {});
    // With TLS this has also what has not shaken hands yet.
    this.#server.on("connection", (socket: Socket) => {
      this.dialled++;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(
    options: FaultUpstreamOptions = {},
  ): Promise<FaultUpstream> {
    const upstream = new FaultUpstream(options);
    await upstream.accept();
    return upstream;
  }

  /** For example `http://127.0.0.1:49152`. */
  get origin(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  /** How many connections are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Requests that name this, in `x-fault` or as their model, are done so. */
  on(name: string, script: UpstreamScript): void {
    this.#scripts.set(name, script);
  }

  /** The next requests that nothing else is told for are done so, one each. */
  next(...scripts: readonly UpstreamScript[]): void {
    this.#turns.push(...scripts);
  }

  /** Goes down: every connection is cut, further ones are refused. */
  async refuse(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) =>
      this.#server.close(() => resolve())
    );
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Comes up again, on the same port. */
  accept(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, "127.0.0.1", () => {
        this.#server.off("error", reject);
        ({ port: this.#port } = this.#server.address() as AddressInfo);
        resolve();
      });
    });
  }

  /** Goes down for good. Throws what a script threw. */
  async close(): Promise<void> {
    await this.refuse();
    await Promise.all(this.#work);
    for (const failure of this.#failures) throw failure;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: Socket): void {
    const connection: ConnectionTruth = {
      number: this.connections.length + 1,
      at: performance.now(),
      bytesIn: 0,
      firstBytes: "",
      closedAt: undefined,
    };
    this.connections.push(connection);
    const left = new Promise<number>((resolve) => {
      const note = (): void => {
        connection.closedAt ??= performance.now();
        resolve(connection.closedAt);
      };
      socket.on("end", note).on("error", note).on("close", note);
    });
    const { welcome } = this;
    if (welcome === "reset") return void socket.resetAndDestroy();
    if (welcome === "close") return void socket.destroy();
    if (welcome === "serve") this.#serve(socket, connection, left);
    socket.on("data", (bytes) => note(connection, bytes as Uint8Array));
    if (typeof welcome === "function") welcome(socket);
  }

  #serve(
    socket: Socket,
    { number }: ConnectionTruth,
    left: Promise<number>,
  ): void {
    const reader = new RequestReader();
    socket.on("data", (bytes) => {
      for (const request of reader.read(bytes as Uint8Array)) {
        this.#answer(request, { socket, number, left });
      }
    });
  }

  #answer(
    request: ReadRequest,
    { socket, number, left }: {
      readonly socket: Socket;
      readonly number: number;
      readonly left: Promise<number>;
    },
  ): void {
    const { head, body, headers } = request;
    const model = modelOf(body);
    const [script, act] = this.#find(headers.get("x-fault"), model);
    this.gauge.enter();
    const scripts = new Map([[model, act]]);
    const call = new UpstreamCall(socket, { head, body, left, scripts });
    const truth = new RequestTruth(call, {
      number: this.requests.length + 1,
      connection: number,
      request,
      script,
    });
    this.requests.push(truth);
    this.#work.push(
      call.over.catch((error) => void this.#failures.push(error)).then(() => {
        truth.endedAt = performance.now();
        this.gauge.leave();
      }),
    );
  }

  #find(header: string | undefined, model: string): [string, UpstreamScript] {
    for (const name of [header, model]) {
      const script = name === undefined ? undefined : this.#scripts.get(name);
      if (name !== undefined && script) return [name, script];
    }
    const turn = this.#turns.shift();
    return turn ? ["turn", turn] : ["usual", this.usual];
  }
}

function modelOf(body: string): string {
  try {
    return String(JSON.parse(body).model);
  } catch {
    return "";
  }
}

function note(connection: ConnectionTruth, bytes: Uint8Array): void {
  connection.bytesIn += bytes.length;
  const room = FIRST_BYTES - connection.firstBytes.length;
  if (room <= 0) return;
  connection.firstBytes += new TextDecoder("latin1").decode(
    bytes.subarray(0, room),
  );
}
