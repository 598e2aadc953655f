import { ByteCollector, GatewayError } from "@llm-proxy/core";
import { heldBodies } from "./_held_bodies.ts";
import type { Exchange } from "./exchange.ts";

/** Of a longer body all is held from the start, in bytes: as much as its head tells. */
const LARGE = 1024 * 1024;

/** The client has left before its answer was out. */
export function clientLeft(): GatewayError {
  return new GatewayError("client_closed", "The client closed the connection", {
    code: "client_closed",
  });
}

/** The body is, or says that it is, too large. */
export function bodyTooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    "too_large",
    `The request body is larger than ${maxBytes} bytes`,
    { code: "request_too_large" },
  );
}

/** Checks what the head says of the body, before a byte of it is read; gives its length where it is told. */
export function checkBodyHead(
  exchange: Pick<Exchange, "header">,
  maxBytes: number,
): number | undefined {
  const encoding = exchange.header("content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new GatewayError(
      "unsupported_media_type",
      "Compressed request bodies are not accepted: send the body without 'content-encoding'",
      { code: "unsupported_content_encoding" },
    );
  }
  return checkLength(exchange, maxBytes);
}

/**
 * The length that the head tells.
 *
 * @throws {GatewayError} 413 where it is over `maxBytes`.
 */
export function checkLength(
  exchange: Pick<Exchange, "header">,
  maxBytes: number,
): number | undefined {
  const told = exchange.header("content-length");
  const length = told === undefined ? undefined : Number(told);
  if (length !== undefined && length > maxBytes) throw bodyTooLarge(maxBytes);
  return length;
}

/** Gathers a request's body, under its own cap and under that of all bodies together. */
export class RequestBody {
  readonly #maxBytes: number;
  #collector: ByteCollector | undefined;
  #size = 0;
  /** How much of it is counted as held. */
  #held = 0;

  /**
   * Takes bodies of so many bytes.
   *
   * @param length How many the head tells. @default {none}
   * @throws {GatewayError} 503 where there is no room for so many.
   */
  constructor(maxBytes: number, length: number = 0) {
    this.#maxBytes = maxBytes;
    // Else many large ones would come in part, and none in whole.
    if (length > LARGE) this.#hold(length);
    this.#collector = new ByteCollector(length);
  }

  /**
   * Takes a chunk.
   *
   * @throws {GatewayError} 413 or 503 where it is more than there may be.
   */
  add(chunk: Uint8Array): void {
    const { byteLength } = chunk;
    this.#size += byteLength;
    if (this.#size > this.#maxBytes) throw bodyTooLarge(this.#maxBytes);
    if (this.#size > this.#held) this.#hold(this.#size - this.#held);
    this.#collector?.add(chunk);
  }

  /** Hands over what has come, which is counted until {@linkcode RequestBody.release}. */
  handOver(): Uint8Array {
    const bytes = this.#collector?.bytes() ?? new Uint8Array();
    this.#collector = undefined;
    return bytes;
  }

  /** Gives the room back. Idempotent. */
  release(): void {
    heldBodies.giveBack(this.#held);
    this.#held = 0;
    this.#collector = undefined;
  }

  #hold(bytes: number): void {
    heldBodies.take(bytes);
    this.#held += bytes;
  }
}
