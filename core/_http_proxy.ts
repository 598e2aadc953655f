import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { proxyFault, upstreamFault } from "./_http_errors.ts";
import type { UpstreamError } from "./errors.ts";
import type { HttpProxy } from "./_proxy_address.ts";

/** How much a proxy may say before the tunnel stands. */
const MAX_HEAD = 16_384;
/** The status line of an answer. */
const STATUS = /^HTTP\/1\.[01] ([1-5]\d\d)[ \r]/;

/** What is told of a tunnel: once, either of them, unless the socket closes. */
export interface TunnelEnd {
  opened(): void;
  failed(error: UpstreamError): void;
}

/** Asks a proxy for a tunnel to `authority`, a host and a port (RFC 9110, 9.3.6). */
export function openTunnel(
  socket: Socket,
  options: {
    readonly authority: string;
    readonly proxy: HttpProxy;
    readonly end: TunnelEnd;
  },
): void {
  const { authority, proxy: { authorization }, end } = options;
  let head = "";
  const onData = (chunk: Uint8Array): void => {
    head += Buffer.from(chunk).toString("latin1");
    const length = head.indexOf("\r\n\r\n");
    if (length === -1 && head.length <= MAX_HEAD) return;
    socket.off("data", onData);
    const status = Number(STATUS.exec(head)?.[1] ?? 0);
    if (length === -1 || status === 0) {
      return end.failed(upstreamFault("upstream_proxy_failed"));
    }
    if (status < 200 || status > 299) return end.failed(proxyFault(status));
    // In a tunnel the provider speaks second: this would be the proxy's own.
    if (head.length > length + 4) {
      return end.failed(upstreamFault("upstream_proxy_failed"));
    }
    end.opened();
  };
  socket.on("data", onData);
  const credentials = authorization === undefined
    ? ""
    : `proxy-authorization: ${authorization}\r\n`;
  socket.write(
    `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${credentials}\r\n`,
  );
}
