import type { IncomingMessage } from "node:http";
import type { Readable, Transform } from "node:stream";
import { decodeFault, exchangeFault, upstreamFault } from "./_http_errors.ts";
import { ByteCollector } from "./byte_collector.ts";
import { GatewayError } from "./errors.ts";
import type { UpstreamBody } from "./upstream.ts";

/** What a body needs of the exchange that it belongs to. */
export interface BodyOwner {
  /** All bytes of the answer have come; the connection is no longer the body's. */
  received(): void;
  /** The body is through, for better (`complete`) or worse. Called once. */
  settled(complete: boolean): void;
}

/** How a body is read. */
export interface BodyOptions {
  readonly owner: BodyOwner;
  /** Undoes the content coding; `"unknown"` where that can't be done. */
  readonly decoder: Transform | "unknown" | undefined;
  /** How many bytes the head tells, before they are decoded. */
  readonly length: string | undefined;
  /** Upper bound of the decoded bytes. */
  readonly maxBytes: number;
}

type Take = (chunk: Uint8Array) => void | Promise<void>;

/** What a body that was pumped has left to give. */
const NOTHING = new Uint8Array();
/** How many bytes are taken between two looks at the clock. */
const LOOK_BYTES = 64 * 1024;
/** For how long bytes are taken before other connections get their turn, in ms. */
const TURN_MS = 5;

/** Where what a body is read from has that body: what listens is then the same for all. */
const BODY = Symbol("body");

interface Source extends Readable {
  [BODY]?: HttpBody;
}

/** The body of an answer that comes over `node:http`. */
export class HttpBody implements UpstreamBody {
  readonly #message: IncomingMessage;
  readonly #owner: BodyOwner;
  readonly #decoder: Transform | undefined;
  readonly #length: string | undefined;
  readonly #maxBytes: number;
  #bytes = 0;
  /** Bytes since the last look at the clock. */
  #unlooked = 0;
  #turnAt = 0;
  #waiting = false;
  #ended = false;
  #finished = false;
  #failed = false;
  #error: unknown;
  #pumping = false;
  #take: Take | undefined;
  /** Gathers it, where it is read whole. */
  #collected: ByteCollector | undefined;
  #resolve: ((bytes: Uint8Array) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  /** Reads nothing yet. */
  constructor(message: IncomingMessage, options: BodyOptions) {
    this.#message = message;
    this.#owner = options.owner;
    this.#length = options.length;
    this.#maxBytes = options.maxBytes;
    if (options.decoder === "unknown") {
      this.fail(upstreamFault("upstream_invalid_response"));
    } else this.#decoder = options.decoder;
  }

  pump(take: Take): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#begin(() => resolve(), reject);
      if (!this.#failed) this.#take = take;
    });
  }

  bytes(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#begin(resolve, reject);
      if (!this.#failed) this.#collected = new ByteCollector();
    });
  }

  cancel(): void {
    this.fail(
      new GatewayError("client_closed", "The answer was cancelled", {
        code: "cancelled",
      }),
    );
  }

  /** The connection is gone: whether that was after the end or a cut is seen here. */
  disconnected(raw?: unknown): void {
    if (!this.#message.complete) this.fail(exchangeFault(raw, true));
  }

  /** Ends the body before its time. */
  fail(error: unknown): void {
    if (this.#finished || this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#take = undefined;
    this.#collected = undefined;
    this.#decoder?.destroy();
    this.#owner.settled(false);
    this.#reject?.(error);
  }

  #begin(
    resolve: (bytes: Uint8Array) => void,
    reject: (error: unknown) => void,
  ): void {
    if (this.#pumping) throw new TypeError("Cannot pump a body twice");
    this.#pumping = true;
    if (this.#failed) return reject(this.#error);
    this.#resolve = resolve;
    this.#reject = reject;
    if (Number(this.#length) > this.#maxBytes) {
      return this.fail(upstreamFault("upstream_response_too_large"));
    }
    const source: Source = this.#decoder ?? this.#message;
    source[BODY] = this;
    source.on("data", HttpBody.#hearData);
    source.on("end", HttpBody.#hearEnd);
    if (this.#decoder !== undefined) this.#decode(this.#decoder);
  }

  static #hearData(this: Source, chunk: Uint8Array): void {
    const body = this[BODY];
    if (body !== undefined) body.#onData(chunk);
  }

  static #hearEnd(this: Source): void {
    const body = this[BODY];
    if (body !== undefined) body.#onEnd();
  }

  #onData(chunk: Uint8Array): void {
    if (this.#failed) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      return this.fail(upstreamFault("upstream_response_too_large"));
    }
    let taken: void | Promise<void> = undefined;
    try {
      if (this.#collected !== undefined) this.#collected.add(chunk);
      else taken = this.#take?.(chunk);
    } catch (error) {
      return this.fail(error);
    }
    this.#unlooked += chunk.length;
    if (taken instanceof Promise) this.#wait(taken);
    else if (this.#unlooked >= LOOK_BYTES) this.#look();
  }

  /**
   * Lets other connections have their turn. Where a peer sends faster than its
   * bytes are worked on, each read is ready at once, and the loop of Deno comes
   * to the other sockets after many of them only, or after a timer: an
   * immediate is no break to it.
   */
  #look(): void {
    this.#unlooked = 0;
    if (performance.now() - this.#turnAt < TURN_MS) return;
    this.#wait(
      new Promise((resolve) =>
        setTimeout(() => {
          this.#turnAt = performance.now();
          resolve();
        })
      ),
    );
  }

  /** Reads on when the chunk is taken. */
  #wait(taken: Promise<void>): void {
    const source = this.#decoder ?? this.#message;
    source.pause();
    this.#waiting = true;
    taken.then(() => {
      this.#waiting = false;
      if (this.#ended) this.#finish();
      else source.resume();
    }, (error) => this.fail(error));
  }

  #onEnd(): void {
    if (this.#failed) return;
    this.#ended = true;
    if (this.#decoder === undefined) this.#owner.received();
    // The end comes even to a source that is paused at its last chunk.
    if (!this.#waiting) this.#finish();
  }

  #finish(): void {
    if (this.#failed || this.#finished) return;
    this.#finished = true;
    this.#owner.settled(true);
    this.#resolve?.(this.#collected?.bytes() ?? NOTHING);
  }

  #decode(decoder: Transform): void {
    decoder.on("error", (raw: unknown) => {
      this.fail(decodeFault(raw));
    });
    this.#message.on("end", () => this.#owner.received());
    this.#message.pipe(decoder);
  }
}
