import { LossReport } from "@llm-proxy/core";
import type { RequestContext } from "./endpoints.ts";
import type { ByteReplyStream, ReplyHeaders } from "./exchange.ts";
import { scanAnswer, scanBody, unmaskAnswer } from "./_guard_answer.ts";
import { WrappedExchange } from "./_wrapped_exchange.ts";
import { GuardedStream, type GuardedStreamOptions } from "./_guard_stream.ts";

const encoder = new TextEncoder();

/**
 * The caller's exchange behind guardrails: every answer, whoever gives it,
 * comes by here in the caller's dialect, and only what was looked at goes on.
 * Nothing is begun before there is something to tell, so that a refusal until
 * then is a plain error.
 */
export class GuardedExchange extends WrappedExchange {
  readonly #context: RequestContext;
  readonly #options: GuardedStreamOptions;
  #whole:
    | { readonly headers: ReplyHeaders; readonly body: string }
    | undefined;
  #stream: GuardedStream | undefined;

  constructor(context: RequestContext, options: GuardedStreamOptions) {
    super(context.exchange);
    this.#context = context;
    this.#options = options;
  }

  override send(_status: number, headers: ReplyHeaders, body: string): void {
    this.#whole = { headers, body };
  }

  override stream(_status: number, headers: ReplyHeaders): ByteReplyStream {
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
    const body = await this.#guard(whole.body);
    this.#whole = undefined;
    this.#context.exchange.send(200, whole.headers, body);
  }

  /** Tells the client what its answer has failed with, where it has begun; otherwise that is the answer. */
  break(reason: unknown): void {
    if (this.#whole !== undefined) this.#context.record.status = 0;
    this.#stream?.break(reason);
  }

  async #guard(body: string): Promise<string> {
    const { reader, scans, looks, whole, mask, document } = this.#options;
    const losses = new LossReport();
    const answer = reader.decodeAnswer(encoder.encode(body), losses);
    scanAnswer(answer, scans);
    const checked = await whole?.(answer) ?? answer;
    const told = mask === undefined ? checked : unmaskAnswer(checked, mask);
    // What nobody has looked at is not told.
    const isSame = told === answer && losses.empty;
    // A body may repeat the request.
    if (isSame && (mask?.unmask(body) ?? body) === body) {
      if (looks.length > 0) scanBody(body, looks);
      return body;
    }
    const { client } = this.#context.record;
    return client.encodeAnswer(told, new LossReport(), document);
  }

  /** Ends what would go on telling a client that it is still awaited. */
  close(): void {
    this.#stream?.close();
  }
}
