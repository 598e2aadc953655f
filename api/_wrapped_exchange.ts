import type { RequestSource } from "@llm-proxy/core";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";

/** An exchange that is another one in all; what differs from it is a subclass's. */
export abstract class WrappedExchange implements Exchange {
  readonly #inner: Exchange;

  constructor(inner: Exchange) {
    this.#inner = inner;
  }

  get method(): string {
    return this.#inner.method;
  }

  get path(): string {
    return this.#inner.path;
  }

  get target(): string {
    return this.#inner.target;
  }

  get address(): string | undefined {
    return this.#inner.address;
  }

  get signal(): AbortSignal {
    return this.#inner.signal;
  }

  header(name: string): string | undefined {
    return this.#inner.header(name);
  }

  headers(): Readonly<Record<string, string>> {
    return this.#inner.headers();
  }

  body(maxBytes: number): Promise<Uint8Array> {
    return this.#inner.body(maxBytes);
  }

  source(maxBytes: number): RequestSource {
    return this.#inner.source(maxBytes);
  }

  send(
    status: number,
    headers: Record<string, string | number>,
    body: string,
  ): void {
    this.#inner.send(status, headers, body);
  }

  stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    return this.#inner.stream(status, headers);
  }

  release(): void {
    this.#inner.release();
  }
}

/** A stream that is written in another way, and ends as it would. */
export function writtenBy(
  reply: ByteReplyStream,
  write: ByteReplyStream["write"],
): ByteReplyStream {
  return {
    write,
    end: () => reply.end(),
    fail: () => reply.fail(),
    cut: () => reply.cut(),
  };
}
