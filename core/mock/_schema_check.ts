import type { JsonObject } from "./_json_fields.ts";

/** How many entries of a list of types are looked at: there are seven types. */
const MAX_TYPES = 16;

/** The types that a schema names; `undefined` where it names none. */
export function typeList(schema: JsonObject): readonly unknown[] | undefined {
  const { type } = schema;
  if (typeof type === "string") return [type];
  return Array.isArray(type) ? type.slice(0, MAX_TYPES) : undefined;
}

/** Whether a value is of a schema's `type`. */
export function matchesType(value: unknown, schema: JsonObject): boolean {
  const types = typeList(schema);
  if (types === undefined) return true;
  if (value === null && schema["nullable"] === true) return true;
  const actual = value === null
    ? "null"
    : Array.isArray(value)
    ? "array"
    : typeof value;
  return types.includes(actual) ||
    (types.includes("integer") && Number.isInteger(value));
}

/** Whether a number is within a schema's bounds and a multiple as it asks. */
export function matchesNumber(value: number, schema: JsonObject): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } =
    schema;
  // In draft 4 the exclusive bounds are switches for the others.
  if (typeof minimum === "number") {
    if (exclusiveMinimum === true ? value <= minimum : value < minimum) {
      return false;
    }
  }
  if (typeof maximum === "number") {
    if (exclusiveMaximum === true ? value >= maximum : value > maximum) {
      return false;
    }
  }
  if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum) {
    return false;
  }
  if (typeof exclusiveMaximum === "number" && value >= exclusiveMaximum) {
    return false;
  }
  if (typeof multipleOf !== "number" || multipleOf <= 0) return true;
  // Decimal steps such as 0.1 are not exact in binary.
  const times = value / multipleOf;
  return Math.abs(times - Math.round(times)) < 1e-9;
}

/** Whether a string has a length, in code points, that a schema allows. */
export function matchesLength(value: string, schema: JsonObject): boolean {
  const { minLength, maxLength } = schema;
  if (typeof minLength !== "number" && typeof maxLength !== "number") {
    return true;
  }
  const length = [...value].length;
  return !(typeof minLength === "number" && length < minLength) &&
    !(typeof maxLength === "number" && length > maxLength);
}
