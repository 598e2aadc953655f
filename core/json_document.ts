import { describeJsonFault, describePlace } from "./_json_fault.ts";
import { readName, scanJson, skipSpace, withPlainNames } from "./_json_scan.ts";
import { GatewayError } from "./errors.ts";

export { editJsonDocument } from "./_json_edit.ts";

/** A JSON object with its text and the places of its top-level values. */
export interface JsonDocument {
  /** The text as it came, a byte order mark removed. */
  readonly text: string;
  /** The parsed object. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Start and end of each top-level value in `text`, by key. */
  readonly spans: ReadonlyMap<string, readonly [start: number, end: number]>;
  /** Whether a top-level key comes more than once. The last one counts, in `spans` as in `value`. */
  readonly repeated?: boolean;
}

/** What {@linkcode parseJsonDocument} may be told. */
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

/** More top-level members than any API has; keeps the map of them small. */
const MAX_MEMBERS = 1000;
const LIMITS = { maxDepth: 200, maxNodes: 100_000, maxMembers: MAX_MEMBERS };
const decoder = new TextDecoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a JSON object and keeps its text, so that it can be sent on with the
 * smallest edit. Depth and size are judged before anything is built (C6). Of a
 * key that comes twice the last one counts, as in `JSON.parse`.
 *
 * @throws {GatewayError} of kind `invalid_request` and code `invalid_json`,
 * with the place where it is cheap to tell, when the bytes are no UTF-8, no
 * JSON, no object, nest deeper than 200 levels, or hold more than 100,000
 * objects, arrays and members or 1,000 top-level members.
 *
 * @example Where a value stands
 * ```ts
 * import { parseJsonDocument } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const document = parseJsonDocument(new TextEncoder().encode('{"seed": 1e3}'));
 * assertEquals(document.value, { seed: 1000 });
 * assertEquals(document.spans.get("seed"), [9, 12]);
 * ```
 */
export function parseJsonDocument(
  bytes: Uint8Array,
  options: ParseJsonOptions = {},
): JsonDocument {
  const what = options.what ?? "request body";
  const text = decodeUtf8(bytes, what);
  const start = skipSpace(text, 0);
  if (text[start] !== "{" || text.charCodeAt(start + 1) === 0) {
    throw invalidJson(what, notAnObject(text, start));
  }
  const { members, escapedNames, excess } = scanJson(text, {
    ...LIMITS,
    ...options,
  });
  if (excess) {
    const { at, reason } = excess;
    throw invalidJson(
      what,
      `is too complex: ${reason} at ${describePlace(text, at)}`,
    );
  }
  const value = parse(text, { what, escapedNames });
  const spans = new Map<string, readonly [number, number]>();
  for (let i = 0; i < members.length; i += 4) {
    const key = readName(text.slice(members[i], members[i + 1]));
    spans.set(key, [members[i + 2]!, members[i + 3]!]);
  }
  const repeated = spans.size < members.length / 4;
  return repeated ? { text, value, spans, repeated } : { text, value, spans };
}

function notAnObject(text: string, start: number): string {
  if (start === text.length) return "is empty: it must be a JSON object";
  return text.charCodeAt(start) === 0 || text.charCodeAt(start + 1) === 0
    ? "must be UTF-8, not UTF-16"
    : "must be a JSON object";
}

/** Strict decoding costs four times as much, and is only needed where a replacement character is found. */
function decodeUtf8(bytes: Uint8Array, what: string): string {
  const text = decoder.decode(bytes);
  if (!text.includes("\ufffd")) return text;
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    throw invalidJson(what, "is not valid UTF-8", cause);
  }
}

function parse(
  text: string,
  { what, escapedNames }: {
    readonly what: string;
    readonly escapedNames: readonly number[];
  },
): Record<string, unknown> {
  try {
    return JSON.parse(withPlainNames(text, escapedNames));
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
