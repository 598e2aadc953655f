import type { GatewayError } from "@llm-proxy/core";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What is known of one client connection; times are those of `performance.now()`. */
export class WatchedConnection {
  readonly #socket: Socket;
  readonly #openedAt = performance.now();
  /** Answers that are due or under way, in the order of their requests; the first may be out. */
  readonly #answers: ServerResponse[] = [];
  #idleSince: number | undefined;
  /** How many bytes had come when it was first seen idle. */
  #readThen = 0;
  #stalledSince: number | undefined;
  #taken = 0;
  #served = false;
  /** The answer to its latest request ends it: nothing after that is served. */
  closing = false;
  /** What has taken it over, if anything has: it is told when that must end. */
  session: ((error: GatewayError) => void) | undefined;
  /** How many requests have come after that. */
  unanswered = 0;

  /** Nothing has come on it yet. */
  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Notes a request; tells how many wait for their answers, this one included. */
  begin(outgoing: ServerResponse): number {
    const answers = this.#answers;
    while (answers[0] !== undefined && isOut(answers[0])) answers.shift();
    this.#idleSince = undefined;
    this.#served = true;
    return answers.push(outgoing);
  }

  /** Answers that are due or under way. */
  get answers(): readonly ServerResponse[] {
    return this.#answers.filter((answer) => !isOut(answer));
  }

  /** Lets go of its answers: it is closed. */
  forget(): void {
    this.#answers.length = 0;
  }

  /** Whether no answer is due or under way: they go out in order. */
  get idle(): boolean {
    if (this.session !== undefined) return false;
    const latest = this.#answers.at(-1);
    return latest === undefined || isOut(latest);
  }

  /**
   * Whether no answer is due or under way, and none can be expected: on one so
   * new a first request may be on its way (P3).
   */
  isIdleAfter(fresh: number, now: number): boolean {
    return this.idle && (this.#served || now - this.#openedAt >= fresh);
  }

  /** The answer to the request whose body is still to come, if there is one. */
  get unread(): ServerResponse | undefined {
    const latest = this.idle ? undefined : this.#answers.at(-1);
    return latest?.req.complete ? undefined : latest;
  }

  /** Has the answer to its latest request tell that it is the last, unless its head is out. */
  announceEnd(): void {
    const latest = this.#answers.at(-1);
    if (latest === undefined || isOut(latest) || latest.headersSent) return;
    latest.shouldKeepAlive = false;
    this.closing = true;
  }

  /** For how long it has been without a request, in milliseconds. */
  idleFor(now: number): number {
    if (!this.idle) return 0;
    this.#answers.length = 0;
    if (this.#idleSince === undefined) {
      this.#idleSince = now;
      this.#readThen = this.#socket.bytesRead;
    }
    return now - this.#idleSince;
  }

  /** Whether nothing at all has come since it was first seen idle after an answer: no part of a request. */
  get isQuiet(): boolean {
    return this.#served && this.#idleSince !== undefined &&
      this.#socket.bytesRead === this.#readThen;
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

function isOut(answer: ServerResponse): boolean {
  return answer.writableFinished || answer.destroyed;
}
