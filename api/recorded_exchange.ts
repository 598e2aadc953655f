import type { RequestSource } from "@llm-proxy/core";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";

const KIB = 1024;

/** An exchange that remembers the beginning of what was asked and of what was told, as it went over the wire. */
export class RecordedExchange implements Exchange {
  readonly #inner: Exchange;
  readonly #max: number;
  #prompt = "";
  #answer = "";

  /** Takes an exchange and how much of either side is remembered, in KiB. */
  constructor(inner: Exchange, maxKb: number) {
    this.#inner = inner;
    this.#max = Math.floor(maxKb * KIB);
  }

  /** What was asked; empty where it was not JSON. */
  get prompt(): string {
    return this.#prompt;
  }

  /** What was told: a whole answer, or the events of a stream. */
  get answer(): string {
    return this.#answer;
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

  async body(maxBytes: number): Promise<Uint8Array> {
    const body = await this.#inner.body(maxBytes);
    this.#asked(body);
    return body;
  }

  source(maxBytes: number): RequestSource {
    const source = this.#inner.source(maxBytes);
    const isJson = /\bjson\b/i.test(this.header("content-type") ?? "");
    if (!isJson) return source;
    return {
      ...source.length !== undefined && { length: source.length },
      pump: (take) =>
        source.pump((chunk) => {
          this.#asked(chunk);
          return take(chunk);
        }),
    };
  }

  send(status: number, headers: ReplyHeaders, body: string): void {
    this.#told(body);
    this.#inner.send(status, headers, body);
  }

  stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    const stream = this.#inner.stream(status, headers);
    return {
      write: (piece) => {
        if (typeof piece === "string") this.#told(piece);
        return stream.write(piece);
      },
      end: () => stream.end(),
      fail: () => stream.fail(),
      cut: () => stream.cut(),
    };
  }

  release(): void {
    this.#inner.release();
  }

  #asked(bytes: Uint8Array): void {
    const room = this.#max - this.#prompt.length;
    if (room <= 0) return;
    this.#prompt += new TextDecoder().decode(bytes.subarray(0, room));
  }

  #told(text: string): void {
    const room = this.#max - this.#answer.length;
    if (room > 0) this.#answer += text.slice(0, room);
  }
}
