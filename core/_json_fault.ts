import { skipSpace } from "./_json_scan.ts";

/** What keeps a text from being JSON. */
export interface JsonFault {
  /** The place in the text, counted from 0. */
  readonly at: number;
  readonly reason: string;
}

/** A place that moves on while the text is read. */
interface Reader {
  readonly text: string;
  at: number;
}

/** A number, a literal word, or what is between two escapes of a string. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /(?:true|false|null)\b/y;
// deno-lint-ignore no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Finds the first fault of a text that the parser has refused, since engines
 * word it differently and often keep the place to themselves. Recurses as deep
 * as the text nests: the caller has limited that.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const reader = { text, at: skipSpace(text, 0) };
  let reason = readValue(reader);
  if (reason === undefined) {
    reader.at = skipSpace(text, reader.at);
    if (reader.at === text.length) return undefined;
    reason = "unexpected text after the end";
  }
  return reader.at >= text.length
    ? { at: text.length, reason: "unexpected end" }
    : { at: reader.at, reason };
}

/** Each reader moves behind what it reads; at a fault it stops there and says what is wrong. */
function readValue(reader: Reader): string | undefined {
  switch (reader.text[reader.at]) {
    case "{":
      return readList(reader, "}", readMember);
    case "[":
      return readList(reader, "]", readValue);
    case '"':
      return readString(reader);
    default:
      return match(reader, WORD) || match(reader, NUMBER)
        ? undefined
        : "expected a value";
  }
}

function readMember(reader: Reader): string | undefined {
  if (reader.text[reader.at] !== '"') {
    return "expected a member name in double quotes";
  }
  const reason = readString(reader);
  if (reason !== undefined) return reason;
  reader.at = skipSpace(reader.text, reader.at);
  if (reader.text[reader.at] !== ":") return "expected ':'";
  reader.at = skipSpace(reader.text, reader.at + 1);
  return readValue(reader);
}

function readList(
  reader: Reader,
  close: "}" | "]",
  readItem: (reader: Reader) => string | undefined,
): string | undefined {
  const { text } = reader;
  reader.at = skipSpace(text, reader.at + 1);
  if (text[reader.at] === close) {
    reader.at++;
    return undefined;
  }
  while (true) {
    const reason = readItem(reader);
    if (reason !== undefined) return reason;
    reader.at = skipSpace(text, reader.at);
    const next = text[reader.at];
    if (next !== "," && next !== close) return `expected ',' or '${close}'`;
    reader.at++;
    if (next === close) return undefined;
    reader.at = skipSpace(text, reader.at);
    if (text[reader.at] === close) return "a trailing comma";
  }
}

function readString(reader: Reader): string | undefined {
  reader.at++;
  do match(reader, PLAIN); while (match(reader, ESCAPE));
  if (reader.text[reader.at] === '"') {
    reader.at++;
    return undefined;
  }
  return reader.text[reader.at] === "\\"
    ? "an invalid escape"
    : "a control character in a string";
}

function match(reader: Reader, pattern: RegExp): boolean {
  pattern.lastIndex = reader.at;
  if (!pattern.test(reader.text)) return false;
  reader.at = pattern.lastIndex;
  return true;
}
