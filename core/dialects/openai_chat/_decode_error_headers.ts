const CARRIED: ReadonlySet<string> = new Set([
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
]);
const MAX_HEADERS = 32;
const MAX_VALUE = 256;

/** The headers of an error answer that tell when to try again (K5, K8, K13). */
export function carriedHeaders(
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  const carried: Record<string, string> = {};
  let count = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!CARRIED.has(name) && !name.startsWith("x-ratelimit-")) continue;
    if (value.length > MAX_VALUE || count === MAX_HEADERS) continue;
    carried[name] = value;
    count++;
  }
  return carried;
}
