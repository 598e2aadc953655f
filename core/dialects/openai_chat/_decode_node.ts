import { type ErrorKind, GatewayError } from "../../errors.ts";

/** A parsed JSON object whose members are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** How many names of fields without a canonical word a request keeps. */
const MAX_UNMAPPED = 64;
/** How many characters of a caller's own word an error message repeats. */
const MAX_SHOWN = 64;
const KIND: ErrorKind = "invalid_request";

/** Whether a parsed JSON value is an object, neither `null` nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * One object of a chat request and its place in it. Reads members with their
 * type checked; `null` counts as absent, as it does for OpenAI.
 *
 * Every failure is a 400 that names the member in OpenAI's style (K17).
 */
export class RequestNode {
  readonly #value: JsonObject;
  readonly #path: string;
  readonly #unmapped: string[];

  /** The root of a request; `unmapped` collects names of what has no canonical word. */
  constructor(value: JsonObject, unmapped: string[], path = "") {
    this.#value = value;
    this.#unmapped = unmapped;
    this.#path = path;
  }

  /** The member as it came. */
  raw(key: string): unknown {
    return this.#value[key];
  }

  /** Whether the member is there and not `null`. */
  has(key: string): boolean {
    return this.#value[key] !== undefined && this.#value[key] !== null;
  }

  /** The names of all members. */
  keys(): readonly string[] {
    return Object.keys(this.#value);
  }

  /** The member's place in the request, for example `messages[0].content`. */
  path(key: string): string {
    return this.#path === "" ? key : `${this.#path}.${key}`;
  }

  /** Reads text, empty text included. */
  string(key: string): string | undefined {
    const value = this.#value[key];
    if (typeof value === "string") return value;
    if (this.has(key)) throw this.wrongType(key, "a string");
    return undefined;
  }

  /** Reads text that must be there; `""` counts as missing. */
  name(key: string): string {
    const value = this.string(key);
    if (!value) throw this.missing(key);
    return value;
  }

  /** Reads `true` or `false`. */
  boolean(key: string): boolean | undefined {
    const value = this.#value[key];
    if (typeof value === "boolean") return value;
    if (this.has(key)) throw this.wrongType(key, "a boolean");
    return undefined;
  }

  /** Reads a number within bounds, both included. */
  number(
    key: string,
    { min, max }: { readonly min: number; readonly max: number },
  ): number | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#value[key];
    if (typeof value !== "number") throw this.wrongType(key, "a number");
    if (value >= min && value <= max) return value;
    throw this.refuse(
      key,
      `Invalid '${
        this.path(key)
      }': expected a number from ${min} to ${max}, but got ${value} instead`,
      value < min ? "decimal_below_min_value" : "decimal_above_max_value",
    );
  }

  /** Reads a whole number that is `min` or above. */
  integer(key: string, min: number = -Infinity): number | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#value[key];
    if (typeof value !== "number" || !Number.isSafeInteger(value)) {
      throw this.wrongType(key, "an integer");
    }
    if (value >= min) return value;
    throw this.refuse(
      key,
      `Invalid '${
        this.path(key)
      }': expected an integer of at least ${min}, but got ${value} instead`,
      "integer_below_min_value",
    );
  }

  /** Reads one word of a list. */
  choice<const T extends string>(
    key: string,
    words: readonly T[],
  ): T | undefined {
    const value = this.string(key);
    if (value === undefined) return undefined;
    const word = words.find((word) => word === value);
    if (word === undefined) throw this.wrongValue(key, words);
    return word;
  }

  /** Reads an object. */
  node(key: string): RequestNode | undefined {
    const value = this.#value[key];
    if (isJsonObject(value)) {
      return new RequestNode(value, this.#unmapped, this.path(key));
    }
    if (this.has(key)) throw this.wrongType(key, "an object");
    return undefined;
  }

  /** Reads an object that must be there. */
  requireNode(key: string): RequestNode {
    const node = this.node(key);
    if (!node) throw this.missing(key);
    return node;
  }

  /** Reads an array of objects. */
  nodes(key: string): RequestNode[] | undefined {
    const value = this.#value[key];
    if (!Array.isArray(value)) {
      if (this.has(key)) throw this.wrongType(key, "an array of objects");
      return undefined;
    }
    const path = this.path(key);
    return value.map((item: unknown, index) => {
      if (isJsonObject(item)) {
        return new RequestNode(item, this.#unmapped, `${path}[${index}]`);
      }
      throw invalidType(`${path}[${index}]`, {
        expected: "an object",
        value: item,
      });
    });
  }

  /** Notes a member that is understood but has no canonical word. */
  note(key: string): void {
    if (this.#unmapped.length >= MAX_UNMAPPED) return;
    this.#unmapped.push(this.path(key.slice(0, MAX_SHOWN)));
  }

  /** Notes every member that is set and not among the known ones. */
  noteUnknown(known: ReadonlySet<string>): void {
    for (const key of Object.keys(this.#value)) {
      if (!known.has(key) && this.has(key)) this.note(key);
    }
  }

  /** The member is not there but must be. */
  missing(key: string): GatewayError {
    return this.refuse(
      key,
      `Missing required parameter: '${this.path(key)}'`,
      "missing_required_parameter",
    );
  }

  /** The member has the wrong JSON type. */
  wrongType(key: string, expected: string): GatewayError {
    return invalidType(this.path(key), { expected, value: this.#value[key] });
  }

  /** The member has none of the values that can be. */
  wrongValue(key: string, supported: readonly string[]): GatewayError {
    const shown = String(this.#value[key]).slice(0, MAX_SHOWN);
    return this.refuse(
      key,
      `Invalid value: ${JSON.stringify(shown)}. Supported values are: ${
        supported.map((word) => `'${word}'`).join(", ")
      }`,
      "invalid_value",
    );
  }

  /** A 400 about a member, in the caller's words. */
  refuse(key: string, message: string, code: string): GatewayError {
    return invalidRequest(message, { code, param: this.path(key) });
  }
}

/** The 400 for a value of the wrong JSON type. */
export function invalidType(
  param: string,
  { expected, value }: { readonly expected: string; readonly value: unknown },
): GatewayError {
  return invalidRequest(
    `Invalid type for '${param}': expected ${expected}, but got ${
      typeName(value)
    } instead`,
    { code: "invalid_type", param },
  );
}

/** A 400 that names the field at fault. */
export function invalidRequest(
  message: string,
  options: { readonly code: string; readonly param: string },
): GatewayError {
  return new GatewayError(KIND, message, options);
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value !== "number") return `a ${typeof value}`;
  return Number.isInteger(value) ? "an integer" : "a decimal";
}
