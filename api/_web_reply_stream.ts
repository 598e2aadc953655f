import type { ByteReplyStream } from "./exchange.ts";

/** How many bytes of a stream may wait for a slow client. */
const HIGH_WATER = 16 * 1024;
/** How long a client may take to read the end of an answer, in ms. */
const PATIENCE = 60_000;
/** The same where the answer has failed. */
const LINGER = 1_000;

/** A streamed answer as the body of a `Response`. */
export class WebReplyStream implements ByteReplyStream {
  /** The body; it begins empty. */
  readonly body: ReadableStream<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #room = Promise.withResolvers<void>();

  /** Calls `onLeave` when the client leaves before the end. */
  constructor(onLeave: () => void) {
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#room.resolve(),
      cancel: () => {
        this.#controller = undefined;
        this.#room.resolve();
        onLeave();
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER }));
  }

  write(piece: string | Uint8Array): Promise<void> | undefined {
    const controller = this.#controller;
    if (controller === undefined) return undefined;
    controller.enqueue(
      typeof piece === "string" ? this.#encoder.encode(piece) : piece,
    );
    if ((controller.desiredSize ?? 0) > 0) return undefined;
    this.#room = Promise.withResolvers();
    return this.#room.promise;
  }

  end(): void {
    this.#close(PATIENCE);
  }

  fail(): void {
    this.#close(LINGER);
  }

  cut(): void {
    // Words alone: the platform prints them, and a stack would say nothing.
    this.#controller?.error("The answer broke off");
    this.#controller = undefined;
  }

  /** Closes when the client has taken what waits for it, or cuts it off. */
  #close(patience: number): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    if ((controller.desiredSize ?? 0) > 0) {
      this.#controller = undefined;
      return controller.close();
    }
    const timer = setTimeout(() => {
      this.#controller = undefined;
      // Words alone: the platform prints them, and a stack would say nothing.
      controller.error("The client stopped reading");
    }, patience);
    this.#room = Promise.withResolvers();
    void this.#room.promise.then(() => {
      clearTimeout(timer);
      this.#controller?.close();
      this.#controller = undefined;
    });
  }
}
