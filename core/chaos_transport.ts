import { chaosErrorBody } from "./_chaos_error_body.ts";
import { CutBody } from "./_cut_body.ts";
import { upstreamFault } from "./_http_errors.ts";
import { type ChaosFault, checkChaosFault } from "./chaos_fault.ts";
import { UpstreamError } from "./errors.ts";
import { MockBody } from "./mock/_mock_body.ts";
import type { DialectName } from "./provider.ts";
import type {
  SendOptions,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "./upstream.ts";
import { wait } from "./wait.ts";

/** What a {@linkcode ChaosTransport} injects. */
export interface ChaosTransportOptions {
  /** Injected into every request; its `probability` and `match` are the caller's matter. */
  readonly fault: ChaosFault;
  /** The dialect that errors are written in. @default {"openai_chat"} */
  readonly dialect?: DialectName;
  /**
   * Gives numbers from 0 up to but not including 1.
   *
   * @default {Math.random}
   */
  readonly random?: () => number;
}

/**
 * A transport in front of another that injects one fault into every request.
 *
 * What it makes up looks as if it came over the network: errors are answers in
 * the provider's dialect, failures have the codes of {@linkcode HttpClient}.
 * The other transport is asked only where the fault is a `delay` or a
 * `cut_stream`. Use {@linkcode Chaos} to strike some requests only.
 *
 * @example A stream that breaks off after its first event
 * ```ts
 * import { ChaosTransport, MockTransport, UpstreamError } from "@llm-proxy/core";
 * import { assert } from "@std/assert";
 *
 * const transport = new ChaosTransport(new MockTransport(), {
 *   fault: { type: "cut_stream", probability: 1, afterEvents: 1 },
 * });
 * const { body } = await transport.send({
 *   method: "POST",
 *   url: "mock://mock/chat/completions",
 *   headers: {},
 *   body: JSON.stringify({ model: "echo", stream: true, messages: [{ role: "user", content: "Hi" }] }),
 * }, { signal: new AbortController().signal });
 * const error = await body.pump(() => {}).catch((error) => error);
 * assert(error instanceof UpstreamError && error.code === "upstream_body_cut");
 * transport.close();
 * ```
 */
export class ChaosTransport implements Transport {
  readonly #inner: Transport;
  readonly #fault: ChaosFault;
  readonly #dialect: DialectName;
  readonly #random: () => number;

  /**
   * Takes the transport that is then closed with this one.
   *
   * @throws {TypeError} when the type of the fault is unknown.
   * @throws {RangeError} when a number of the fault is missing or out of its range.
   */
  constructor(inner: Transport, options: ChaosTransportOptions) {
    checkChaosFault("ChaosTransport: 'fault", options.fault);
    this.#inner = inner;
    this.#fault = options.fault;
    this.#dialect = options.dialect ?? "openai_chat";
    this.#random = options.random ?? Math.random;
  }

  /**
   * Sends a request, or makes up what comes of it.
   *
   * @throws {UpstreamError} what a fault makes of it: `headers_timeout`,
   * `upstream_connect_failed`, `upstream_reset`, and `upstream_body_cut` while
   * the body is read.
   * @throws {unknown} what the other transport throws, or the signal's reason.
   */
  async send(
    request: UpstreamRequest,
    options: SendOptions,
  ): Promise<UpstreamResponse> {
    const { signal } = options;
    signal.throwIfAborted();
    const { type, delayMs, status = 500, retryAfter = 1 } = this.#fault;
    switch (type) {
      case "delay":
        // The time counts as a wait for the answer, not for a connection.
        options.clock?.enter("headers");
        await wait(delayMs ?? 0, signal);
        return await this.#inner.send(request, { signal });
      case "error":
        return this.#answer(status, options);
      case "rate_limit":
        return this.#answer(429, options, {
          "retry-after": String(Math.ceil(retryAfter)),
        });
      case "timeout":
        options.clock?.enter("headers");
        await wait(delayMs ?? Infinity, signal);
        throw new UpstreamError(
          "timeout",
          "The provider timed out: no sign of response headers in time",
          { code: "headers_timeout" },
        );
      case "network_failure":
        if (this.#random() < 0.5) {
          throw upstreamFault("upstream_connect_failed", {
            code: "ECONNREFUSED",
            syscall: "connect",
          });
        }
        options.clock?.enter("headers");
        throw upstreamFault("upstream_reset", {
          code: "ECONNRESET",
          syscall: "read",
        });
      case "cut_stream": {
        const { status, headers, body } = await this.#inner.send(
          request,
          options,
        );
        return { status, headers, body: new CutBody(body, this.#fault) };
      }
    }
  }

  /** Closes the other transport. */
  close(): void {
    this.#inner.close();
  }

  #answer(
    status: number,
    { signal, clock }: SendOptions,
    headers: Readonly<Record<string, string>> = {},
  ): UpstreamResponse {
    clock?.enter("headers");
    const text = chaosErrorBody(this.#dialect, status);
    return {
      status,
      headers: { "content-type": "application/json", ...headers },
      body: new MockBody([text].values(), signal),
    };
  }
}
