import { AttemptClock, type AttemptLimits } from "./attempt_clock.ts";
import { ByteCollector } from "./byte_collector.ts";
import type { EncodedRequest, PassedRequest } from "./dialect.ts";
import type { AbortSource } from "./late_abort.ts";
import type { Provider } from "./provider.ts";
import type {
  SendOptions,
  UpstreamBody,
  UpstreamResponse,
} from "./upstream.ts";
import { passedUpstreamRequest, upstreamRequest } from "./upstream_request.ts";

/** How an attempt is made. */
export interface AttemptOptions {
  /** Aborted when the caller has left. */
  readonly signal: AbortSource;
  /**
   * The answer is a stream: headers and first content have clocks of their
   * own. An answer that is whole starts when it is finished, so only its total
   * is limited.
   */
  readonly stream: boolean;
  /** How long it may take. @default {the provider's limits} */
  readonly limits?: AttemptLimits;
}

/** One try at one provider, under its clocks. */
export class Attempt implements SendOptions {
  readonly #provider: Provider;
  /** The clocks of this attempt. */
  readonly clock: AttemptClock;

  /** Starts the clocks; {@linkcode Attempt.stop} must follow in any case. */
  constructor(provider: Provider, options: AttemptOptions) {
    const { signal, stream, limits = provider.limits } = options;
    this.#provider = provider;
    this.clock = new AttemptClock(
      stream
        ? limits
        : { ...limits, headers: limits.total, content: limits.total },
      signal,
    );
  }

  /**
   * Sends the request and resolves with the head of the answer.
   *
   * @throws {GatewayError} when no answer came, a clock ran out, or the caller left.
   */
  send(request: EncodedRequest | PassedRequest): Promise<UpstreamResponse> {
    const sent = "method" in request
      ? passedUpstreamRequest(this.#provider, request)
      : upstreamRequest(this.#provider, request);
    return this.#provider.transport.send(sent, this).then((response) => {
      this.clock.enter("content");
      return response;
    });
  }

  /** Whether the provider may have seen anything of it: a connection stood. */
  get isSent(): boolean {
    return this.clock.isConnected;
  }

  /** Aborted when a clock has run out, or the caller has left. */
  get signal(): AbortSignal {
    return this.clock.signal;
  }

  /** The same, for whoever needs no signal of it. */
  get abort(): AbortSource {
    return this.clock.abort;
  }

  /** Stops the clocks. */
  stop(): void {
    this.clock.stop();
  }
}

/**
 * Reads a body whole.
 *
 * @throws {UpstreamError} when it is cut or larger than the transport allows.
 */
export function collectBody(body: UpstreamBody): Promise<Uint8Array> {
  if (body.bytes !== undefined) return body.bytes();
  const collected = new ByteCollector();
  return body.pump((chunk) => collected.add(chunk))
    .then(() => collected.bytes());
}

/** How much of an error's body is waited for: its head says what is wrong. */
export interface ErrorBodyLimits {
  /** How many bytes. @default {65_536} */
  readonly maxBytes?: number;
  /** How long, in milliseconds. @default {2_000} */
  readonly maxWait?: number;
}

/**
 * Reads what comes of an error's body: the status is the news, and a body that
 * is cut or dawdles must neither hide nor delay it (K1).
 *
 * @returns What came until the body's end, its failure, or a limit.
 */
export async function collectErrorBody(
  body: UpstreamBody,
  options: ErrorBodyLimits = {},
): Promise<Uint8Array> {
  const { maxBytes = 65_536, maxWait = 2_000 } = options;
  const collected = new ByteCollector();
  const timer = setTimeout(() => body.cancel(), maxWait);
  try {
    await body.pump((chunk) => {
      collected.add(chunk);
      if (collected.size > maxBytes) body.cancel();
    });
  } catch {
    // What came until then is what there is to say.
  } finally {
    clearTimeout(timer);
  }
  return collected.bytes();
}
