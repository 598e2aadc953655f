import { findJsonFault, type JsonFault } from "./_json_fault.ts";
import { keyStartBefore, scanJson, skipSpace } from "./_json_scan.ts";
import { GatewayError } from "./errors.ts";

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
const NO_LIMITS = {
  maxDepth: Infinity,
  maxNodes: Infinity,
  maxMembers: Infinity,
};
const decoder = new TextDecoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a JSON object and keeps its text, so that it can be sent on with the
 * smallest edit. Depth and size are judged before anything is built (C6). Of a
 * key that comes twice the last one counts, as in `JSON.parse`.
 *
 * @throws {GatewayError} of kind `invalid_request` and code `invalid_json`,
 * with line and column, when the bytes are no UTF-8, no JSON, no object, nest
 * deeper than 200 levels, or hold more than 100,000 objects, arrays and
 * members or 1,000 top-level members.
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
  const { members, excess } = scanJson(text, { ...LIMITS, ...options });
  if (excess) {
    throw invalidJson(what, `is too complex: ${place(text, excess)}`);
  }
  const value = parse(text, what);
  const spans = new Map<string, readonly [number, number]>();
  for (let i = 0; i < members.length; i += 4) {
    const key = readKey(text, members[i]!, members[i + 1]!);
    spans.set(key, [members[i + 2]!, members[i + 3]!]);
  }
  const repeated = spans.size < members.length / 4;
  return repeated ? { text, value, spans, repeated } : { text, value, spans };
}

/**
 * Replaces, removes (`undefined`) or appends top-level members of a document.
 * Everything else stays byte for byte as it was: numbers of any precision, the
 * order of keys, escapes, white space (M15, M16).
 *
 * @param edits JSON text of the new value, by key.
 * @returns The text with the edits.
 *
 * @example Another model
 * ```ts
 * import { editJsonDocument, parseJsonDocument } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{"model": "a", "user": "b", "seed": 9007199254740993}';
 * const document = parseJsonDocument(new TextEncoder().encode(text));
 * assertEquals(
 *   editJsonDocument(document, new Map([["model", '"c"'], ["user", undefined]])),
 *   '{"model": "c", "seed": 9007199254740993}',
 * );
 * ```
 */
export function editJsonDocument(
  document: JsonDocument,
  edits: ReadonlyMap<string, string | undefined>,
): string {
  const { text, spans } = document;
  const splices: Splice[] = [];
  let appended = "";
  let removed = 0;
  for (const [key, value] of edits) {
    const span = spans.get(key);
    if (value === undefined) removed += span ? 1 : 0;
    else if (span) splices.push([span[0], span[1], value]);
    else appended += `,${JSON.stringify(key)}:${value}`;
  }
  if (removed > 0) removeMembers(document, edits, splices);
  if (appended !== "") {
    let end = 0;
    for (const [, valueEnd] of spans.values()) end = Math.max(end, valueEnd);
    if (end === 0) end = text.lastIndexOf("}");
    splices.push([end, end, appended.slice(removed === spans.size ? 1 : 0)]);
  }
  if (splices.length === 0) return text;
  return splice(text, splices);
}

/** Start and end of what goes, and what comes instead. */
type Splice = readonly [start: number, end: number, text: string];

function splice(text: string, splices: Splice[]): string {
  splices.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let edited = "";
  let at = 0;
  for (const [start, end, instead] of splices) {
    edited += text.slice(at, start) + instead;
    at = end;
  }
  return edited + text.slice(at);
}

/** Removes runs of members, each with the comma behind it, or the one before it where the run is the last. */
function removeMembers(
  { text, spans, repeated }: JsonDocument,
  edits: ReadonlyMap<string, string | undefined>,
  splices: Splice[],
): void {
  const members = repeated
    ? listMembers(text)
    : Array.from(spans, ([key, span]) => [key, ...span] as const);
  const goes = (index: number): boolean => {
    const key = members[index]?.[0];
    return key !== undefined && edits.has(key) && edits.get(key) === undefined;
  };
  for (let first = 0; first < members.length; first++) {
    if (!goes(first)) continue;
    let last = first;
    while (goes(last + 1)) last++;
    const next = members[last + 1];
    const [, firstValue] = members[first]!;
    const [, , lastEnd] = members[last]!;
    if (next) {
      splices.push([
        keyStartBefore(text, firstValue),
        keyStartBefore(text, next[1]),
        "",
      ]);
    } else {
      const start = members[first - 1]?.[2] ?? keyStartBefore(text, firstValue);
      splices.push([start, lastEnd, ""]);
    }
    first = last;
  }
}

/** All members in the order of the text, those that are overridden included. */
function listMembers(
  text: string,
): (readonly [key: string, start: number, end: number])[] {
  const { members } = scanJson(text, NO_LIMITS);
  const list: (readonly [string, number, number])[] = [];
  for (let i = 0; i < members.length; i += 4) {
    const key = readKey(text, members[i]!, members[i + 1]!);
    list.push([key, members[i + 2]!, members[i + 3]!]);
  }
  return list;
}

function readKey(text: string, start: number, end: number): string {
  const key = text.slice(start + 1, end - 1);
  return key.includes("\\") ? JSON.parse(text.slice(start, end)) : key;
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

function parse(text: string, what: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const fault = findJsonFault(text) ?? { at: 0, reason: "unreadable" };
    throw invalidJson(what, `is not valid JSON: ${place(text, fault)}`, cause);
  }
}

function place(text: string, { at, reason }: JsonFault): string {
  let line = 1;
  let start = 0;
  for (let lf = 0; (lf = text.indexOf("\n", start)) !== -1 && lf < at;) {
    line++;
    start = lf + 1;
  }
  return `${reason} at line ${line}, column ${at - start + 1}`;
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
