import { lookup } from "node:dns/promises";
import { type BlockList, connect, isIP, type Socket } from "node:net";
import { connectFault, type UpstreamFault } from "./_http_errors.ts";
import { HELD_READS, sharedReads } from "./_http_reads.ts";
import { isListed } from "./address_rules.ts";

/** Silence after which TCP asks the peer whether it is still there. */
const TCP_KEEPALIVE_MS = 30_000;
/** How long an address may take before the next is tried as well (RFC 8305, 5). */
const NEXT_ADDRESS_MS = 250;
/** How many addresses of a name are tried. */
const MAX_ADDRESSES = 8;

/** Gives the addresses of a name, the best first. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Where a TCP connection is to lead. */
export interface TcpOptions {
  /** A name, or an address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Whether nothing but HTTP is spoken over it: no TLS, and no tunnel. */
  readonly plain: boolean;
  /** Where it must not lead. */
  readonly refused: BlockList;
  /** Resolves names in place of the platform. */
  readonly resolve: Resolve | undefined;
}

/** What is told of a TCP connection in the making: once, either of them. */
export interface TcpEnd {
  connected(socket: Socket): void;
  /** With what the platform said, if it did. */
  failed(fault: UpstreamFault, raw: unknown): void;
}

/**
 * The making of one TCP connection. The addresses of a name are tried in turn,
 * the next where one fails or is slow; the first to connect wins.
 *
 * Not left to the platform: in Deno, where a name is permitted and its
 * addresses are not, the second address throws past every handler.
 */
export class TcpDial {
  readonly #options: TcpOptions;
  readonly #sockets = new Set<Socket>();
  #end: TcpEnd | undefined;
  #left: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #byName = false;
  #fault: unknown;

  /** Begins. */
  constructor(options: TcpOptions, end: TcpEnd) {
    this.#options = options;
    this.#end = end;
    resolved(options).then(
      (addresses) => this.#onResolved(addresses),
      (raw) => this.#fail("upstream_dns_failed", raw),
    );
  }

  /** Gives it up. */
  destroy(): void {
    this.#end = undefined;
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }

  #onResolved(addresses: readonly string[]): void {
    if (this.#end === undefined) return;
    const known = addresses.filter((address) => isIP(address) !== 0);
    if (known.length === 0) {
      return this.#fail("upstream_dns_failed", undefined);
    }
    const { refused } = this.#options;
    const allowed = known.filter((address) => !isListed(refused, address));
    if (allowed.length === 0) {
      return this.#fail("upstream_address_refused", undefined);
    }
    this.#left = alternate(allowed).slice(0, MAX_ADDRESSES);
    this.#next();
  }

  #next(): void {
    if (this.#end === undefined) return;
    clearTimeout(this.#timer);
    const address = this.#left.shift();
    if (address !== undefined) this.#open(address);
    else if (this.#sockets.size === 0) {
      return this.#fail(connectFault(this.#fault), this.#fault);
    }
    if (this.#left.length === 0) return;
    this.#timer = setTimeout(() => this.#next(), NEXT_ADDRESS_MS);
  }

  #open(host: string): void {
    const socket: Socket = connect({
      host,
      port: this.#options.port,
      ...HELD_READS,
      ...(this.#options.plain && { onread: sharedReads(() => socket) }),
      autoSelectFamily: false,
      blockList: this.#options.refused,
      // Without it, Nagle's algorithm holds small writes back for up to 40 ms.
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEPALIVE_MS,
    });
    this.#sockets.add(socket);
    socket.on("connect", () => this.#win(socket));
    socket.on("error", (raw: unknown) => this.#onError(raw));
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#next();
    });
  }

  #onError(raw: unknown): void {
    this.#fault = raw;
    const { hostname, resolve } = this.#options;
    const denied = raw instanceof Error && raw.name === "NotCapable";
    if (!denied || this.#byName || resolve !== undefined) return;
    // The permission may be for the name, and then holds for the address that
    // the platform takes for it.
    this.#byName = true;
    this.#left = [hostname];
  }

  #win(socket: Socket): void {
    const end = this.#end;
    this.#sockets.delete(socket);
    this.destroy();
    if (end === undefined) socket.destroy();
    else end.connected(socket);
  }

  #fail(fault: UpstreamFault, raw: unknown): void {
    const end = this.#end;
    this.destroy();
    end?.failed(fault, raw);
  }
}

/** The addresses behind a host. */
async function resolved(
  { hostname, resolve }: TcpOptions,
): Promise<readonly string[]> {
  if (isIP(hostname) !== 0) return [hostname];
  if (resolve !== undefined) return await resolve(hostname);
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address);
}

/** The addresses with their families in turns, so that one that is cut off costs one try. */
function alternate(addresses: readonly string[]): string[] {
  const first = isIP(addresses[0] ?? "");
  const one = addresses.filter((address) => isIP(address) === first);
  const other = addresses.filter((address) => isIP(address) !== first);
  return one.flatMap((address, i) => [address, ...other.slice(i, i + 1)])
    .concat(other.slice(one.length));
}
