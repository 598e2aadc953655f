import { bound } from "./_http_bound.ts";
import type { DialSettings } from "./_http_dial.ts";
import { upstreamFault } from "./_http_errors.ts";
import { HttpExchange } from "./_http_exchange.ts";
import { type HttpTarget, requestHead } from "./_http_head.ts";
import { checkIdentity } from "./_http_identity.ts";
import { ConnectionPool, type PoolLimits } from "./_http_pool.ts";
import { parseProxy } from "./_http_proxy.ts";
import { HttpTargets } from "./_http_targets.ts";
import { type AddressScope, isRefusedHost } from "./address_rules.ts";
import { GatewayError } from "./errors.ts";
import type {
  SendOptions,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "./upstream.ts";

/** How an {@linkcode HttpClient} connects, and its bounds. */
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
   * For how long a connection is given requests, in milliseconds. Each new one
   * resolves the host's name again, so that a change of it is followed by then.
   *
   * @default {300_000}
   */
  readonly maxConnectionAge?: number;
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
  /**
   * The certificate that is shown to a provider who asks for one, as PEM, with
   * those that it rests on behind it. Needs `key`.
   *
   * @default {undefined}
   */
  readonly cert?: string;
  /**
   * The private key of `cert`, as PEM without a passphrase.
   *
   * @default {undefined}
   */
  readonly key?: string;
  /**
   * The HTTP proxy through which the provider is reached, of the form
   * `http://user:password@host:port`: by a tunnel (`CONNECT`) where the
   * provider speaks https, else as the one who is asked. `proxyFor` reads it
   * from an environment.
   *
   * @default {undefined}
   */
  readonly proxy?: string;
  /**
   * How far the provider's host may lead, be it a name or an address.
   *
   * Left out, the address is taken for the operator's own: an IP address leads
   * where it says and `localhost` to this machine; any other name may lead to
   * private networks, as models are served there and clouds give their public
   * names private addresses, but not to this machine, where the gateway's own
   * doors are. Set it where others choose the address: then it holds for
   * addresses that stand there as they are, too.
   *
   * In no case does a name lead to link-local, multicast or reserved addresses,
   * nor anything to where a cloud keeps its credentials.
   *
   * @default {undefined}
   */
  readonly addressScope?: AddressScope;
  /**
   * Resolves a host name to its addresses, the best first, in place of the
   * platform. In Deno a permission for the name does not cover them then.
   *
   * @default {undefined}
   */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
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
      const { signal, onConnected, clock } = options;
      const exchange = new HttpExchange(
        {
          method: request.method,
          path: target.path,
          head: this.#head(target, request),
          body: request.body,
        },
        {
          pool: this.#poolFor(target),
          maxHeaderBytes: this.#maxHeaderBytes,
          maxResponseBytes: this.#maxResponseBytes,
          signal,
          onConnected,
          clock,
          resolve,
          reject,
        },
      );
      exchange.start();
    });
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
