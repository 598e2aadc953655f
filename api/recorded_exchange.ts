import type { RequestSource } from "@llm-proxy/core";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";
import { WrappedExchange, writtenBy } from "./_wrapped_exchange.ts";

const KIB = 1024;

/** An exchange that remembers the beginning of what was asked and of what was told, as it went over the wire. */
export class RecordedExchange extends WrappedExchange {
  readonly #max: number;
  #prompt = "";
  #answer = "";

  /** Takes an exchange and how much of either side is remembered, in KiB. */
  constructor(inner: Exchange, maxKb: number) {
    super(inner);
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

  override async body(maxBytes: number): Promise<Uint8Array> {
    const body = await super.body(maxBytes);
    this.#asked(body);
    return body;
  }

  override source(maxBytes: number): RequestSource {
    const source = super.source(maxBytes);
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

  override send(
    status: number,
    headers: Record<string, string | number>,
    body: string,
  ): void {
    this.#told(body);
    super.send(status, headers, body);
  }

  override stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    const stream = super.stream(status, headers);
    return writtenBy(stream, (piece) => {
      if (typeof piece === "string") this.#told(piece);
      return stream.write(piece);
    });
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
