import { upstreamFault } from "./_http_errors.ts";
import type { UpstreamBody } from "./upstream.ts";

/** Where a body is to break off: after bytes, or else after events. */
export interface CutPoint {
  readonly afterBytes?: number | undefined;
  /** @default {1} */
  readonly afterEvents?: number | undefined;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const COLON = 0x3a;

/** A body that breaks off somewhere, unless it ends before. */
export class CutBody implements UpstreamBody {
  readonly #body: UpstreamBody;
  /** How much may come; without, events are counted. */
  #bytes: number | undefined;
  #events: number;
  #lineIsEmpty = true;
  #eventHasField = false;

  constructor(body: UpstreamBody, { afterBytes, afterEvents = 1 }: CutPoint) {
    this.#body = body;
    this.#bytes = afterBytes;
    this.#events = afterEvents;
  }

  pump(take: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
    // What is thrown closes the exchange, as a cut does.
    return this.#body.pump((chunk) => {
      const end = this.#find(chunk);
      if (end === undefined) return take(chunk);
      const taken = end === 0 ? undefined : take(chunk.subarray(0, end));
      if (!(taken instanceof Promise)) throw upstreamFault("upstream_body_cut");
      return taken.then(() => {
        throw upstreamFault("upstream_body_cut");
      });
    });
  }

  cancel(): void {
    this.#body.cancel();
  }

  /** The place in this chunk behind which nothing comes, if it is there. */
  #find(chunk: Uint8Array): number | undefined {
    if (this.#bytes === undefined) return this.#findEvent(chunk);
    if (this.#bytes <= chunk.length) return this.#bytes;
    this.#bytes -= chunk.length;
    return undefined;
  }

  #findEvent(chunk: Uint8Array): number | undefined {
    if (this.#events === 0) return 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === CARRIAGE_RETURN) continue;
      if (byte !== LINE_FEED) {
        if (this.#lineIsEmpty && byte !== COLON) this.#eventHasField = true;
        this.#lineIsEmpty = false;
      } else if (!this.#lineIsEmpty) this.#lineIsEmpty = true;
      else if (this.#eventHasField) {
        this.#eventHasField = false;
        if (--this.#events === 0) return at + 1;
      }
    }
    return undefined;
  }
}
