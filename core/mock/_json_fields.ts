import { ApiError, wrongType, wrongValue } from "./_api_error.ts";

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object: no array, not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses a body that must be a JSON object. */
export function parseBody(body: string | undefined): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(body ?? "");
  } catch {
    throw new ApiError("The body of the request could not be parsed as JSON");
  }
  if (isObject(value)) return value;
  throw new ApiError("The body of the request must be a JSON object");
}

/** A boolean field; absent and null are `false`. */
export function readBoolean(object: JsonObject, name: string): boolean {
  const value = object[name] ?? false;
  if (typeof value === "boolean") return value;
  throw wrongType(name, "a boolean");
}

/** A whole number between bounds; absent and null are `undefined`. */
export function readInteger(
  object: JsonObject,
  { name, min, max }: {
    readonly name: string;
    readonly min: number;
    readonly max: number;
  },
): number | undefined {
  const value = object[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw wrongType(name, "an integer");
  }
  if (value < min || value > max) {
    throw wrongValue(name, `an integer from ${min} to ${max}`);
  }
  return value;
}
