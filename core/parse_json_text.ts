import { parseAnyNames } from "./_json_names.ts";

/**
 * Parses JSON that others have written: as `JSON.parse`, but safe from an
 * engine that reads a name with an escape in it as another name that it has
 * seen before (V8 15.0), so that what is checked here is what the next reader
 * sees. Costs as much as `JSON.parse` where no name has an escape.
 *
 * @throws {SyntaxError} when the text is no JSON.
 *
 * @example A name with an escape
 * ```ts
 * import { parseJsonText } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseJsonText(String.raw`{"\u0061":1}`), { a: 1 });
 * ```
 */
export function parseJsonText(text: string): unknown {
  return parseAnyNames(text, JSON.parse);
}
