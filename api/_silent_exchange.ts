import { GatewayError, type RequestSource } from "@llm-proxy/core";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";

/** An exchange with nobody: what is asked again in the background, by the head of a request that was answered. */
export class SilentExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly target: string;
  readonly address: string | undefined;
  readonly signal: AbortSignal;
  readonly #headers: Readonly<Record<string, string>>;

  readonly #onSend: ((status: number, body: string) => void) | undefined;

  constructor(
    answered: Exchange,
    { signal, onSend }: {
      readonly signal: AbortSignal;
      /** Told what is answered whole. */
      readonly onSend?: (status: number, body: string) => void;
    },
  ) {
    this.#onSend = onSend;
    this.method = answered.method;
    this.path = answered.path;
    this.target = answered.target;
    this.address = answered.address;
    this.signal = signal;
    // It is another request than the one that its caller may send again.
    const { "idempotency-key": _, ...headers } = answered.headers();
    this.#headers = headers;
  }

  header(name: string): string | undefined {
    return Object.hasOwn(this.#headers, name) ? this.#headers[name] : undefined;
  }

  headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  body(): Promise<Uint8Array> {
    return Promise.reject(readBefore());
  }

  source(): RequestSource {
    return { pump: () => Promise.reject(readBefore()) };
  }

  send(status: number, _headers: ReplyHeaders, body: string): void {
    this.#onSend?.(status, body);
  }

  stream(): ByteReplyStream {
    return { write: () => undefined, end() {}, fail() {}, cut() {} };
  }

  release(): void {}
}

function readBefore(): GatewayError {
  return new GatewayError("internal", "The body has been read before", {
    code: "internal_error",
  });
}
