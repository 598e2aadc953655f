import type { RequestSource } from "@llm-proxy/core";
import type { AnswerFlight } from "./answer_flight.ts";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";

/** How much a client may be behind while others follow, in UTF-16 units. */
const MAX_BEHIND = 4 * 1024 * 1024;

/**
 * The exchange of the first of several who wait for one answer: when its client
 * leaves, or is slow, the answer goes on for the others.
 */
export class FlightExchange implements Exchange {
  readonly #exchange: Exchange;
  readonly #flight: AnswerFlight;

  constructor(exchange: Exchange, flight: AnswerFlight) {
    this.#exchange = exchange;
    this.#flight = flight;
    const { signal } = exchange;
    if (signal.aborted) this.#leave();
    else signal.addEventListener("abort", this.#leave);
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

  /** Aborted when nobody is left who wants the answer. */
  get signal(): AbortSignal {
    return this.#flight.signal;
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
    this.#exchange.send(status, headers, body);
  }

  stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    return followed(this.#exchange.stream(status, headers), this.#flight);
  }

  release(): void {
    this.#exchange.release();
  }

  /** The answer has been told. */
  close(): void {
    this.#exchange.signal.removeEventListener("abort", this.#leave);
  }

  readonly #leave = (): void => {
    this.#flight.leave(this.#exchange.signal.reason);
  };
}

/** A stream whose client holds nobody up who follows. */
function followed(
  reply: ByteReplyStream,
  flight: AnswerFlight,
): ByteReplyStream {
  let behind = 0;
  let isLeft = false;
  return {
    write(piece): Promise<void> | undefined {
      if (isLeft) return undefined;
      const full = reply.write(piece);
      if (full === undefined) {
        behind = 0;
        return undefined;
      }
      if (flight.followers === 0) return full;
      behind += piece.length;
      if (behind > MAX_BEHIND) {
        isLeft = true;
        reply.cut();
      }
      return undefined;
    },
    end: () => reply.end(),
    fail: () => reply.fail(),
    cut: () => reply.cut(),
  };
}
