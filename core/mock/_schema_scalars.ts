import { largest, numbersOf, smallest } from "./_schema_bounds.ts";
import type { JsonObject } from "./_json_fields.ts";
import { matchesNumber } from "./_schema_check.ts";

/** The longest string that is made. */
const MAX_LENGTH = 65_536;

/** How many `multipleOf` of schemas that hold together are looked at. */
const MAX_STEPS = 4;

/** How many multiples of a `multipleOf` are tried from each bound. */
const MAX_MULTIPLES = 100;

const FORMATS: ReadonlyMap<unknown, string> = new Map([
  ["date", "2025-01-31"],
  ["date-time", "2025-01-31T12:00:00Z"],
  ["time", "12:00:00Z"],
  ["duration", "P1D"],
  ["email", "user@example.com"],
  ["hostname", "example.com"],
  ["ipv4", "192.0.2.1"],
  ["ipv6", "2001:db8::1"],
  ["uri", "https://example.com/"],
  ["url", "https://example.com/"],
  ["uuid", "123e4567-e89b-42d3-a456-426614174000"],
]);

/** A string of a format and length; `undefined` where it would be too long. */
export function sampleString(
  schemas: readonly JsonObject[],
): string | undefined {
  const min = Math.ceil(largest(numbersOf(schemas, "minLength"), 0));
  const max = smallest(numbersOf(schemas, "maxLength"), Infinity);
  if (min > max || min > MAX_LENGTH) return undefined;
  const format = schemas.find((schema) => FORMATS.has(schema["format"]))
    ?.["format"];
  switch (format) {
    case undefined:
      return "text".padEnd(min, "text").slice(0, Math.max(0, max));
    case "email":
      return FORMATS.get(format)?.padStart(min, "a");
    case "uri":
    case "url":
      return FORMATS.get(format)?.padEnd(min, "a");
    default:
      return FORMATS.get(format);
  }
}

/** A number within all bounds, near 1 where it may be; `undefined` where none was found. */
export function sampleNumber(
  schemas: readonly JsonObject[],
  { integer }: { readonly integer: boolean },
): number | undefined {
  for (const value of candidates(schemas, integer)) {
    const fits = Number.isFinite(value) &&
      (!integer || Number.isInteger(value)) &&
      schemas.every((schema) => matchesNumber(value, schema));
    // A negative zero would not survive JSON.
    if (fits) return value + 0;
  }
  return undefined;
}

function* candidates(
  schemas: readonly JsonObject[],
  integer: boolean,
): Generator<number> {
  yield 1;
  yield 0;
  const low = largest(
    numbersOf(schemas, "exclusiveMinimum"),
    largest(numbersOf(schemas, "minimum"), -Infinity),
  );
  const high = smallest(
    numbersOf(schemas, "exclusiveMaximum"),
    smallest(numbersOf(schemas, "maximum"), Infinity),
  );
  const steps = numbersOf(schemas, "multipleOf").slice(0, MAX_STEPS);
  if (integer || steps.length === 0) steps.push(1);
  for (const step of steps) {
    const first = Math.ceil(low / step);
    const last = Math.floor(high / step);
    for (let i = 0; i < MAX_MULTIPLES; i++) {
      yield (first + i) * step;
      yield (last - i) * step;
    }
  }
  yield low;
  yield high;
  yield (low + high) / 2;
}
