import { BlockList, isIP } from "node:net";
import { isListed, isLocalhost } from "./address_rules.ts";
import { parseProxy } from "./_proxy_address.ts";

/** Gives the value of an environment variable. */
export type EnvGetter = (name: string) => string | undefined;

/**
 * The proxy that the environment names for an address, as most programs read
 * it: `HTTPS_PROXY` for https, `HTTP_PROXY` for http, unless `NO_PROXY` holds
 * the host. Of each the name in lower case counts first.
 *
 * `NO_PROXY` is a list of names, which include the names under them, of
 * addresses, of ranges such as `10.0.0.0/8`, each with a port or without, or
 * `*` for all. This machine is never asked for through a proxy.
 *
 * @param url The address that is to be reached.
 * @param env Reads a variable, such as `Deno.env.get`.
 * @returns What `HttpClientOptions.proxy` takes; it may hold a password.
 *
 * @example All but the own network
 * ```ts
 * import { proxyFor } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const env = new Map([
 *   ["HTTPS_PROXY", "http://proxy.example:3128"],
 *   ["NO_PROXY", "corp.example,10.0.0.0/8"],
 * ]);
 * const get = (name: string) => env.get(name);
 * assertEquals(proxyFor("https://api.openai.com/v1", get), "http://proxy.example:3128");
 * assertEquals(proxyFor("https://llm.corp.example/v1", get), undefined);
 * ```
 */
export function proxyFor(url: string, env: EnvGetter): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") return undefined;
  const proxy = read(env, protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (proxy === undefined) return undefined;
  const host = {
    name: hostname.replace(/^\[|\]$|\.$/g, ""),
    port: port || (protocol === "https:" ? "443" : "80"),
  };
  if (isOwn(host.name)) return undefined;
  const exempt = (read(env, "NO_PROXY") ?? "").split(/[\s,]+/);
  if (exempt.some((entry) => matches(entry, host))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/**
 * Whether a text is the address of a proxy as `HttpClientOptions.proxy` takes
 * it: `http://user:password@host:port`.
 *
 * @example An address and a path
 * ```ts
 * import { isProxyAddress } from "@llm-proxy/core";
 * import { assert } from "@std/assert";
 *
 * assert(isProxyAddress("http://proxy.example:3128"));
 * assert(!isProxyAddress("http://proxy.example/path"));
 * ```
 */
export function isProxyAddress(text: string): boolean {
  try {
    parseProxy(text);
    return true;
  } catch {
    return false;
  }
}

interface Host {
  readonly name: string;
  readonly port: string;
}

function read(env: EnvGetter, name: string): string | undefined {
  const value = env(name.toLowerCase()) || env(name);
  return value?.trim() || undefined;
}

function isOwn(name: string): boolean {
  return isLocalhost(name) || inRange(name, "127.0.0.0/8") ||
    inRange(name, "::1");
}

function matches(entry: string, host: Host): boolean {
  if (entry === "*") return true;
  // A bare IPv6 address has colons too, but more than one.
  const [, bracketed, plain, port] =
    /^(?:\[(.+)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  const name = (bracketed ?? plain ?? "").toLowerCase();
  if (name === "" || (port !== undefined && port !== host.port)) return false;
  if (isIP(host.name) !== 0) return inRange(host.name, name);
  const domain = name.replace(/^\*?\./, "").replace(/\.$/, "");
  return host.name === domain || host.name.endsWith(`.${domain}`);
}

/** Whether an address is in a range, or is the one that stands there. */
function inRange(address: string, range: string): boolean {
  const [base = "", bits] = range.split("/");
  const family = isIP(base);
  if (family === 0) return false;
  const most = family === 4 ? 32 : 128;
  const length = Number(bits ?? most);
  if (!Number.isInteger(length) || length < 0 || length > most) return false;
  const list = new BlockList();
  list.addSubnet(base, length, family === 4 ? "ipv4" : "ipv6");
  return isListed(list, address);
}
