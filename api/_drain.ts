import type { Server } from "node:http";
import type { ConnectionGuard } from "./_connection_guard.ts";
import { shuttingDown } from "./_request_fault.ts";

/** For how long clients hear that they must go before connections without a request close, in ms. */
const ANNOUNCE = 1_000;
/** How long a client may take to read how its request ended, in ms. */
const LINGER = 500;

/**
 * The end of a listener (P1). At once every answer says that its connection
 * closes; a moment later, so that what is on its way is still served (P3),
 * nothing new is accepted; at the deadline whatever still runs ends in an error
 * that its client is told (L13).
 */
export class Drain {
  readonly #server: Server;
  readonly #guard: ConnectionGuard;
  readonly #closed = Promise.withResolvers<void>();
  #announced: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #endsAt = Infinity;
  #refusing = false;

  /** Nothing ends before {@linkcode Drain.begin}. */
  constructor(server: Server, guard: ConnectionGuard) {
    this.#server = server;
    this.#guard = guard;
  }

  /**
   * Begins, or hastens what has begun; resolves when every connection is closed.
   */
  begin(graceMs: number): Promise<void> {
    const now = performance.now();
    if (this.#endsAt === Infinity) {
      this.#guard.drain();
      const wait = this.#guard.size === 0 ? 0 : Math.min(graceMs, ANNOUNCE);
      if (wait === 0) this.#refuse();
      else this.#announced = setTimeout(() => this.#refuse(), wait);
    }
    if (now + graceMs < this.#endsAt) {
      this.#endsAt = now + graceMs;
      clearTimeout(this.#deadline);
      this.#deadline = setTimeout(() => this.#end(), graceMs);
    }
    return this.#closed.promise;
  }

  /** Accepts nothing new. */
  #refuse(): void {
    if (this.#refusing) return;
    this.#refusing = true;
    clearTimeout(this.#announced);
    this.#server.close(() => void this.#finish());
    this.#guard.closeIdle();
  }

  /** The server does not count connections that have had no request yet. */
  async #finish(): Promise<void> {
    await this.#guard.emptied();
    clearTimeout(this.#deadline);
    this.#endsAt = -Infinity;
    this.#guard.stop();
    this.#closed.resolve();
  }

  #end(): void {
    this.#refuse();
    this.#guard.interrupt(shuttingDown());
    this.#deadline = setTimeout(() => this.#guard.closeAll(), LINGER);
  }
}
