import { ByteCollector, GatewayError } from "@llm-proxy/core";
import { heldBodies } from "./_held_bodies.ts";

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

/** Checks what the head says of the body, before a byte of it is read. */
export function checkBodyHead(
  header: (name: string) => string | undefined,
  maxBytes: number,
): void {
  const encoding = header("content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new GatewayError(
      "unsupported_media_type",
      "Compressed request bodies are not accepted: send the body without 'content-encoding'",
      { code: "unsupported_content_encoding" },
    );
  }
  checkLength(header, maxBytes);
}

/**
 * The length that the head tells.
 *
 * @throws {GatewayError} 413 where it is over `maxBytes`.
 */
export function checkLength(
  header: (name: string) => string | undefined,
  maxBytes: number,
): number | undefined {
  const told = header("content-length");
  const length = told === undefined ? undefined : Number(told);
  if (length !== undefined && length > maxBytes) throw bodyTooLarge(maxBytes);
  return length;
}

/** Gathers a request's body, under its own cap and under that of all bodies together. */
export class RequestBody {
  readonly #maxBytes: number;
  #collector: ByteCollector | undefined = new ByteCollector();
  #held = 0;

  /** Takes bodies of so many bytes. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes a chunk.
   *
   * @throws {GatewayError} 413 or 503 where it is more than there may be.
   */
  add(chunk: Uint8Array): void {
    const { byteLength } = chunk;
    if (this.#held + byteLength > this.#maxBytes) {
      throw bodyTooLarge(this.#maxBytes);
    }
    heldBodies.take(byteLength);
    this.#held += byteLength;
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
}
