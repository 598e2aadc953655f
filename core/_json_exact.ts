import { parseAnyNames } from "./_json_names.ts";
import type { JsonDocument } from "./json_document.ts";

/** What newer engines add to `JSON`: the text of a number, kept through parse and stringify. */
interface RawJson {
  parse(
    text: string,
    revive: (
      key: string,
      value: unknown,
      context: { readonly source?: string },
    ) => unknown,
  ): unknown;
  rawJSON?(text: string): unknown;
}

const { parse, rawJSON } = JSON as unknown as RawJson;

/** A number of 16 digits or with an exponent of three, at least. */
const LONG_NUMBER = /[\s:,[-](?:\d[\d.]{15}|[\d.]+[eE][+-]?\d{3})/;
/** How many digits a double holds for certain. */
const CERTAIN_DIGITS = 15;
/** Smaller ones lose digits, or all of them. */
const MIN_NORMAL = 2.3e-308;

/**
 * Parses JSON so that numbers that a double would round, such as ids beyond
 * 2^53, are the same after `JSON.stringify` (M15); until then they are objects
 * for `JSON.stringify` alone. Costs no more than `JSON.parse` where the text
 * has none, and rounds like it where the engine can't do better.
 *
 * @throws {SyntaxError} when the text is no JSON.
 */
export function parseExactJson(text: string): unknown {
  if (rawJSON === undefined || !hasLongNumber(text)) {
    return parseAnyNames(text, JSON.parse);
  }
  return parseAnyNames(text, (text) =>
    parse(
      text,
      (_key, value, { source }) =>
        typeof value === "number" && source !== undefined &&
          isRounded(value, source)
          ? rawJSON(source)
          : value,
    ));
}

/**
 * A top-level value of a document that is about to be written anew: with the
 * numbers that {@linkcode parseExactJson} keeps.
 *
 * @example A number that a double would round
 * ```ts
 * import { exactMember, parseJsonDocument } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{"messages":[{"id":9007199254740993}]}';
 * const document = parseJsonDocument(new TextEncoder().encode(text));
 * assertEquals(
 *   JSON.stringify(exactMember(document, "messages")),
 *   '[{"id":9007199254740993}]',
 * );
 * ```
 */
export function exactMember(
  { text, value, spans }: JsonDocument,
  key: string,
): unknown {
  const span = spans.get(key);
  const member = span && text.slice(...span);
  if (!member || !hasLongNumber(member)) return value[key];
  return parseExactJson(member);
}

/** A document's value with some of its members as {@linkcode exactMember} has them (M15). */
export function withExactMembers(
  document: JsonDocument,
  keys: readonly string[],
): JsonDocument["value"] {
  let { value } = document;
  for (const key of keys) {
    const exact = exactMember(document, key);
    if (exact !== value[key]) value = { ...value, [key]: exact };
  }
  return value;
}

/** Whether a text may have a number in it that a double would round. Cheap, and never wrong about there being none. */
export function hasLongNumber(text: string): boolean {
  return LONG_NUMBER.test(text);
}

function isRounded(value: number, source: string): boolean {
  if (String(value) === source) return false;
  const [digits = ""] = source.replace(/^-?[0.]*|\./g, "").split(/e/i);
  return digits.length > CERTAIN_DIGITS || !Number.isFinite(value) ||
    digits !== "" && Math.abs(value) < MIN_NORMAL;
}
