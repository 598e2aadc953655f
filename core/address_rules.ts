import { BlockList, isIP } from "node:net";

/**
 * How far a connection may lead, each including those before it: `public`
 * addresses, `private` networks, `loopback`, the machine itself, or anywhere,
 * where clouds keep `credentials` included. The last is for clients that fetch
 * those, at an address which no request and no provider can choose.
 */
export type AddressScope = "public" | "private" | "loopback" | "credentials";

/** Where clouds tell programs their credentials. No model is served there, so no request to a provider ever leads there. */
const METADATA = [
  "169.254.169.254/32",
  "169.254.170.2/32", // AWS, containers
  "169.254.170.23/32", // AWS, pods
  "fd00:ec2::254/128",
  "fd00:ec2::23/128",
  "fd20:ce::254/128", // Google
  "100.100.100.200/32", // Alibaba
  "168.63.129.16/32", // Azure, an address that looks public
  "192.0.0.192/32", // Oracle
];

/** Addresses that no name of a provider leads to in good faith. */
const ODD = [
  "0.0.0.0/8", // this host: reaches the loopback interface
  "169.254.0.0/16", // link-local
  "192.0.0.0/24",
  "192.0.2.0/24", // documentation, as two more
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3", // multicast, reserved, broadcast
  "::/128",
  "::ffff:0:0:0/96", // IPv4 in disguise, as all to 2002::
  "64:ff9b:1::/48",
  "2001::/32",
  "2002::/16",
  "100::/64",
  "2001:db8::/32",
  "fe80::/10",
  "ff00::/8",
];

const LOOPBACK = ["127.0.0.0/8", "::1/128"];

const PRIVATE = [
  "10.0.0.0/8",
  "100.64.0.0/10", // carriers, overlay networks
  "172.16.0.0/12",
  "192.168.0.0/16",
  "198.18.0.0/15", // benchmarks; also resolvers that tunnel by name
  "fc00::/7",
  "fec0::/10",
];

/** What is refused. */
const REFUSED: Readonly<Record<AddressScope | "written", readonly string[]>> = {
  credentials: [],
  written: METADATA,
  loopback: [...METADATA, ...ODD],
  private: [...METADATA, ...ODD, ...LOOPBACK],
  public: [...METADATA, ...ODD, ...LOOPBACK, ...PRIVATE],
};

const lists = new Map<keyof typeof REFUSED, BlockList>();

/**
 * The addresses that a connection to `hostname` must not lead to, a name or an
 * address; names are judged by what they resolve to.
 *
 * Where no scope is given, whoever wrote the host is trusted with what is
 * written there: an address is itself, `localhost` is this machine, and other
 * names may lead to private networks but not to this machine.
 */
export function refusedAddresses(
  hostname: string,
  scope: AddressScope | undefined,
): BlockList {
  if (scope !== undefined) return listOf(scope);
  if (isIP(hostname) !== 0) return listOf("written");
  return listOf(isLocalhost(hostname) ? "loopback" : "private");
}

/** Whether a host is refused by its text alone, as far as that can be known. */
export function isRefusedHost(
  hostname: string,
  scope: AddressScope | undefined,
): boolean {
  const address = isLocalhost(hostname) ? "127.0.0.1" : hostname;
  return isListed(refusedAddresses(hostname, scope), address);
}

/** Whether a list holds an address; also one with a zone, such as `fe80::1%eth0`. */
export function isListed(list: BlockList, address: string): boolean {
  const bare = address.replace(/%.*$/, "");
  const family = isIP(bare);
  return family !== 0 && list.check(bare, family === 4 ? "ipv4" : "ipv6");
}

/** `localhost` and the names under it are the machine itself (RFC 6761, 6.3). */
export function isLocalhost(hostname: string): boolean {
  return /^(?:.*\.)?localhost\.?$/i.test(hostname);
}

function listOf(kind: keyof typeof REFUSED): BlockList {
  let list = lists.get(kind);
  if (list === undefined) {
    list = new BlockList();
    for (const range of REFUSED[kind]) addRange(list, range);
    lists.set(kind, list);
  }
  return list;
}

/** Adds a range in all its spellings; `::ffff:a.b.c.d` is a platform's own matter. */
function addRange(list: BlockList, range: string): void {
  const [base = "", bits] = range.split("/");
  if (isIP(base) === 6) return list.addSubnet(base, Number(bits), "ipv6");
  list.addSubnet(base, Number(bits), "ipv4");
  // NAT64, and the form of old without a prefix, which also holds `::` and `::1`.
  list.addSubnet(`64:ff9b::${base}`, 96 + Number(bits), "ipv6");
  if (base !== "0.0.0.0") {
    list.addSubnet(`::${base}`, 96 + Number(bits), "ipv6");
  }
}
