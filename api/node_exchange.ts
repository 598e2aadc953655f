import { NodeReplyStream } from "./_node_reply_stream.ts";
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  bodyTooLarge,
  checkBodyHead,
  clientLeft,
  joinChunks,
} from "./_body.ts";
import type { Exchange, ReplyHeaders, ReplyStream } from "./exchange.ts";

/** How long a refused upload is swallowed so that the client sees the refusal, in ms. */
const LINGER = 1_000;

/** An exchange over `node:http`: answers are written to the socket itself. */
export class NodeExchange implements Exchange {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #controller = new AbortController();
  readonly path: string;

  /** Takes over a request; the listener must not answer it too. */
  constructor(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    path: string,
  ) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.path = path;
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) this.#controller.abort(clientLeft());
    });
  }

  /** The HTTP method. */
  get method(): string {
    return this.#incoming.method ?? "GET";
  }

  /** Aborted when the client leaves before the answer is out. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A request header; repeated ones are joined. */
  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /** Reads the whole body. */
  async body(maxBytes: number): Promise<Uint8Array> {
    checkBodyHead((name) => this.header(name), maxBytes);
    return await readAll(this.#incoming, maxBytes);
  }

  /** Answers whole. */
  send(status: number, headers: ReplyHeaders, body: string): void {
    const outgoing = this.#outgoing;
    if (outgoing.destroyed || outgoing.headersSent) return;
    const unread = !this.#incoming.readableEnded && this.#hasBody();
    outgoing.writeHead(status, {
      ...headers,
      "content-length": Buffer.byteLength(body),
      // What is left of a refused body must not be read as the next request.
      ...(unread && { connection: "close" }),
    });
    // A string goes out in one piece with the head, bytes would not.
    outgoing.end(body);
    if (unread) this.#swallow();
  }

  /** Begins a streamed answer. */
  stream(status: number, headers: ReplyHeaders): ReplyStream {
    return new NodeReplyStream(this.#outgoing, { status, headers });
  }

  #hasBody(): boolean {
    const { headers } = this.#incoming;
    return headers["transfer-encoding"] !== undefined ||
      Number(headers["content-length"] ?? 0) > 0;
  }

  /** Reads a refused upload to nowhere for a moment: closing at once would reset the answer away. */
  #swallow(): void {
    const incoming = this.#incoming;
    incoming.resume();
    const timer = setTimeout(() => incoming.socket.destroy(), LINGER);
    const stop = (): void => clearTimeout(timer);
    incoming.once("end", stop);
    incoming.once("close", stop);
    incoming.socket.once("close", stop);
  }
}

/** Collects a body under a cap. */
function readAll(
  incoming: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const stop = (): void => {
      incoming.off("data", onData);
      incoming.off("end", onEnd);
      incoming.off("close", onCut);
      incoming.off("error", onCut);
    };
    const onData = (chunk: Uint8Array): void => {
      size += chunk.byteLength;
      if (size <= maxBytes) return void chunks.push(chunk);
      stop();
      incoming.pause();
      reject(bodyTooLarge(maxBytes));
    };
    const onEnd = (): void => {
      stop();
      resolve(joinChunks(chunks, size));
    };
    const onCut = (): void => {
      stop();
      reject(clientLeft());
    };
    incoming.on("data", onData);
    incoming.on("end", onEnd);
    incoming.on("close", onCut);
    incoming.on("error", onCut);
  });
}
