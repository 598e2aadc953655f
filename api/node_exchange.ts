import type { GatewayError, RequestSource } from "@llm-proxy/core";
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  checkBodyHead,
  checkLength,
  clientLeft,
  RequestBody,
} from "./_body.ts";
import { pumpAll } from "./_pump_request.ts";
import { NodeReplyStream } from "./_node_reply_stream.ts";
import { INTERRUPTED, REQUEST_FAULT } from "./_request_fault.ts";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";

/** A refused upload of which nothing comes for so long is swallowed no longer, in ms. */
const LINGER = 1_000;
/** How often one that goes on is given so long again: slow machines, large bodies. */
const LINGERS = 10;

/** An exchange over `node:http`: answers are written to the socket itself. */
export class NodeExchange implements Exchange {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #controller = new AbortController();
  #body: RequestBody | undefined;
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
    const onClose = (): void => {
      if (!outgoing.writableFinished) this.#controller.abort(clientLeft());
    };
    // It may have left while what serves it was loaded.
    if (outgoing.destroyed) onClose();
    else outgoing.once("close", onClose);
    outgoing.on(INTERRUPTED, this.#interrupt);
  }

  /** The HTTP method. */
  get method(): string {
    return this.#incoming.method ?? "GET";
  }

  /** Aborted when the client leaves before the answer is out, or the listener ends. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The address at the other end. */
  get address(): string | undefined {
    return this.#incoming.socket.remoteAddress;
  }

  /** A request header; repeated ones are joined. */
  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /** The target as it came. */
  get target(): string {
    return this.#incoming.url ?? "/";
  }

  /** All request headers; repeated ones are joined. */
  headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const name in this.#incoming.headers) {
      headers[name] = this.header(name) ?? "";
    }
    return headers;
  }

  /** The request's body piece by piece. */
  source(maxBytes: number): RequestSource {
    const length = checkLength((name) => this.header(name), maxBytes);
    return {
      ...(length !== undefined && { length }),
      pump: async (take) => {
        this.signal.throwIfAborted();
        if (this.#incoming.headers.expect !== undefined) this.#goAhead();
        await pumpAll(this.#incoming, { take, maxBytes });
      },
    };
  }

  /** Reads the whole body. */
  async body(maxBytes: number): Promise<Uint8Array> {
    const length = checkBodyHead((name) => this.header(name), maxBytes);
    // What has ended would send nothing more, its end included.
    this.signal.throwIfAborted();
    this.#body = new RequestBody(maxBytes, length);
    if (this.#incoming.headers.expect !== undefined) this.#goAhead();
    return await readAll(this.#incoming, this.#body);
  }

  /** Answers whole. */
  send(
    status: number,
    headers: Record<string, string | number>,
    body: string,
  ): void {
    const outgoing = this.#outgoing;
    if (outgoing.destroyed || outgoing.headersSent) return;
    const unread = !this.#incoming.readableEnded && this.#hasBody();
    // An answer that has no body has no length either (RFC 9110, 8.6).
    // One to HEAD has that of the body that GET would get, where that is told (9.3.2).
    if (status !== 204 && status !== 304 && !this.#isTold(headers)) {
      headers["content-length"] = Buffer.byteLength(body);
    }
    // What is left of a refused body must not be read as the next request.
    if (unread) headers["connection"] = "close";
    outgoing.writeHead(status, headers);
    if (unread) return this.#swallow(body);
    // A string goes out in one piece with the head, bytes would not.
    outgoing.end(body);
  }

  /** Begins a streamed answer. */
  stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    return new NodeReplyStream(this.#outgoing, { status, headers });
  }

  /** Gives back the room of the body. */
  release(): void {
    this.#body?.release();
  }

  readonly #interrupt = (error: GatewayError): void => {
    this.#controller.abort(error);
    this.#incoming.emit(REQUEST_FAULT, error);
  };

  #isTold(headers: Readonly<Record<string, unknown>>): boolean {
    return headers["content-length"] !== undefined && this.method === "HEAD";
  }

  #hasBody(): boolean {
    const { headers } = this.#incoming;
    return headers["transfer-encoding"] !== undefined ||
      Number(headers["content-length"] ?? 0) > 0;
  }

  /** Tells a client that waits for it to send its body. */
  #goAhead(): void {
    const { headers, httpVersion } = this.#incoming;
    if (httpVersion !== "1.1" || this.#outgoing.headersSent) return;
    if (headers.expect?.toLowerCase() !== "100-continue") return;
    this.#outgoing.writeContinue();
  }

  /**
   * Answers in full while the upload goes on, and reads that to nowhere for as
   * long as it comes, within bounds: the end of the answer is the end of the
   * connection, and closing it on unread bytes would reset the answer away.
   */
  #swallow(body: string): void {
    const incoming = this.#incoming;
    const outgoing = this.#outgoing;
    outgoing.write(body);
    let isComing = false;
    const onData = (): void => {
      isComing = true;
    };
    const end = (): void => {
      clearTimeout(timer);
      incoming.off("end", end);
      incoming.off("data", onData);
      outgoing.end();
    };
    const linger = (left: number): ReturnType<typeof setTimeout> =>
      setTimeout(() => {
        if (!isComing || left === 0) return end();
        isComing = false;
        timer = linger(left - 1);
      }, LINGER);
    let timer = linger(LINGERS - 1);
    incoming.on("data", onData);
    incoming.once("end", end);
    outgoing.once("close", () => {
      end();
      incoming.destroy();
    });
    incoming.resume();
  }
}

/** Reads a body to its end. */
function readAll(
  incoming: IncomingMessage,
  body: RequestBody,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // What listens stays, and goes with the request: to take it off would cost
    // as much as all else that is done here.
    let isOver = false;
    const fail = (error: unknown): void => {
      isOver = true;
      reject(error);
    };
    const onData = (chunk: Uint8Array): void => {
      if (isOver) return;
      try {
        body.add(chunk);
      } catch (error) {
        incoming.pause();
        fail(error);
      }
    };
    const onEnd = (): void => {
      if (isOver) return;
      isOver = true;
      resolve(body.handOver());
    };
    const onCut = (): void => {
      if (!isOver) fail(clientLeft());
    };
    incoming.on("data", onData);
    incoming.on("end", onEnd);
    incoming.on("close", onCut);
    incoming.on("error", onCut);
    incoming.on(REQUEST_FAULT, fail);
  });
}
