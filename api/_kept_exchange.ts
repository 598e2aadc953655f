import type { RequestSource } from "@llm-proxy/core";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";

/** The events that end an answer which can be gone on with. */
const LAST = /event: response\.(?:completed|incomplete)\ndata: ([^\n]*)\n/;

/** What a {@linkcode KeptExchange} does with an answer. */
export interface KeptExchangeOptions {
  /** Changes what the client is told; whole events each time. */
  readonly mend: (text: string) => string;
  /** Told the response once the client has been told it. */
  readonly onResponse: (text: string) => void;
}

/** An exchange whose answer, whole or streamed, is told to somebody else too. */
export class KeptExchange implements Exchange {
  readonly #exchange: Exchange;
  readonly #options: KeptExchangeOptions;

  /** Wraps an exchange; all but its answer is its own. */
  constructor(exchange: Exchange, options: KeptExchangeOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  get method(): string {
    return this.#exchange.method;
  }

  get path(): string {
    return this.#exchange.path;
  }

  get target(): string {
    return this.#exchange.target;
  }

  get address(): string | undefined {
    return this.#exchange.address;
  }

  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  header(name: string): string | undefined {
    return this.#exchange.header(name);
  }

  headers(): Readonly<Record<string, string>> {
    return this.#exchange.headers();
  }

  body(maxBytes: number): Promise<Uint8Array> {
    return this.#exchange.body(maxBytes);
  }

  source(maxBytes: number): RequestSource {
    return this.#exchange.source(maxBytes);
  }

  send(status: number, headers: ReplyHeaders, body: string): void {
    const { mend, onResponse } = this.#options;
    const text = mend(body);
    this.#exchange.send(status, headers, text);
    if (status === 200) onResponse(text);
  }

  stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    const stream = this.#exchange.stream(status, headers);
    const { mend, onResponse } = this.#options;
    return {
      write(piece): Promise<void> | undefined {
        if (typeof piece !== "string") return stream.write(piece);
        const text = mend(piece);
        const full = stream.write(text);
        const [, data] = LAST.exec(text) ?? [];
        const response = data === undefined ? undefined : responseOf(data);
        if (response !== undefined) onResponse(response);
        return full;
      },
      end: () => stream.end(),
      fail: () => stream.fail(),
      cut: () => stream.cut(),
    };
  }

  release(): void {
    this.#exchange.release();
  }
}

/** The response that an event holds, as JSON text. */
function responseOf(data: string): string | undefined {
  try {
    const { response } = JSON.parse(data);
    return response === undefined ? undefined : JSON.stringify(response);
  } catch {
    return undefined;
  }
}
