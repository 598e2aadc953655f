import { upstreamFault } from "./_http_errors.ts";
import type {
  SendOptions,
  Transport,
  UpstreamBody,
  UpstreamRequest,
  UpstreamResponse,
} from "./upstream.ts";

/** The transports of one owner that hold something open. */
export class OpenTransports {
  readonly #open = new Set<Transport>();
  #closed = false;

  /** Whether nothing may be opened any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /** Notes that one has opened something. */
  add(transport: Transport): void {
    this.#open.add(transport);
  }

  /** Notes that it has let go of it. */
  delete(transport: Transport): void {
    this.#open.delete(transport);
  }

  /** Closes all, for good. */
  close(): void {
    this.#closed = true;
    for (const transport of this.#open) transport.close();
  }
}

/**
 * A transport that is made at its first request and, once retired, let go
 * whenever its last request has ended.
 *
 * A retired one still serves whoever holds it, on connections of the moment: a
 * request that began before a change may try again after it. A request ends
 * with its body, which must be pumped or cancelled.
 */
export class LeasedTransport implements Transport {
  readonly #make: () => Transport;
  readonly #open: OpenTransports;
  #inner: Transport | undefined;
  #flights = 0;
  #retired = false;
  #closed = false;

  /** Makes nothing yet. */
  constructor(make: () => Transport, open: OpenTransports) {
    this.#make = make;
    this.#open = open;
  }

  async send(
    request: UpstreamRequest,
    options: SendOptions,
  ): Promise<UpstreamResponse> {
    const inner = this.#inner ?? this.#obtain();
    this.#flights++;
    try {
      const { status, headers, body } = await inner.send(request, options);
      return {
        status,
        headers,
        body: new LeasedBody(body, () => this.#landed()),
      };
    } catch (error) {
      this.#landed();
      throw error;
    }
  }

  /** Keeps nothing open beyond the requests that are under way. */
  retire(): void {
    this.#retired = true;
    if (this.#flights === 0) this.#letGo();
  }

  close(): void {
    this.#closed = true;
    this.#letGo();
  }

  #obtain(): Transport {
    if (this.#closed || this.#open.closed) {
      throw upstreamFault("upstream_transport_closed");
    }
    this.#inner = this.#make();
    this.#open.add(this);
    return this.#inner;
  }

  #landed(): void {
    this.#flights--;
    if (this.#retired && this.#flights === 0) this.#letGo();
  }

  #letGo(): void {
    const inner = this.#inner;
    this.#inner = undefined;
    this.#open.delete(this);
    inner?.close();
  }
}

/** A body whose end is told, once. */
class LeasedBody implements UpstreamBody {
  readonly #body: UpstreamBody;
  #onEnd: (() => void) | undefined;

  constructor(body: UpstreamBody, onEnd: () => void) {
    this.#body = body;
    this.#onEnd = onEnd;
  }

  pump(take: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
    const pumped = this.#body.pump(take);
    const end = (): void => this.#end();
    pumped.then(end, end);
    return pumped;
  }

  cancel(): void {
    this.#body.cancel();
    this.#end();
  }

  #end(): void {
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.();
  }
}
