import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request,
} from "node:http";
import { HttpBody } from "./_http_body.ts";
import type { Connection } from "./_http_connection.ts";
import { decoderFor } from "./_http_decoding.ts";
import { exchangeFault, proxyFault } from "./_http_errors.ts";
import { keepAliveOf, responseHead } from "./_http_head.ts";
import type { ConnectionPool, ConnectionUser } from "./_http_pool.ts";
import type { UpstreamError } from "./errors.ts";
import type { AbortListener, AbortSource } from "./late_abort.ts";
import type { RequestSource, SendClock, UpstreamResponse } from "./upstream.ts";

/**
 * How soon after a request a reused connection must break for it to count as
 * one that the peer had closed before, in milliseconds. A break much later
 * means that the peer was at work on the request, and sending it again would
 * make it do, and bill, the work twice (U15).
 */
const STALE_WITHIN_MS = 100;

/** A request as it goes over a connection, and what is told of its answer. */
export interface ExchangeOptions {
  readonly method: string;
  readonly path: string;
  /** Alternating names and values. */
  readonly head: string[];
  readonly body: string | RequestSource | undefined;
  readonly abort: AbortSource;
  readonly clock: SendClock | undefined;
  readonly pool: ConnectionPool;
  readonly maxHeaderBytes: number;
  readonly maxResponseBytes: number;
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (error: unknown) => void;
}

/** One request and its answer. Ends once, whatever ends it. */
export class HttpExchange implements ConnectionUser, AbortListener {
  /**
   * Set where it must not meet a stale connection: for the second try, and for
   * a body that can be sent only once.
   */
  fresh: boolean;
  readonly #options: ExchangeOptions;
  #connection: Connection | undefined;
  #message: ClientRequest | undefined;
  #body: HttpBody | undefined;
  #over = false;

  /** Sends nothing yet. */
  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.fresh = typeof options.body === "object";
  }

  /** Asks for a connection and sends the request. */
  start(): void {
    const { abort, pool, reject } = this.#options;
    if (abort.aborted) return reject(abort.reason);
    abort.addEventListener("abort", this);
    pool.acquire(this);
  }

  /** The caller has left, or the time is up. */
  handleEvent(): void {
    this.#fail(this.#options.abort.reason);
  }

  waits(phase: "queue" | "connect"): void {
    try {
      this.#options.clock?.enter(phase);
    } catch (error) {
      this.#fail(error);
    }
  }

  connected(connection: Connection): void {
    this.#connection = connection;
    try {
      this.#options.clock?.enter("headers");
      // Whoever was told may have left upon it.
      if (this.#over) return;
      this.#send(connection);
    } catch (error) {
      this.#fail(error);
    }
  }

  disconnected(error: UpstreamError | undefined): void {
    const connection = this.#connection;
    if (error !== undefined) this.#fail(error);
    else if (connection !== undefined) this.#onBroken(connection, undefined);
  }

  received(): void {
    // An answer that came before the whole request was taken leaves a
    // connection that nothing else can use.
    if (!this.#message?.writableFinished) this.#connection?.destroy();
    this.#connection = undefined;
  }

  settled(complete: boolean): void {
    if (complete) this.#end();
    else this.#abandon();
  }

  #send(connection: Connection): void {
    const { method, path, head, body, maxHeaderBytes } = this.#options;
    const message = request({
      // All that is asked of an agent here.
      agent: connection as unknown as Agent,
      method,
      path,
      headers: head,
      maxHeaderSize: maxHeaderBytes,
    });
    this.#message = message;
    message.on("response", (response) => {
      if (this.#connection === connection) this.#onResponse(response);
    });
    message.on("error", (raw: unknown) => {
      if (this.#connection === connection) this.#onBroken(connection, raw);
    });
    if (typeof body === "object") void this.#pump(body, message);
    else message.end(body);
  }

  /** Sends a body piece by piece, as fast as the peer takes it. */
  async #pump(source: RequestSource, message: ClientRequest): Promise<void> {
    try {
      await source.pump((chunk) => {
        // The answer may be through before the request is.
        if (this.#over) throw new TypeError("The exchange is over");
        if (message.write(chunk)) return undefined;
        return drained(message);
      });
      if (!this.#over) message.end();
    } catch (error) {
      if (!this.#over) this.#fail(error);
    }
  }

  #onResponse(response: IncomingMessage): void {
    const { maxResponseBytes, resolve } = this.#options;
    // Only a proxy says so, and of no use to whoever asked the provider.
    if (response.statusCode === 407) return this.#fail(proxyFault(407));
    const kept = keepAliveOf(response.rawHeaders);
    if (kept !== undefined) this.#connection?.heedKeepAlive(kept);
    const headers = responseHead(response.rawHeaders);
    const status = response.statusCode ?? 0;
    const coding = headers["content-encoding"];
    const length = headers["content-length"];
    let decoder: ReturnType<typeof decoderFor>;
    if (coding !== undefined) {
      const empty = status === 204 || status === 304 ||
        this.#options.method === "HEAD" || length === "0";
      if (!empty) decoder = decoderFor(coding);
      delete headers["content-encoding"];
      delete headers["content-length"];
    }
    this.#body = new HttpBody(response, {
      owner: this,
      decoder,
      length,
      maxBytes: maxResponseBytes,
    });
    resolve({ status, headers, body: this.#body });
  }

  #onBroken(connection: Connection, raw: unknown): void {
    if (this.#body !== undefined) return this.#body.disconnected(raw);
    const stale = connection.uses > 1 && !connection.answered &&
      performance.now() - connection.givenAt < STALE_WITHIN_MS;
    if (!stale) return this.#fail(exchangeFault(raw, false));
    this.fresh = true;
    this.#connection = undefined;
    connection.destroy();
    this.#options.pool.acquire(this);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    if (this.#body !== undefined) return this.#body.fail(error);
    this.#abandon();
    this.#options.reject(error);
  }

  /** Ends the exchange and whatever carries it. */
  #abandon(): void {
    this.#end();
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) connection.destroy();
    else this.#options.pool.withdraw(this);
  }

  #end(): void {
    this.#over = true;
    this.#options.abort.removeEventListener("abort", this);
  }
}

/** Resolves when there is room for more, or there will be none any more. */
function drained(message: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      message.off("drain", done);
      message.off("close", done);
      resolve();
    };
    message.on("drain", done);
    message.on("close", done);
  });
}
