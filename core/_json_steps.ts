import { parseNamed } from "./_json_names.ts";
import { describeJsonFault, describePlace } from "./_json_fault.ts";
import { type JsonScan, scanJson, skipSpace } from "./_json_scan.ts";
import { GatewayError } from "./errors.ts";

/** What `parseJsonDocument()` may be told. */
export interface ParseJsonOptions {
  /** How deep objects and arrays may nest. @default {200} */
  readonly maxDepth?: number;
  /**
   * How many objects, arrays and object members there may be in all: they,
   * not the bytes, are what parsing costs. @default {100000}
   */
  readonly maxNodes?: number;
  /** What the text is, for messages. @default {"request body"} */
  readonly what?: string;
}

/** More top-level members than any API has; keeps the list of them short. */
const MAX_MEMBERS = 1000;
const LIMITS = { maxDepth: 200, maxNodes: 100_000, maxMembers: MAX_MEMBERS };
/** What a document is parsed with most often. */
export const NO_OPTIONS: ParseJsonOptions = {};
const WHAT = "request body";
const decoder = new TextDecoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The text of a body. Strict decoding costs four times as much, and is only
 * needed where a replacement character is found.
 *
 * @throws {GatewayError} where the bytes are no UTF-8.
 */
export function decodeUtf8(
  bytes: Uint8Array,
  options: ParseJsonOptions,
): string {
  const text = decoder.decode(bytes);
  if (!text.includes("\ufffd")) return text;
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    throw invalidUtf8(options, cause);
  }
}

/** A body is no UTF-8. */
export function invalidUtf8(
  { what = WHAT }: ParseJsonOptions,
  cause?: unknown,
): GatewayError {
  return invalidJson(what, "is not valid UTF-8", cause);
}

/**
 * Walks over a text that is to be one object, before anything is built of it.
 *
 * @param seams Takes places where long lists can be parsed in parts.
 * @throws {GatewayError} where it is none, or more than may be.
 */
export function judgeJson(
  text: string,
  options: ParseJsonOptions,
  seams?: number[],
): JsonScan {
  const { what = WHAT } = options;
  const start = skipSpace(text, 0);
  if (text[start] !== "{" || text.charCodeAt(start + 1) === 0) {
    throw invalidJson(what, notAnObject(text, start));
  }
  const limits = options === NO_OPTIONS ? LIMITS : { ...LIMITS, ...options };
  const scan = scanJson(text, limits, seams);
  const { excess } = scan;
  if (excess === undefined) return scan;
  const { at, reason } = excess;
  throw invalidJson(
    what,
    `is too complex: ${reason} at ${describePlace(text, at)}`,
  );
}

function notAnObject(text: string, start: number): string {
  if (start === text.length) return "is empty: it must be a JSON object";
  return text.charCodeAt(start) === 0 || text.charCodeAt(start + 1) === 0
    ? "must be UTF-8, not UTF-16"
    : "must be a JSON object";
}

/**
 * Parses a text that {@linkcode judgeJson} has let pass.
 *
 * @throws {GatewayError} where it is no JSON, with the place.
 */
export function parseJudged(
  text: string,
  { escapedNames }: JsonScan,
  { what = WHAT }: ParseJsonOptions = NO_OPTIONS,
): Record<string, unknown> {
  try {
    return parseNamed(text, escapedNames) as Record<string, unknown>;
  } catch (error) {
    const isSame = escapedNames.length === 0;
    const fault = describeJsonFault(text, isSame ? error : undefined);
    throw invalidJson(what, `is not valid JSON${fault}`);
  }
}

function invalidJson(
  what: string,
  problem: string,
  cause?: unknown,
): GatewayError {
  return new GatewayError("invalid_request", `The ${what} ${problem}`, {
    code: "invalid_json",
    ...(cause !== undefined && { cause }),
  });
}
