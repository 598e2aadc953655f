import type { Socket } from "node:net";
import { upstreamFault } from "./_http_errors.ts";
import { ByteCollector } from "./byte_collector.ts";
import { GatewayError } from "./errors.ts";
import type {
  RequestSource,
  SendOptions,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "./upstream.ts";

/** Proves who asks where no header that stays the same does: by a signature, or a token that runs out. */
export interface RequestAuthorizer {
  /** It has to know the whole body of a request. @default {false} */
  readonly readsBody?: boolean;
  /**
   * The headers that a request is sent with beside its own, lower case.
   *
   * @throws {UpstreamError} of kind `authentication` when there is no proof to be had.
   * @throws {unknown} the signal's reason once it is aborted.
   */
  authorize(
    request: UpstreamRequest,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>;
  /**
   * Told of an answer of status 401 or 403, by the headers of the request and
   * its own. Says whether another proof is worth another try: asked once for a
   * request.
   */
  refused(
    sent: Readonly<Record<string, string>>,
    response: UpstreamResponse,
  ): boolean;
  /** Ends what it has under way, for good. */
  close(): void;
}

/**
 * A transport whose requests are authorised one by one. A request that the
 * provider refuses is sent a second time where another proof may help (E24): it
 * has not been worked on.
 */
export class AuthorizedTransport implements Transport {
  readonly #inner: Transport;
  readonly #authorizer: RequestAuthorizer;

  /** Joins the two; both are closed with it. */
  constructor(inner: Transport, authorizer: RequestAuthorizer) {
    this.#inner = inner;
    this.#authorizer = authorizer;
  }

  /** How many connections to the provider are open. */
  get connections(): number {
    return this.#inner.connections ?? 0;
  }

  /** How many requests wait for one. */
  get waiting(): number {
    return this.#inner.waiting ?? 0;
  }

  /** Authorises a request and sends it; see {@linkcode Transport.send}. */
  async send(
    request: UpstreamRequest,
    options: SendOptions,
  ): Promise<UpstreamResponse> {
    const { body } = request;
    const isSource = body !== undefined && typeof body !== "string";
    const sent = isSource && this.#authorizer.readsBody
      ? { ...request, body: await collectText(body) }
      : request;
    // A body that comes piece by piece comes once only.
    let mayRepeat = sent.body === undefined || typeof sent.body === "string";
    while (true) {
      const proof = await this.#authorizer.authorize(sent, options.signal);
      const headers = { ...sent.headers, ...proof };
      const response = await this.#inner.send({ ...sent, headers }, options);
      const isRefusal = response.status === 401 || response.status === 403;
      const isNews = isRefusal && this.#authorizer.refused(headers, response);
      if (!isNews || !mayRepeat) return response;
      mayRepeat = false;
      response.body.cancel();
    }
  }

  /** Opens a connection of its own; see {@linkcode Transport.connect}. */
  async connect(url: string, signal: AbortSignal): Promise<Socket> {
    const socket = await this.#inner.connect?.(url, signal);
    if (socket === undefined) throw upstreamFault("upstream_connect_failed");
    return socket;
  }

  /** What proves who asks; see {@linkcode Transport.authorize}. */
  authorize(
    request: UpstreamRequest,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    return this.#authorizer.authorize(request, signal);
  }

  /** Closes idle connections, and those in use when their request has ended. */
  retire(): void {
    this.#inner.retire?.();
  }

  /** Closes all connections and refuses further use. */
  close(): void {
    this.#authorizer.close();
    this.#inner.close();
  }
}

/** How large a body may be that has to be known before it is sent, in bytes. */
const MAX_BODY = 32 * 1024 * 1024;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads a body whole, which must be text. */
async function collectText(source: RequestSource): Promise<string> {
  const collected = new ByteCollector();
  await source.pump((chunk) => {
    collected.add(chunk);
    if (collected.size <= MAX_BODY) return;
    throw new GatewayError(
      "too_large",
      `The request body is larger than ${MAX_BODY} bytes, the most that can be signed`,
      { code: "request_too_large" },
    );
  });
  try {
    return decoder.decode(collected.bytes());
  } catch (cause) {
    throw new GatewayError(
      "invalid_request",
      "The request body is no UTF-8 text",
      { code: "invalid_json", cause },
    );
  }
}
