import { quote, quoteKey } from "./_json_text.ts";

const MAX_DEPTH = 6;
const MAX_ERRORS = 4;
/** Every value costs one, every 32 characters of text one more. */
const ALLOWANCE = 1_000;

/** What is left while one value is rendered. */
interface Walk {
  left: number;
  readonly stacks: boolean;
}

/** The fields of an error that a log shows. */
function errorFields(error: Error, stacks: boolean): Record<string, unknown> {
  const { name, message, cause } = error;
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  return {
    name,
    message,
    code,
    stack: stacks ? error.stack : undefined,
    errors: Array.isArray(errors) ? errors.slice(0, MAX_ERRORS) : undefined,
    cause,
  };
}

function renderList(
  list: Iterable<unknown>,
  walk: Walk,
  depth: number,
): string {
  let text = "[";
  for (const item of list) {
    if (walk.left <= 0) break;
    text += (text === "[" ? "" : ",") + render(item, walk, depth + 1);
  }
  return `${text}]`;
}

function renderFields(fields: object, walk: Walk, depth: number): string {
  let text = "{";
  for (const key of Object.keys(fields)) {
    if (walk.left <= 0) break;
    const value = Reflect.get(fields, key);
    if (value === undefined || typeof value === "function") continue;
    walk.left -= key.length >> 5;
    text += (text === "{" ? "" : ",") + quoteKey(key) +
      render(value, walk, depth + 1);
  }
  return `${text}}`;
}

function renderObject(value: object, walk: Walk, depth: number): string {
  if (depth > MAX_DEPTH) return '"[too deep]"';
  if (value instanceof Error) {
    return renderFields(errorFields(value, walk.stacks), walk, depth);
  }
  if (Array.isArray(value)) return renderList(value, walk, depth);
  if (ArrayBuffer.isView(value)) return quote(`[${value.byteLength} bytes]`);
  if (value instanceof Map || value instanceof Set) {
    return renderList(value, walk, depth);
  }
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return render(value.toJSON(), walk, depth + 1);
  }
  return renderFields(value, walk, depth);
}

function render(value: unknown, walk: Walk, depth: number): string {
  walk.left--;
  switch (typeof value) {
    case "string":
      walk.left -= value.length >> 5;
      return quote(value);
    case "number":
      return Number.isFinite(value) ? `${value}` : `"${value}"`;
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return `"${value}"`;
    case "object":
      return value === null ? "null" : renderObject(value, walk, depth);
    default:
      return "null";
  }
}

/**
 * A value as JSON on one line. Never throws, and never grows without bound:
 * depth, number of values and length of texts are limited,
 * and what is beyond is left out.
 *
 * @param value Anything that was handed to a logger.
 * @param stacks Whether errors show their stack.
 */
export function renderValue(value: unknown, stacks: boolean): string {
  try {
    return render(value, { left: ALLOWANCE, stacks }, 0);
  } catch {
    return '"[unreadable]"';
  }
}
