import { placeOfJsonError } from "./_json_error.ts";
import { skipSpace } from "./_json_scan.ts";

/** How much of a text is read for its fault: reading costs some 50 times what the parser does. */
const MAX_READ = 32_768;
/** The longest piece that the end of what is read may have cut: `\u0041`, `false`. */
const MAX_PIECE = 6;
/** How many lines are counted to tell a place. */
const MAX_LINES = 10_000;

/** A place that moves on while the text is read. */
interface Reader {
  readonly text: string;
  at: number;
}

/** A number, a literal word, or what is between two escapes of a string. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /(?:true|false|null)\b/y;
// deno-lint-ignore no-control-regex -- what JSON forbids
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Says what keeps a text from being JSON, and where: within the first 32 Ki
 * characters in our own words, since engines have words of their own and often
 * keep the place to themselves; behind them what the engine tells of the place,
 * so that finding a fault costs next to nothing whatever the text.
 *
 * Recurses as deep as the text nests: the caller has limited that.
 *
 * @param error What the parser has thrown; absent where it was given another text.
 * @returns The end of a sentence, with the space or colon before it; often empty.
 */
export function describeJsonFault(text: string, error?: unknown): string {
  const fault = findFault(text);
  if (fault !== undefined) return `: ${fault}`;
  const place = error === undefined ? undefined : placeOfJsonError(error);
  return place === undefined ? "" : ` at ${place}`;
}

/** A place in a text, counted from 0, in the words of a message. */
export function describePlace(text: string, at: number): string {
  let line = 1;
  let start = 0;
  for (let lf = 0; (lf = text.indexOf("\n", start)) !== -1 && lf < at;) {
    if (++line > MAX_LINES) return `character ${at + 1}`;
    start = lf + 1;
  }
  return `line ${line}, column ${at - start + 1}`;
}

function findFault(text: string): string | undefined {
  const reader = { text: text.slice(0, MAX_READ), at: 0 };
  const isWhole = reader.text.length === text.length;
  reader.at = skipSpace(reader.text, 0);
  let reason = readValue(reader);
  if (reason === undefined) {
    reader.at = skipSpace(reader.text, reader.at);
    if (reader.at === text.length) return undefined;
    reason = "unexpected text after the end";
  }
  const { at } = reader;
  if (!isWhole && at >= MAX_READ - MAX_PIECE) return undefined;
  return at >= text.length
    ? `unexpected end at ${describePlace(text, text.length)}`
    : `${reason} at ${describePlace(reader.text, at)}`;
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
