import { GatewayError, type RequestSource } from "@llm-proxy/core";
import {
  bodyTooLarge,
  checkBodyHead,
  checkLength,
  clientLeft,
  RequestBody,
} from "./_body.ts";
import { WebReplyStream } from "./_web_reply_stream.ts";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";

/** Methods whose requests mean something by their body (RFC 9110, 9.3). */
const WITH_BODY: ReadonlySet<string> = new Set(["PATCH", "POST", "PUT"]);
/** Statuses of answers that have no body (Fetch, 2.2.3). */
const BARE: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * An exchange over the web's Request and Response, for `Deno.serve`, `deno
 * serve` and workers. {@linkcode WebExchange.response} resolves when the
 * answer's head is known.
 */
export class WebExchange implements Exchange {
  /** A Request does not tell it. */
  readonly address = undefined;
  readonly #request: Request;
  readonly #controller = new AbortController();
  readonly #reply = Promise.withResolvers<Response>();
  #body: RequestBody | undefined;
  readonly path: string;

  /** Takes over a request. */
  constructor(request: Request, path: string) {
    this.#request = request;
    this.path = path;
    if (request.signal.aborted) this.#leave();
    else request.signal.addEventListener("abort", this.#leave, { once: true });
  }

  /** The answer, as soon as its head is known. */
  get response(): Promise<Response> {
    return this.#reply.promise;
  }

  /** The HTTP method. */
  get method(): string {
    return this.#request.method;
  }

  /** Aborted when the client leaves before the answer is out. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * A request header; repeated ones are joined. The host may be in the URL
   * alone, and that there is a body may be told by no header (HTTP/2, or a
   * Request that a program made).
   */
  header(name: string): string | undefined {
    const { headers, url } = this.#request;
    const value = headers.get(name) ?? undefined;
    if (value !== undefined) return value;
    if (name === "host") return new URL(url).host;
    return name === "transfer-encoding" && this.#hasUntoldBody
      ? "chunked"
      : undefined;
  }

  get #hasUntoldBody(): boolean {
    const { method, headers, body } = this.#request;
    return WITH_BODY.has(method) && !headers.has("content-length") &&
      body !== null;
  }

  /** The target as it came. */
  get target(): string {
    const { pathname, search } = new URL(this.#request.url);
    return pathname + search;
  }

  /** All request headers; repeated ones are joined. */
  headers(): Record<string, string> {
    return Object.fromEntries(this.#request.headers);
  }

  /** The request's body piece by piece. */
  source(maxBytes: number): RequestSource {
    const length = checkLength(this, maxBytes);
    return {
      ...(length !== undefined && { length }),
      pump: async (take) => {
        let bytes = 0;
        for await (const chunk of this.#chunks()) {
          bytes += chunk.byteLength;
          if (bytes > maxBytes) throw bodyTooLarge(maxBytes);
          await take(chunk);
        }
      },
    };
  }

  /** The chunks of the body; whatever ends them early is the client's leaving. */
  async *#chunks(): AsyncGenerator<Uint8Array> {
    const reader = this.#request.body?.getReader();
    if (reader === undefined) return;
    try {
      for (;;) {
        const { done, value } = await reader.read().catch(() => {
          throw clientLeft();
        });
        if (done) return;
        yield value;
      }
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  /** Reads the whole body. */
  async body(maxBytes: number): Promise<Uint8Array> {
    const length = checkBodyHead(this, maxBytes);
    const body = new RequestBody(maxBytes, length);
    this.#body = body;
    try {
      for await (const chunk of this.#request.body ?? []) body.add(chunk);
    } catch (error) {
      throw error instanceof GatewayError ? error : clientLeft();
    }
    return body.handOver();
  }

  /** Answers whole. */
  send(status: number, headers: ReplyHeaders, body: string): void {
    // Of an answer without a body the platform takes no empty one either.
    const content = body === "" ? null : body;
    this.#reply.resolve(new Response(content, { status, headers }));
  }

  /** Begins a streamed answer. */
  stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    const stream = new WebReplyStream(this.#leave);
    const isBare = BARE.has(status);
    // What a provider sends there is no content, and told to nobody.
    if (isBare) stream.cut();
    const body = isBare ? null : stream.body;
    this.#reply.resolve(new Response(body, { status, headers }));
    return stream;
  }

  /** Gives back the room of the body. */
  release(): void {
    this.#body?.release();
  }

  readonly #leave = (): void => this.#controller.abort(clientLeft());
}
