import { LossReport, type RequestSource } from "@llm-proxy/core";
import type { RequestContext } from "./endpoints.ts";
import type { ByteReplyStream, Exchange, ReplyHeaders } from "./exchange.ts";
import { scanAnswer, unmaskAnswer } from "./_guard_answer.ts";
import { GuardedStream, type GuardedStreamOptions } from "./_guard_stream.ts";

const encoder = new TextEncoder();

/**
 * The caller's exchange behind guardrails: every answer, whoever gives it,
 * comes by here in the caller's dialect, and only what was looked at goes on.
 * Nothing is begun before there is something to tell, so that a refusal until
 * then is a plain error.
 */
export class GuardedExchange implements Exchange {
  readonly #context: RequestContext;
  readonly #options: GuardedStreamOptions;
  #whole:
    | { readonly headers: ReplyHeaders; readonly body: string }
    | undefined;
  #stream: GuardedStream | undefined;

  constructor(context: RequestContext, options: GuardedStreamOptions) {
    this.#context = context;
    this.#options = options;
  }

  get method(): string {
    return this.#context.exchange.method;
  }

  get path(): string {
    return this.#context.exchange.path;
  }

  get target(): string {
    return this.#context.exchange.target;
  }

  get address(): string | undefined {
    return this.#context.exchange.address;
  }

  get signal(): AbortSignal {
    return this.#context.exchange.signal;
  }

  header(name: string): string | undefined {
    return this.#context.exchange.header(name);
  }

  headers(): Readonly<Record<string, string>> {
    return this.#context.exchange.headers();
  }

  body(maxBytes: number): Promise<Uint8Array> {
    return this.#context.exchange.body(maxBytes);
  }

  source(maxBytes: number): RequestSource {
    return this.#context.exchange.source(maxBytes);
  }

  release(): void {
    this.#context.exchange.release();
  }

  send(_status: number, headers: ReplyHeaders, body: string): void {
    this.#whole = { headers, body };
  }

  stream(_status: number, headers: ReplyHeaders): ByteReplyStream {
    return this.#stream = new GuardedStream(
      this.#context,
      headers,
      this.#options,
    );
  }

  /**
   * Looks at what can only be looked at as a whole, and tells it.
   *
   * @throws {GatewayError} where it must not be told; the client knows of it where its answer had begun.
   */
  async finish(): Promise<void> {
    await this.#stream?.finish();
    const whole = this.#whole;
    if (whole === undefined) return;
    const { exchange, record } = this.#context;
    try {
      exchange.send(200, whole.headers, await this.#guard(whole.body));
    } catch (error) {
      // Nothing was told: the error is the answer.
      record.status = 0;
      throw error;
    }
  }

  async #guard(body: string): Promise<string> {
    const { reader, scans, whole, mask, document } = this.#options;
    const losses = new LossReport();
    const answer = reader.decodeAnswer(encoder.encode(body), losses);
    scanAnswer(answer, scans);
    const checked = await whole?.(answer) ?? answer;
    const told = mask === undefined ? checked : unmaskAnswer(checked, mask);
    // What nobody has looked at is not told.
    const isSame = told === answer && losses.empty;
    // A body may repeat the request.
    if (isSame && (mask?.unmask(body) ?? body) === body) return body;
    const { client } = this.#context.record;
    return client.encodeAnswer(told, new LossReport(), document);
  }

  /** Ends what would go on telling a client that it is still awaited. */
  close(): void {
    this.#stream?.close();
  }
}
