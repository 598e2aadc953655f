import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What is known of one client connection; times are those of `performance.now()`. */
export class WatchedConnection {
  readonly #socket: Socket;
  /** The answer to the latest request; those to earlier ones are out before it. */
  #latest: ServerResponse | undefined;
  #idleSince: number | undefined;
  #stalledSince: number | undefined;
  #taken = 0;
  /** A request on it was refused: what follows is not to be trusted. */
  refused = false;

  /** Nothing has come on it yet. */
  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Notes a request. */
  begin(outgoing: ServerResponse): void {
    this.#latest = outgoing;
    this.#idleSince = undefined;
  }

  /** Whether no answer is due or under way. */
  get idle(): boolean {
    const latest = this.#latest;
    return latest === undefined || latest.writableFinished || latest.destroyed;
  }

  /** The request whose body is still to come, if there is one. */
  get unread(): IncomingMessage | undefined {
    const incoming = this.idle ? undefined : this.#latest?.req;
    return incoming?.complete ? undefined : incoming;
  }

  /** For how long it has been without a request, in milliseconds. */
  idleFor(now: number): number {
    if (!this.idle) return 0;
    this.#latest = undefined;
    this.#idleSince ??= now;
    return now - this.#idleSince;
  }

  /** For how long its client has taken nothing of what waits for it, in milliseconds. */
  stalledFor(now: number): number {
    const { writableLength, bytesWritten } = this.#socket;
    const taken = bytesWritten - writableLength;
    if (writableLength === 0 || taken !== this.#taken) {
      this.#stalledSince = undefined;
    }
    this.#taken = taken;
    if (writableLength === 0) return 0;
    this.#stalledSince ??= now;
    return now - this.#stalledSince;
  }
}
