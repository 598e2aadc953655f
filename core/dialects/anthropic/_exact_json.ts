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

/** A whole number of more digits than a double holds for certain. */
const LONG_NUMBER = /[\s:,[-]\d{16}/;

/**
 * Parses JSON so that whole numbers beyond 2^53, such as ids, are the same
 * after `JSON.stringify` (M15). Costs no more than `JSON.parse` where the text
 * has none, and rounds like it where the engine can't do better.
 *
 * @throws {SyntaxError} when the text is no JSON.
 */
export function parseExactJson(text: string): unknown {
  if (rawJSON === undefined || !LONG_NUMBER.test(text)) return JSON.parse(text);
  return parse(
    text,
    (_key, value, { source }) =>
      typeof value === "number" && !Number.isSafeInteger(value) &&
        source !== undefined && /^-?\d+$/.test(source)
        ? rawJSON(source)
        : value,
  );
}
