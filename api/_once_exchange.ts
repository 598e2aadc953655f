import { GatewayError, type RequestSource } from "@llm-proxy/core";
import type { OnceTurn } from "./_once_turn.ts";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";

/**
 * The exchange of a request whose answer is kept: it remembers the answer, and
 * lets it be made to its end when its client leaves, who will ask again.
 */
export class OnceExchange implements Exchange {
  readonly #inner: Exchange;
  readonly #turn: OnceTurn;
  readonly #controller = new AbortController();
  #body: Uint8Array | undefined;

  /** Takes an exchange whose body, where there is one, was read. */
  constructor(
    inner: Exchange,
    { turn, body }: {
      readonly turn: OnceTurn;
      readonly body: Uint8Array | undefined;
    },
  ) {
    this.#inner = inner;
    this.#turn = turn;
    this.#body = body;
    const { signal } = inner;
    if (signal.aborted) this.#leave();
    else signal.addEventListener("abort", this.#leave);
  }

  get method(): string {
    return this.#inner.method;
  }

  get path(): string {
    return this.#inner.path;
  }

  get target(): string {
    return this.#inner.target;
  }

  get address(): string | undefined {
    return this.#inner.address;
  }

  /** Aborted when the listener ends what runs, not when the client leaves. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  header(name: string): string | undefined {
    return this.#inner.header(name);
  }

  headers(): Readonly<Record<string, string>> {
    return this.#inner.headers();
  }

  body(maxBytes: number): Promise<Uint8Array> {
    const body = this.#body;
    if (body === undefined) return this.#inner.body(maxBytes);
    this.#body = undefined;
    return Promise.resolve(body);
  }

  source(maxBytes: number): RequestSource {
    return this.#inner.source(maxBytes);
  }

  send(
    status: number,
    headers: Record<string, string | number>,
    body: string,
  ): void {
    this.#begin(status, { headers, isStream: false });
    this.#turn.add(body);
    if (isGood(status)) this.#turn.complete();
    this.#inner.send(status, headers, body);
  }

  stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    this.#begin(status, { headers, isStream: true });
    const reply = this.#inner.stream(status, headers);
    const { signal } = this.#inner;
    return {
      write: (piece) => {
        this.#turn.add(piece);
        return signal.aborted ? undefined : reply.write(piece);
      },
      end: () => {
        if (isGood(status)) this.#turn.complete();
        reply.end();
      },
      fail: () => reply.fail(),
      cut: () => reply.cut(),
    };
  }

  release(): void {
    this.#inner.release();
  }

  /** The request was served. */
  close(): void {
    this.#inner.signal.removeEventListener("abort", this.#leave);
    this.#turn.end();
  }

  #begin(
    status: number,
    { headers, isStream }: {
      readonly headers: Readonly<Record<string, string | number>>;
      readonly isStream: boolean;
    },
  ): void {
    const kept: Record<string, string> = {};
    for (const name in headers) kept[name] = String(headers[name]);
    this.#turn.begin({ status, headers: kept, isStream });
  }

  readonly #leave = (): void => {
    const { reason } = this.#inner.signal;
    const hasLeft = reason instanceof GatewayError &&
      reason.code === "client_closed";
    if (!hasLeft) this.#controller.abort(reason);
  };
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}
