import { Buffer } from "node:buffer";

/** A proxy that speaks HTTP. */
export interface HttpProxy {
  /** A name, or an address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** The value of `proxy-authorization`. Goes to the proxy and nowhere else. */
  readonly authorization: string | undefined;
}

/**
 * Takes the address of a proxy apart: `http://user:password@host:port`.
 *
 * @throws {TypeError} when it is none; the message does not repeat it.
 */
export function parseProxy(address: string): HttpProxy {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const fits = url?.protocol === "http:" && url.pathname === "/" &&
    url.search === "" && url.hash === "";
  if (!fits) throw badProxy();
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 80),
    authorization: authorizationOf(url),
  };
}

function authorizationOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  try {
    const pair = [username, password].map(decodeURIComponent).join(":");
    return `Basic ${Buffer.from(pair).toString("base64")}`;
  } catch {
    throw badProxy();
  }
}

function badProxy(): TypeError {
  return new TypeError(
    "Cannot use the proxy: its address must be of the form 'http://user:password@host:port'",
  );
}
