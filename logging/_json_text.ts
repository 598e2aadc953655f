/** Longer texts are cut, so that one record cannot fill the log. */
export const MAX_TEXT = 8_192;

/**
 * What JSON has to escape, and beyond that what terminals and log viewers take
 * for a line break or a change of direction, so that one line stays one line.
 */
const ESCAPED =
  // deno-lint-ignore no-control-regex -- what has to be escaped
  /["\\\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/;
const NOT_IN_JSON = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Cuts a text at {@linkcode MAX_TEXT} characters and says how many are gone. */
export function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, MAX_TEXT)}… (${text.length - MAX_TEXT} more)`;
}

const encoder = new TextEncoder();
const scratch = new Uint8Array(16_384);

/** Whether all characters are ASCII's, by a fifth of what a pattern for it costs. */
function isAscii(text: string): boolean {
  if (text.length > scratch.length) return false;
  // What is full may have taken as many bytes as the text has characters, and not all of them.
  const { read, written } = encoder.encodeInto(text, scratch);
  return read === text.length && written === read;
}

/** JSON with those characters escaped too that it need not escape. */
export function escapeOdd(json: string): string {
  if (isAscii(json) && !json.includes("\x7f")) return json;
  return json.replace(NOT_IN_JSON, escapeCharacter);
}

/** A text as a JSON string that holds no line break of any kind. */
export function quote(text: string): string {
  const short = cut(text);
  if (!ESCAPED.test(short)) return `"${short}"`;
  return escapeOdd(JSON.stringify(short));
}

const MAX_KEYS = 1_024;
const keys = new Map<string, string>();

/** `"key":`, remembered for the keys seen first, which are those of the code. */
export function quoteKey(key: string): string {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const quoted = `${quote(key)}:`;
  if (keys.size < MAX_KEYS) keys.set(key, quoted);
  return quoted;
}
