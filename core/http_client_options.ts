import type { AddressScope } from "./address_rules.ts";

/** How an `HttpClient` connects, and its bounds. */
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
