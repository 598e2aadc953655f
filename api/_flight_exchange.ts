import type { AnswerFlight } from "./answer_flight.ts";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";
import { WrappedExchange, writtenBy } from "./_wrapped_exchange.ts";

/** How much a client may be behind while others follow, in UTF-16 units. */
const MAX_BEHIND = 4 * 1024 * 1024;

/**
 * The exchange of the first of several who wait for one answer: when its client
 * leaves, or is slow, the answer goes on for the others.
 */
export class FlightExchange extends WrappedExchange {
  readonly #client: AbortSignal;
  readonly #flight: AnswerFlight;

  constructor(exchange: Exchange, flight: AnswerFlight) {
    super(exchange);
    this.#client = exchange.signal;
    this.#flight = flight;
    if (this.#client.aborted) this.#leave();
    else this.#client.addEventListener("abort", this.#leave);
  }

  /** Aborted when nobody is left who wants the answer. */
  override get signal(): AbortSignal {
    return this.#flight.signal;
  }

  override stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    return followed(super.stream(status, headers), this.#flight);
  }

  /** The answer has been told. */
  close(): void {
    this.#client.removeEventListener("abort", this.#leave);
  }

  readonly #leave = (): void => {
    this.#flight.leave(this.#client.reason);
  };
}

/** A stream whose client holds nobody up who follows. */
function followed(
  reply: ByteReplyStream,
  flight: AnswerFlight,
): ByteReplyStream {
  let behind = 0;
  let isLeft = false;
  return writtenBy(reply, (piece) => {
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
  });
}
