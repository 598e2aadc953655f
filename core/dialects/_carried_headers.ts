import { retryAfterHeaders, retryDelay } from "../retry_after.ts";

/** Headers that tell when to come back (K5, K8). */
const CARRIED: ReadonlySet<string> = new Set([
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
]);
/** How the names of rate limits begin, in any dialect (K13). */
const LIMITS = /^(?:x|anthropic)-ratelimit-/;
const MAX_LIMITS = 32;
const MAX_VALUE = 256;

/**
 * The headers of an error answer that tell when to try again (K5, K8, K13).
 * Where there are none, the time that Google's providers tell in the body
 * instead becomes such headers (D26).
 *
 * @param body The parsed body.
 */
export function carriedHeaders(
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Record<string, string> {
  const carried: Record<string, string> = {};
  let limits = 0;
  for (const [name, value] of Object.entries(headers)) {
    const isLimit = LIMITS.test(name) && limits < MAX_LIMITS;
    if (!isLimit && !CARRIED.has(name)) continue;
    if (value.length > MAX_VALUE) continue;
    carried[name] = value;
    if (isLimit) limits++;
  }
  if ("retry-after" in carried || "retry-after-ms" in carried) return carried;
  const delay = retryDelay({}, { body });
  return delay === undefined
    ? carried
    : { ...carried, ...retryAfterHeaders(delay) };
}
