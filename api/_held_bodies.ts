import { GatewayError } from "@llm-proxy/core";
import type { Config } from "./config_types.ts";

const MIB = 1024 * 1024;
/** How many bytes of request bodies the process holds at most, until an app says otherwise. */
const MAX_HELD = 256 * MIB;

/**
 * The part of the memory that bodies may have: each is there as bytes, as text,
 * as what is read of it, as what is sent, and of all that some is garbage.
 */
const SHARE = 1 / 16;

/** How many bytes of bodies may be held: as the config says, else as the memory lets. */
export function mostHeldBytes(
  { max_body_mb: body, max_held_mb: held }: Config["server"],
  limit: number | undefined,
): number {
  if (held !== undefined) return held * MIB;
  return Math.max(
    body * MIB,
    Math.min(MAX_HELD, (limit ?? Infinity) * SHARE),
  );
}

/** A count of the bytes of all request bodies that are held at once, under a cap. */
export class HeldBodies {
  /** How many there may be; what is held already stays. */
  maxBytes: number;
  #bytes = 0;

  /** Nothing is held yet. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** How many bytes are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Counts bytes that have come, or are to come.
   *
   * @throws {GatewayError} 503 where there is no room for them; then none is counted.
   */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.maxBytes) throw noRoom();
    this.#bytes += bytes;
  }

  /** Gives back what was counted. */
  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** The bodies of all requests to this process: memory is the process's, not an app's. Each app that is made sets the cap. */
export const heldBodies: HeldBodies = new HeldBodies(MAX_HELD);

function noRoom(): GatewayError {
  return new GatewayError(
    "overloaded",
    "The gateway holds as many bytes of requests as it may; try again",
    {
      code: "request_bodies_full",
      // Not one moment for all who were refused.
      headers: { "retry-after": String(1 + Math.floor(Math.random() * 3)) },
    },
  );
}
