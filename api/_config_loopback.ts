const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const LOOPBACK = new RegExp(`^(?:::ffff:)?127(?:\\.${OCTET}){3}$`, "i");

/**
 * Whether an address is the machine's own. Only plain spellings count: what
 * a resolver might read as something else is taken for a foreign address.
 */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host) || host === "::1" ||
    host.toLowerCase() === "localhost";
}
