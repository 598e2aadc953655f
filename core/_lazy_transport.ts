import type { Socket } from "node:net";
import { upstreamFault } from "./_http_errors.ts";
import type {
  SendOptions,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "./upstream.ts";

/** A transport that is made at its first request. */
export class LazyTransport implements Transport {
  readonly #make: () => Transport;
  #inner: Transport | undefined;
  #retired = false;
  #closed = false;

  /** Makes nothing yet. */
  constructor(make: () => Transport) {
    this.#make = make;
  }

  get connections(): number {
    return this.#inner?.connections ?? 0;
  }

  get waiting(): number {
    return this.#inner?.waiting ?? 0;
  }

  send(
    request: UpstreamRequest,
    options: SendOptions,
  ): Promise<UpstreamResponse> {
    try {
      return (this.#inner ?? this.#obtain()).send(request, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async connect(url: string, signal: AbortSignal): Promise<Socket> {
    const socket = await (this.#inner ?? this.#obtain()).connect?.(url, signal);
    if (socket === undefined) throw upstreamFault("upstream_connect_failed");
    return socket;
  }

  retire(): void {
    this.#retired = true;
    this.#inner?.retire?.();
  }

  close(): void {
    this.#closed = true;
    this.#inner?.close();
  }

  #obtain(): Transport {
    if (this.#closed) throw upstreamFault("upstream_transport_closed");
    this.#inner = this.#make();
    if (this.#retired) this.#inner.retire?.();
    return this.#inner;
  }
}
