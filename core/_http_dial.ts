import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type UpstreamFault, upstreamFault } from "./_http_errors.ts";
import type { HttpTarget } from "./_http_head.ts";
import { openTunnel } from "./_http_proxy.ts";
import type { HttpProxy } from "./_proxy_address.ts";
import { HELD_READS, stopTogether } from "./_http_reads.ts";
import { type Resolve, TcpDial } from "./_http_tcp.ts";
import { type AddressScope, refusedAddresses } from "./address_rules.ts";
import type { UpstreamError } from "./errors.ts";

/** How connections are made, besides where to. */
export interface DialSettings {
  /** Certificates to trust in place of the usual ones, as PEM. */
  readonly ca: string | undefined;
  /** Our own certificate, as PEM, with its key. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly proxy: HttpProxy | undefined;
  /** How far a provider's host may lead; absent where its text is trusted. */
  readonly scope: AddressScope | undefined;
  /** Resolves names in place of the platform. */
  readonly resolve: Resolve | undefined;
}

/** What is told of a dial: once, either of them. */
export interface DialEnd {
  standing(socket: Socket): void;
  failed(error: UpstreamError): void;
}

/** The making of one connection: TCP, through a proxy if there is one, then TLS. */
export class Dial {
  readonly #target: HttpTarget;
  readonly #settings: DialSettings;
  readonly #tcp: TcpDial;
  #socket: Socket | undefined;
  #end: DialEnd | undefined;

  /** Begins. */
  constructor(target: HttpTarget, settings: DialSettings, end: DialEnd) {
    const { proxy, scope, resolve } = settings;
    this.#target = target;
    this.#settings = settings;
    this.#end = end;
    const { hostname, port } = proxy ?? target;
    const trusted = proxy === undefined ? scope : undefined;
    const refused = refusedAddresses(hostname, trusted);
    const plain = !target.secure;
    this.#tcp = new TcpDial({ hostname, port, plain, refused, resolve }, {
      connected: (socket) => this.#onTcp(socket),
      failed: (fault, raw) =>
        this.#fail(
          proxy === undefined
            ? upstreamFault(fault, raw)
            : upstreamFault("upstream_proxy_failed", raw ?? { code: fault }),
        ),
    });
  }

  /** Gives it up, or closes what it made. */
  destroy(): void {
    this.#end = undefined;
    this.#tcp.destroy();
    this.#socket?.destroy();
  }

  #onTcp(socket: Socket): void {
    this.#socket = socket;
    if (!this.#target.secure) return this.#stand(socket);
    const { proxy } = this.#settings;
    if (proxy === undefined) return this.#secure(socket);
    this.#watch(socket, "upstream_proxy_failed");
    openTunnel(socket, {
      authority: this.#target.authority,
      proxy,
      end: {
        opened: () => this.#secure(socket),
        failed: (error) => this.#fail(error),
      },
    });
  }

  #secure(socket: Socket): void {
    try {
      this.#openTls(socket);
    } catch (error) {
      this.#fail(upstreamFault("upstream_tls_failed", error));
    }
  }

  #openTls(socket: Socket): void {
    const { ca, cert, key } = this.#settings;
    const { hostname, servername } = this.#target;
    // Not by the agent of `node:https`: in Deno it asks for the permission `sys`
    // where the environment adds certificates, which this heeds without.
    const tls = connectTls({
      socket,
      host: hostname,
      servername,
      ALPNProtocols: ["http/1.1"],
      ...HELD_READS,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert, key }),
    });
    this.#watch(tls, "upstream_tls_failed");
    stopTogether(tls, socket);
    tls.on("secureConnect", () => this.#stand(tls));
  }

  #watch(socket: Socket, fault: UpstreamFault): void {
    socket.on(
      "error",
      (raw: unknown) => this.#fail(upstreamFault(fault, raw)),
    );
    socket.on("close", () => this.#fail(upstreamFault(fault)));
  }

  #stand(socket: Socket): void {
    const end = this.#end;
    this.#end = undefined;
    end?.standing(socket);
  }

  #fail(error: UpstreamError): void {
    const end = this.#end;
    this.destroy();
    end?.failed(error);
  }
}

/** Makes a connection that belongs to whoever asked. */
// deno-lint-ignore house/max-required-params -- each of them is needed
export function dial(
  target: HttpTarget,
  settings: DialSettings,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = (): void => {
      made.destroy();
      reject(signal.reason);
    };
    const made = new Dial(target, settings, {
      standing(socket) {
        signal.removeEventListener("abort", abort);
        resolve(socket);
      },
      failed(error) {
        signal.removeEventListener("abort", abort);
        reject(error);
      },
    });
    signal.addEventListener("abort", abort);
  });
}
