import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";
import { WrappedExchange, writtenBy } from "./_wrapped_exchange.ts";

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
export class KeptExchange extends WrappedExchange {
  readonly #options: KeptExchangeOptions;

  /** Wraps an exchange; all but its answer is its own. */
  constructor(exchange: Exchange, options: KeptExchangeOptions) {
    super(exchange);
    this.#options = options;
  }

  override send(
    status: number,
    headers: Record<string, string | number>,
    body: string,
  ): void {
    const { mend, onResponse } = this.#options;
    const text = mend(body);
    super.send(status, headers, text);
    if (status === 200) onResponse(text);
  }

  override stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    const stream = super.stream(status, headers);
    const { mend, onResponse } = this.#options;
    return writtenBy(stream, (piece) => {
      if (typeof piece !== "string") return stream.write(piece);
      const text = mend(piece);
      const full = stream.write(text);
      const [, data] = LAST.exec(text) ?? [];
      const response = data === undefined ? undefined : responseOf(data);
      if (response !== undefined) onResponse(response);
      return full;
    });
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
