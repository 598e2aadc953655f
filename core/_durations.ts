/** Longer texts are no time. */
const MAX_LENGTH = 64;
const NUMBER = /^\d+(?:\.\d+)?$/;
const TIMESTAMP =
  /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
const HTTP_DATE =
  /^[A-Z][a-z]{2,8}, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} [\d:]{8} GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}$/;
const PART = /(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s)/y;
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
  ["us", 0.001],
  ["µs", 0.001],
  ["ns", 0.000_001],
]);

/** Numbers above these are no spans but points in time since 1970. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e12;

/** A number of seconds or milliseconds, by its unit in ms. */
export function parseCount(
  text: string | undefined,
  unitMs: number,
): number | undefined {
  const value = text?.trim() ?? "";
  if (value.length > MAX_LENGTH || !NUMBER.test(value)) return undefined;
  return Number(value) * unitMs;
}

/** A span such as `2ms`, `1s`, `34.4s` or `6m0s`, in ms. */
export function parseSpan(text: string): number | undefined {
  if (text === "" || text.length > MAX_LENGTH) return undefined;
  let sum = 0;
  PART.lastIndex = 0;
  for (let at = 0; at < text.length; at = PART.lastIndex) {
    const [, count, unit = ""] = PART.exec(text) ?? [];
    if (count === undefined) return undefined;
    sum += Number(count) * (UNIT_MS.get(unit) ?? 0);
  }
  return sum;
}

/** The time until a point in time, as HTTP or RFC 3339 write it, in ms; 0 where it is past. */
export function parseUntil(text: string, now: number): number | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  // Anything else the platform's parser would guess at.
  const isZoned = HTTP_DATE.test(text) || TIMESTAMP.test(text);
  if (!isZoned && !ASCTIME.test(text)) return undefined;
  const at = Date.parse(isZoned ? text : `${text} GMT`);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** The time until a limit is reset, in any provider's spelling, in ms. */
export function parseReset(text: string, now: number): number | undefined {
  const value = text.trim();
  const count = parseCount(value, 1);
  if (count === undefined) return parseSpan(value) ?? parseUntil(value, now);
  if (count < EPOCH_SECONDS) return count * 1_000;
  const at = count < EPOCH_MS ? count * 1_000 : count;
  return Math.max(0, at - now);
}
