import { parseJsonText } from "../../parse_json_text.ts";
import { isJsonObject, type JsonObject } from "./_decode_node.ts";

/** What a provider's error says, whatever its shape; words are capped and cleaned. */
export interface ErrorBody {
  readonly message?: string;
  readonly code?: string;
  readonly type?: string;
  readonly param?: string;
  /** An HTTP status that the body tells. */
  readonly status?: number;
  /** Members that clients know to read (J3, J11). */
  readonly details: Readonly<Record<string, unknown>>;
}

const MAX_MESSAGE = 1_000;
const MAX_WORD = 100;
/** How large the kept members may be, in characters of JSON. */
const MAX_DETAILS = 16_384;
/** How deep an error may lie in other objects. */
const MAX_DEPTH = 6;
const DETAILS = ["failed_generation", "metadata", "innererror"] as const;
// deno-lint-ignore no-control-regex -- control characters are what must go
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

const EMPTY: ErrorBody = { details: {} };

/**
 * Reads an error in any shape that is known of compatible providers (H7, J2,
 * J3, J7, J14, K18): an object or text under `error`, `errors`, `detail` or
 * `message`, bare text, or any of these in an array.
 */
export function readErrorBody(value: unknown, depth = 0): ErrorBody {
  if (typeof value === "string") return withMessage(value);
  if (depth > MAX_DEPTH) return EMPTY;
  if (Array.isArray(value)) return readErrorBody(value[0], depth + 1);
  if (!isJsonObject(value)) return EMPTY;
  const inner = value.error ?? value.errors ?? value.detail ?? value.message;
  const own = readMembers(value, inner, depth);
  if (typeof inner !== "object" || inner === null) return own;
  // What the inner object leaves open, the outer one may tell.
  return { ...own, ...readErrorBody(inner, depth + 1) };
}

function readMembers(
  value: JsonObject,
  text: unknown,
  depth: number,
): ErrorBody {
  const message = readRaw(value, depth)?.message ??
    clean(text ?? value.msg ?? value.error_message, MAX_MESSAGE);
  const code = typeof value.code === "number"
    ? String(value.code)
    : clean(value.code, MAX_WORD);
  const type = clean(value.type, MAX_WORD);
  const param = clean(value.param, MAX_WORD);
  const status = httpStatus(value.code) ?? httpStatus(value.status_code) ??
    httpStatus(value.status);
  return {
    ...(message && { message }),
    // A status is no code: it says less than the words of its class.
    ...(code && httpStatus(code) === undefined && { code }),
    ...(type && { type }),
    ...(param && { param }),
    ...(status !== undefined && { status }),
    details: keptDetails(value),
  };
}

/** The underlying provider's own error, which an aggregator holds as text (J3). */
function readRaw(value: JsonObject, depth: number): ErrorBody | undefined {
  const { metadata } = value;
  if (!isJsonObject(metadata)) return undefined;
  const { raw } = metadata;
  if (typeof raw !== "string") return readErrorBody(raw, depth + 1);
  if (raw.length > MAX_DETAILS) return undefined;
  try {
    return readErrorBody(parseJsonText(raw), depth + 1);
  } catch {
    return undefined;
  }
}

function keptDetails(value: JsonObject): ErrorBody["details"] {
  const kept: Record<string, unknown> = {};
  for (const key of DETAILS) {
    const detail = value[key];
    if (detail !== undefined && detail !== null) kept[key] = detail;
  }
  try {
    return JSON.stringify(kept).length <= MAX_DETAILS ? kept : {};
  } catch {
    // Nested too deep to be written again.
    return {};
  }
}

function withMessage(text: string): ErrorBody {
  const message = clean(text, MAX_MESSAGE);
  return message ? { ...EMPTY, message } : EMPTY;
}

function clean(value: unknown, max: number): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.slice(0, max).toWellFormed().replace(CONTROL, " ").trim();
  return text === "" ? undefined : text;
}

function httpStatus(value: unknown): number | undefined {
  const status = typeof value === "string" && /^[345]\d\d$/.test(value)
    ? Number(value)
    : value;
  return typeof status === "number" && Number.isInteger(status) &&
      status >= 300 && status <= 599
    ? status
    : undefined;
}
