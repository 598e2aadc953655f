import type { IncomingMessage } from "node:http";
import { clientLeft, type RequestBody } from "./_body.ts";

/** Where a request that is read whole has what reads it. */
const READER = Symbol("reader");

interface ReadMessage extends IncomingMessage {
  [READER]?: NodeBody;
}

/**
 * Reads the body of a request of `node:http` to its end.
 *
 * What listens is the same for all requests, and stays: to make it for each,
 * and to take it off, would cost as much as all else that is done here.
 */
export class NodeBody {
  readonly #incoming: ReadMessage;
  readonly #body: RequestBody;
  #settle: PromiseWithResolvers<Uint8Array> | undefined;

  /** Reads nothing yet. */
  constructor(incoming: IncomingMessage, body: RequestBody) {
    this.#incoming = incoming;
    this.#body = body;
  }

  /** Reads it; called once. */
  read(): Promise<Uint8Array> {
    const incoming = this.#incoming;
    this.#settle = Promise.withResolvers();
    incoming[READER] = this;
    incoming.on("data", onData);
    incoming.on("end", onEnd);
    // An error comes before it, and is no other news.
    incoming.on("close", onClose);
    return this.#settle.promise;
  }

  /** The rest will not come, or not be taken; nothing is done where all has. */
  fail(error: unknown): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.reject(error);
  }

  /** The connection is gone, or all has come. */
  cut(): void {
    if (this.#settle !== undefined) this.fail(clientLeft());
  }

  /** Takes a chunk. */
  take(chunk: Uint8Array): void {
    if (this.#settle === undefined) return;
    try {
      this.#body.add(chunk);
    } catch (error) {
      this.#incoming.pause();
      this.fail(error);
    }
  }

  /** All has come. */
  end(): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve(this.#body.handOver());
  }

  /** Gives back the room of the body. */
  release(): void {
    this.#body.release();
  }
}

function onData(this: ReadMessage, chunk: Uint8Array): void {
  this[READER]?.take(chunk);
}

function onEnd(this: ReadMessage): void {
  this[READER]?.end();
}

function onClose(this: ReadMessage): void {
  this[READER]?.cut();
}
