import { isObject } from "../_json.ts";

/** Google's APIs take the names of their members in snake case, too. */
const SNAKE = /"_?[a-z]+_[a-z_]+"\s*:/;
/** Members whose own names are the caller's, or JSON Schema's. */
const FREE: ReadonlySet<string> = new Set([
  "args",
  "default",
  "example",
  "labels",
  "parametersJsonSchema",
  "partMetadata",
  "responseJsonSchema",
]);

/**
 * A request with the names of its members in camel case, as the decoder reads
 * them. `text` is the request as it came: most have nothing to rename, which is
 * cheap to tell.
 */
export function withCamelNames(
  value: Readonly<Record<string, unknown>>,
  text: string,
): Readonly<Record<string, unknown>> {
  return SNAKE.test(text) ? renamed(value) : value;
}

function renamed(
  value: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  // fromEntries, because a member may be called __proto__.
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const key = camel(name);
      return [key, renamedMember(key, member)];
    }),
  );
}

function renamedMember(key: string, member: unknown): unknown {
  if (FREE.has(key)) return member;
  if (Array.isArray(member)) return member.map((item) => within(item));
  if (key === "response" && isResult(member)) return member;
  if (key !== "properties" || !isObject(member)) return within(member);
  return Object.fromEntries(
    Object.entries(member).map(([name, schema]) => [name, within(schema)]),
  );
}

function within(value: unknown): unknown {
  // A number that is kept to the last digit is an object without a prototype.
  return isObject(value) && Object.getPrototypeOf(value) !== null
    ? renamed(value)
    : value;
}

/** Of the two members called `response` a declaration's is a schema, a result's is free. */
function isResult(member: unknown): boolean {
  return isObject(member) && !("type" in member || "properties" in member);
}

function camel(name: string): string {
  if (!name.includes("_") || !/^_?[a-z]/.test(name)) return name;
  return name.replace(/^_/, "").replace(
    /_([a-z])/g,
    (_, letter: string) => letter.toUpperCase(),
  );
}
