import type { Socket } from "node:net";
import { bound } from "./_http_bound.ts";
import { dial, type DialSettings } from "./_http_dial.ts";
import { upstreamFault } from "./_http_errors.ts";
import { HttpExchange } from "./_http_exchange.ts";
import { type HttpTarget, requestHead } from "./_http_head.ts";
import { checkIdentity } from "./_http_identity.ts";
import { ConnectionPool, type PoolLimits } from "./_http_pool.ts";
import { parseProxy } from "./_proxy_address.ts";
import { HttpTargets } from "./_http_targets.ts";
import { isRefusedHost } from "./address_rules.ts";
import { GatewayError } from "./errors.ts";
import type { HttpClientOptions } from "./http_client_options.ts";
import type {
  SendOptions,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "./upstream.ts";

/**
 * The transport over HTTP/1.1, with kept-alive connections.
 *
 * One client serves one provider: all its requests go to one origin, so that
 * no connection, and no credential, is ever shared between two (X8). Redirects
 * are never followed but handed on as answers (K19), bodies that come
 * compressed are decompressed as they come (M19), and what the platform says
 * of a failure is put in words that hold no address (P-18).
 *
 * Where a connection leads is judged by the address it is made to, not by the
 * name, each time one is made: a name that changes its mind gains nothing (X7).
 * With a proxy that address is the proxy's, which its owner is trusted with;
 * the provider's name is then resolved by the proxy, whose rules it must be
 * under, while an address in its place is still judged here. Several addresses
 * are tried in turn, the next where one refuses or is slow.
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
  readonly #dialing: DialSettings;
  readonly #maxHeaderBytes: number;
  readonly #maxResponseBytes: number;
  readonly #targets: HttpTargets;
  #pool: ConnectionPool | undefined;
  #retired = false;
  #closed = false;

  /**
   * Opens nothing yet.
   *
   * @throws {RangeError} when an option is not a number in its range.
   * @throws {TypeError} when `proxy`, `ca`, `cert` or `key` can't be read, or
   * one of the latter two is missing.
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
      maxAge: bound("maxConnectionAge", options.maxConnectionAge ?? 300_000, 0),
    };
    const { ca, cert, key, proxy, addressScope, resolve } = options;
    checkIdentity(options);
    this.#dialing = {
      ca,
      cert,
      key,
      proxy: proxy === undefined ? undefined : parseProxy(proxy),
      scope: addressScope,
      resolve,
    };
    this.#targets = new HttpTargets(proxy !== undefined);
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
   * `upstream_address_refused`, `upstream_connect_failed`,
   * `upstream_proxy_failed`, `upstream_tls_failed`, `upstream_reset`,
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
      const target = this.#targets.get(request.url);
      new HttpExchange({
        method: request.method,
        path: target.path,
        head: this.#head(target, request),
        body: request.body,
        abort: options.abort ?? options.signal,
        clock: options.clock,
        pool: this.#poolFor(target),
        maxHeaderBytes: this.#maxHeaderBytes,
        maxResponseBytes: this.#maxResponseBytes,
        resolve,
        reject,
      }).start();
    });
  }

  /**
   * Opens a connection of its own, which is judged as all others are and
   * belongs to whoever asked. It is none of the pool's: what it is for lasts.
   */
  async connect(url: string, signal: AbortSignal): Promise<Socket> {
    const target = this.#targets.get(url);
    // Judges the host and the origin, which hold for this one too.
    this.#poolFor(target);
    if (this.#closed) throw upstreamFault("upstream_transport_closed");
    return await dial(target, this.#dialing, signal);
  }

  /** How many connections are open, those that are being made included. */
  get connections(): number {
    return this.#pool?.size ?? 0;
  }

  /** How many requests wait for one of them. */
  get waiting(): number {
    return this.#pool?.waiting ?? 0;
  }

  /** Closes idle connections, and those in use when their request has ended. Requests that come still go out. */
  retire(): void {
    this.#retired = true;
    this.#pool?.retire();
  }

  /** Closes all connections, also those in use, and refuses further use. */
  close(): void {
    this.#closed = true;
    this.#pool?.close();
  }

  #poolFor(target: HttpTarget): ConnectionPool {
    if (this.#pool === undefined) {
      // Judged by its text also where a proxy takes it.
      if (isRefusedHost(target.hostname, this.#dialing.scope)) {
        throw upstreamFault("upstream_address_refused");
      }
      this.#pool = new ConnectionPool(target, {
        limits: this.#limits,
        dialing: this.#dialing,
      });
      if (this.#retired) this.#pool.retire();
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

  #head(target: HttpTarget, request: UpstreamRequest): string[] {
    const head = requestHead(target, request);
    const authorization = this.#dialing.proxy?.authorization;
    if (authorization !== undefined && !target.secure) {
      head.push("proxy-authorization", authorization);
    }
    return head;
  }
}
