import { AttemptClock } from "./attempt_clock.ts";
import type { EncodedRequest } from "./dialect.ts";
import { joinChunks } from "./join_chunks.ts";
import type { Provider } from "./provider.ts";
import type { UpstreamBody, UpstreamResponse } from "./upstream.ts";

/** How an attempt is made. */
export interface AttemptOptions {
  /** Aborted when the caller has left. */
  readonly signal: AbortSignal;
  /**
   * The answer is a stream: headers and first content have clocks of their
   * own. An answer that is whole starts when it is finished, so only its total
   * is limited.
   */
  readonly stream: boolean;
}

/** One try at one provider, under its clocks. */
export class Attempt {
  readonly #provider: Provider;
  /** The clocks of this attempt. */
  readonly clock: AttemptClock;

  /** Starts the clocks; {@linkcode Attempt.stop} must follow in any case. */
  constructor(provider: Provider, { signal, stream }: AttemptOptions) {
    const { limits } = provider;
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
  async send(request: EncodedRequest): Promise<UpstreamResponse> {
    const { baseUrl, headers, transport } = this.#provider;
    const response = await transport.send({
      method: "POST",
      url: baseUrl + request.path,
      headers: {
        "content-type": "application/json",
        "accept-encoding": "identity",
        ...request.headers,
        ...headers,
      },
      body: request.body,
    }, {
      signal: this.clock.signal,
      onConnected: () => this.clock.enter("headers"),
    });
    this.clock.enter("content");
    return response;
  }

  /** Stops the clocks. */
  stop(): void {
    this.clock.stop();
  }
}

/**
 * Reads a body whole.
 *
 * @param maxBytes Where to stop and close the exchange; what came until then
 * is returned. For error bodies, of which the head is enough. Absent: the
 * transport's own cap decides.
 */
export async function collectBody(
  body: UpstreamBody,
  maxBytes: number = Infinity,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    await body.pump((chunk) => {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > maxBytes) throw new RangeError("Enough was read");
    });
  } catch (error) {
    if (size <= maxBytes) throw error;
  }
  return joinChunks(chunks, size);
}
