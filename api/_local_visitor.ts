import { GatewayError } from "@llm-proxy/core";
import type { Exchange } from "./exchange.ts";

const LOOPBACK =
  "(?:(?:[\\w-]+\\.)*localhost|127(?:\\.\\d{1,3}){3}|\\[::1\\])(?::\\d{1,5})?";
const LOCAL_HOST = new RegExp(`^${LOOPBACK}$`, "i");
const LOCAL_ORIGIN = new RegExp(`^https?://${LOOPBACK}$`, "i");

/**
 * Keeps web pages out of a gateway that asks for no key (X14): one that had its
 * own name resolve to this machine, and one that sends its visitors' requests
 * here. `ownHost` is the address that the config names; nothing else but
 * loopback is let in.
 *
 * @throws {GatewayError} 403
 */
export function checkVisitor(exchange: Exchange, ownHost: string): void {
  const host = exchange.header("host") ?? "";
  if (!LOCAL_HOST.test(host) && !isSameHost(host, ownHost)) {
    throw refusal(
      "host_not_allowed",
      "is called by a name or address of this machine only, such as localhost",
    );
  }
  const origin = exchange.header("origin");
  if (
    exchange.header("sec-fetch-site") === "cross-site" ||
    (origin !== undefined && !LOCAL_ORIGIN.test(origin))
  ) throw refusal("cross_site_request", "serves no pages of other sites");
}

function refusal(code: string, what: string): GatewayError {
  return new GatewayError(
    "permission",
    `A gateway without API keys, and the address for admins, ${what}: set auth.api_keys in the config to serve others`,
    { code },
  );
}

function isSameHost(header: string, address: string): boolean {
  const name = hostname(header);
  return name !== undefined &&
    name === hostname(address.includes(":") ? `[${address}]` : address);
}

/** The host as the platform spells it, without a port. */
function hostname(host: string): string | undefined {
  return URL.parse(`http://${host}`)?.hostname;
}
