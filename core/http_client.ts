import { HttpExchange } from "./_http_exchange.ts";
import { type HttpTarget, parseTarget, requestHead } from "./_http_head.ts";
import { ConnectionPool, type PoolLimits } from "./_http_pool.ts";
import { GatewayError } from "./errors.ts";
import type {
  SendOptions,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "./upstream.ts";

/** How many addresses are kept taken apart; at more, all are forgotten. */
const MAX_TARGETS = 128;

/** Bounds of an {@linkcode HttpClient}. */
export interface HttpClientOptions {
  /**
   * How many connections may be open; further requests wait for one.
   *
   * @default {256}
   */
  readonly maxConnections?: number;
  /**
   * How many connections are kept open without use.
   *
   * @default {64}
   */
  readonly maxKeepAliveConnections?: number;
  /**
   * How long a connection is kept open without use, in milliseconds; shorter
   * where the provider says so.
   *
   * @default {30_000}
   */
  readonly keepAliveExpiry?: number;
  /**
   * How many bytes the body of one answer may have, after decompression.
   *
   * @default {67_108_864}
   */
  readonly maxResponseBytes?: number;
  /**
   * How many bytes the head of one answer may have.
   *
   * @default {65_536}
   */
  readonly maxHeaderBytes?: number;
  /**
   * Certificates of authorities to trust in place of the usual ones, as PEM.
   *
   * @default {undefined}
   */
  readonly ca?: string;
}

/**
 * The transport over HTTP/1.1, with kept-alive connections.
 *
 * One client serves one provider: all its requests go to one origin, so that
 * no connection, and no credential, is ever shared between two (X8). Redirects
 * are never followed but handed on as answers (K19), bodies that come
 * compressed are decompressed as they come (M19), and what the platform says
 * of a failure is put in words that hold no address (P-18).
 *
 * It has no clock of its own: the caller's signal ends an exchange, at once
 * and at any point (L1).
 *
 * @example A request that can't be sent
 * ```ts
 * import { HttpClient, UpstreamError } from "@llm-proxy/core";
 * import { assert } from "@std/assert";
 *
 * const client = new HttpClient({ maxConnections: 8 });
 * client.close();
 * try {
 *   await client.send(
 *     { method: "GET", url: "http://127.0.0.1/v1/models", headers: {} },
 *     { signal: new AbortController().signal },
 *   );
 * } catch (error) {
 *   assert(error instanceof UpstreamError);
 * }
 * ```
 */
export class HttpClient implements Transport {
  readonly #limits: PoolLimits;
  readonly #maxHeaderBytes: number;
  readonly #maxResponseBytes: number;
  readonly #targets = new Map<string, HttpTarget>();
  #pool: ConnectionPool | undefined;
  #closed = false;

  /**
   * Opens nothing yet.
   *
   * @throws {RangeError} when an option is not a number in its range.
   */
  constructor(options: HttpClientOptions = {}) {
    this.#limits = {
      maxConnections: bound("maxConnections", options.maxConnections ?? 256, 1),
      maxIdle: bound(
        "maxKeepAliveConnections",
        options.maxKeepAliveConnections ?? 64,
        0,
      ),
      keepAlive: bound("keepAliveExpiry", options.keepAliveExpiry ?? 30_000, 0),
      ca: options.ca,
    };
    this.#maxHeaderBytes = bound(
      "maxHeaderBytes",
      options.maxHeaderBytes ?? 65_536,
      1,
    );
    this.#maxResponseBytes = bound(
      "maxResponseBytes",
      options.maxResponseBytes ?? 67_108_864,
      0,
    );
  }

  /**
   * Sends a request and resolves with the head of the answer, whatever its
   * status. Headers that belong to a connection (`connection`, `te`,
   * `transfer-encoding`, `proxy-…` and the like) are left out (X9).
   *
   * A request is sent a second time only where a kept connection turns out to
   * have been closed by the provider, before a byte of the answer (U15).
   *
   * @throws {UpstreamError} when no answer came: `upstream_dns_failed`,
   * `upstream_connect_failed`, `upstream_tls_failed`, `upstream_reset`,
   * `upstream_header_too_large`, `upstream_invalid_response`,
   * `upstream_pool_exhausted`, `upstream_transport_closed`. While the body is
   * read also `upstream_body_cut` and `upstream_response_too_large`.
   * @throws {GatewayError} when a header can't be sent (C12), or the address is
   * none, or leads to another origin than the first request's.
   * @throws {unknown} the signal's reason once it is aborted.
   */
  send(
    request: UpstreamRequest,
    options: SendOptions,
  ): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      const target = this.#target(request.url);
      const { signal, onConnected } = options;
      const exchange = new HttpExchange(
        {
          method: request.method,
          path: target.path,
          head: requestHead(target, request),
          body: request.body,
        },
        {
          pool: this.#poolFor(target),
          maxHeaderBytes: this.#maxHeaderBytes,
          maxResponseBytes: this.#maxResponseBytes,
          signal,
          onConnected,
          resolve,
          reject,
        },
      );
      exchange.start();
    });
  }

  /** Closes all connections, also those in use, and refuses further use. */
  close(): void {
    this.#closed = true;
    this.#pool?.close();
  }

  #poolFor(target: HttpTarget): ConnectionPool {
    if (this.#pool === undefined) {
      this.#pool = new ConnectionPool(target, this.#limits);
      if (this.#closed) this.#pool.close();
    } else if (!this.#pool.serves(target)) {
      throw new GatewayError(
        "internal",
        "Cannot send to the provider: its address leads to another origin than before",
        { code: "upstream_origin_changed" },
      );
    }
    return this.#pool;
  }

  #target(url: string): HttpTarget {
    let target = this.#targets.get(url);
    if (target === undefined) {
      target = parseTarget(url);
      if (this.#targets.size >= MAX_TARGETS) this.#targets.clear();
      this.#targets.set(url, target);
    }
    return target;
  }
}

function bound(name: string, value: number, least: number): number {
  if (typeof value === "number" && value >= least) return value;
  throw new RangeError(
    `Cannot make an HttpClient: '${name}' must be a number not below ${least}, got '${value}'`,
  );
}
