import {
  type GatewayError,
  LateAbort,
  type RequestSource,
} from "@llm-proxy/core";
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  checkBodyHead,
  checkLength,
  clientLeft,
  RequestBody,
} from "./_body.ts";
import { DirectResponse } from "./_direct_response.ts";
import { NodeBody } from "./_node_body.ts";
import { pumpAll } from "./_pump_request.ts";
import { NodeReplyStream } from "./_node_reply_stream.ts";
import { REQUEST_FAULT } from "./_request_fault.ts";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";

/** A refused upload of which nothing comes for so long is swallowed no longer, in ms. */
const LINGER = 1_000;
/** How often one that goes on is given so long again: slow machines, large bodies. */
const LINGERS = 10;

/**
 * Longer bodies go out the slower way, in UTF-16 units: what the kernel has no
 * room for is seen to wait only there, and the listener looks at that to tell
 * whether an answer is out.
 */
const MAX_DIRECT = 8 * 1024;

/** Where an answer has the exchange that it belongs to. */
const EXCHANGE = Symbol("exchange");

interface ServedResponse extends ServerResponse {
  [EXCHANGE]?: NodeExchange;
}

/** The exchange that an answer belongs to, if it is one's. */
export function exchangeOf(outgoing: ServerResponse): NodeExchange | undefined {
  return (outgoing as ServedResponse)[EXCHANGE];
}

/** An exchange over `node:http`: answers are written to the socket itself. */
export class NodeExchange implements Exchange {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  #body: NodeBody | undefined;
  readonly path: string;
  /** Aborted when the signal is. */
  readonly abort = new LateAbort();

  /** Takes over a request; the listener must not answer it too. */
  constructor(
    incoming: IncomingMessage,
    outgoing: ServedResponse,
    path: string,
  ) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.path = path;
    outgoing[EXCHANGE] = this;
    // It may have left while what serves it was loaded.
    if (outgoing.destroyed) this.closed();
    else outgoing.on("close", onClose);
  }

  /** The HTTP method. */
  get method(): string {
    return this.#incoming.method ?? "GET";
  }

  /** Aborted when the client leaves before the answer is out, or the listener ends. */
  get signal(): AbortSignal {
    return this.abort.signal;
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
    const length = checkLength(this, maxBytes);
    return {
      ...(length !== undefined && { length }),
      pump: async (take) => {
        if (this.abort.aborted) throw this.abort.reason;
        if (this.#incoming.headers.expect !== undefined) this.#goAhead();
        await pumpAll(this.#incoming, { take, maxBytes });
      },
    };
  }

  /** Reads the whole body. */
  body(maxBytes: number): Promise<Uint8Array> {
    try {
      const length = checkBodyHead(this, maxBytes);
      // What has ended would send nothing more, its end included.
      if (this.abort.aborted) throw this.abort.reason;
      const body = new RequestBody(maxBytes, length);
      this.#body = new NodeBody(this.#incoming, body);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#incoming.headers.expect !== undefined) this.#goAhead();
    return this.#body.read();
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
    const isHead = this.method === "HEAD";
    // To HTTP/1.0 the platform keeps a connection only where it is told a length.
    if (
      outgoing instanceof DirectResponse && body.length <= MAX_DIRECT &&
      !unread && !isHead && this.#incoming.httpVersion === "1.1"
    ) return outgoing.answer(status, headers, body);
    // An answer that has no body has no length either (RFC 9110, 8.6).
    // One to HEAD has that of the body that GET would get, where that is told (9.3.2).
    const isTold = isHead && headers["content-length"] !== undefined;
    if (status !== 204 && status !== 304 && !isTold) {
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

  /** Its connection has closed. */
  closed(): void {
    if (!this.#outgoing.writableFinished) this.abort.abort(clientLeft());
  }

  /** The listener ends it, and says why. */
  interrupt(error: GatewayError): void {
    this.abort.abort(error);
    this.fault(error);
  }

  /** The body will never be whole. Tells whether somebody reads it, who then answers. */
  fault(error: GatewayError): boolean {
    if (this.#body === undefined) {
      return this.#incoming.emit(REQUEST_FAULT, error);
    }
    this.#body.fail(error);
    return true;
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

function onClose(this: ServedResponse): void {
  this[EXCHANGE]?.closed();
}
