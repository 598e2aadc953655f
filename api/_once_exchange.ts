import { GatewayError, type RequestSource } from "@llm-proxy/core";
import type { BodyDigest } from "./_body_digest.ts";
import type { OnceTurn } from "./_once_turn.ts";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";
import { WrappedExchange, writtenBy } from "./_wrapped_exchange.ts";

/**
 * The exchange of a request whose answer is kept: it remembers the answer, and
 * lets it be made to its end when its client leaves, who will ask again.
 */
export class OnceExchange extends WrappedExchange {
  readonly #client: AbortSignal;
  readonly #turn: OnceTurn;
  readonly #controller = new AbortController();
  readonly #digest: BodyDigest | undefined;
  #body: Uint8Array | undefined;

  /** Takes an exchange whose body was read, or is to be known by its digest. */
  constructor(
    inner: Exchange,
    { turn, body, digest }: {
      readonly turn: OnceTurn;
      readonly body: Uint8Array | undefined;
      readonly digest: BodyDigest | undefined;
    },
  ) {
    super(inner);
    this.#client = inner.signal;
    this.#turn = turn;
    this.#body = body;
    this.#digest = digest;
    if (this.#client.aborted) this.#leave();
    else this.#client.addEventListener("abort", this.#leave);
  }

  /** Aborted when the listener ends what runs, not when the client leaves. */
  override get signal(): AbortSignal {
    return this.#controller.signal;
  }

  override async body(maxBytes: number): Promise<Uint8Array> {
    const known = this.#body;
    this.#body = undefined;
    if (known !== undefined) return known;
    const body = await super.body(maxBytes);
    this.#digest?.update(body);
    this.#turn.asked = this.#digest?.end();
    return body;
  }

  override source(maxBytes: number): RequestSource {
    const source = super.source(maxBytes);
    const digest = this.#digest;
    if (digest === undefined) return source;
    const { length } = source;
    return {
      ...length !== undefined && { length },
      pump: async (take) => {
        await source.pump((chunk) => {
          digest.update(chunk);
          return take(chunk);
        });
        this.#turn.asked = digest.end();
      },
    };
  }

  override send(
    status: number,
    headers: Record<string, string | number>,
    body: string,
  ): void {
    this.#begin(status, { headers, isStream: false });
    this.#turn.add(body);
    if (isGood(status)) this.#turn.complete();
    super.send(status, headers, body);
  }

  override stream(status: number, headers: ReplyHeaders): ByteReplyStream {
    this.#begin(status, { headers, isStream: true });
    const reply = super.stream(status, headers);
    const written = writtenBy(reply, (piece) => {
      this.#turn.add(piece);
      return this.#client.aborted ? undefined : reply.write(piece);
    });
    return {
      ...written,
      end: () => {
        if (isGood(status)) this.#turn.complete();
        reply.end();
      },
    };
  }

  /** The request was served. */
  close(): void {
    this.#client.removeEventListener("abort", this.#leave);
    // It was answered before it was asked to its end: nobody can tell what with.
    if (this.#digest !== undefined && this.#turn.asked === undefined) {
      this.#turn.lose();
    }
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
    const { reason } = this.#client;
    const hasLeft = reason instanceof GatewayError &&
      reason.code === "client_closed";
    if (!hasLeft) this.#controller.abort(reason);
  };
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}
