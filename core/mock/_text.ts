const CHARS_PER_TOKEN = 4;

/** Longest piece that {@linkcode words} gives, in characters. */
const MAX_PIECE = 256;

/** The mock's count of tokens: four characters (UTF-16 units) make one, rounded up. */
export function estimateTokens(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN);
}

/** The text's start, at most `length` long; no surrogate pair is torn. */
export function head(text: string, length: number): string {
  return text.slice(0, wholeEnd(text, length));
}

function wholeEnd(text: string, end: number): number {
  if (end <= 0 || end >= text.length) return end;
  const before = text.charCodeAt(end - 1);
  const after = text.charCodeAt(end);
  const torn = before >= 0xd800 && before < 0xdc00 &&
    after >= 0xdc00 && after < 0xe000;
  return torn ? end - 1 : end;
}

/** Cuts a text into pieces of `size`; joined they are the text. `size` is at least 2. */
export function* pieces(text: string, size: number): Generator<string> {
  for (let start = 0; start < text.length;) {
    const end = wholeEnd(text, start + size);
    yield text.slice(start, end);
    start = end;
  }
}

/**
 * Cuts a text into words, one at a time, each with the white space before it;
 * joined they are the text. Very long words come in several pieces.
 */
export function* words(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const limit = Math.min(start + MAX_PIECE, text.length);
    let end = start;
    while (end < limit && text.charCodeAt(end) <= 0x20) end++;
    while (end < limit && text.charCodeAt(end) > 0x20) end++;
    end = wholeEnd(text, end);
    yield text.slice(start, end);
    start = end;
  }
}

/** What ends a text early. */
export interface TextLimits {
  /** The text ends before the first of these. */
  readonly stop: readonly string[];
  /** In tokens of {@linkcode estimateTokens}. */
  readonly maxTokens: number | undefined;
}

/** Ends a text where a stop sequence or the token limit says so. */
export function limitText(
  text: string,
  { stop, maxTokens }: TextLimits,
): { text: string; finish: "stop" | "length" } {
  let finish: "stop" | "length" = "stop";
  if (maxTokens !== undefined && estimateTokens(text.length) > maxTokens) {
    text = head(text, maxTokens * CHARS_PER_TOKEN);
    finish = "length";
  }
  for (const sequence of stop) {
    const at = text.indexOf(sequence);
    if (at < 0) continue;
    text = text.slice(0, at);
    finish = "stop";
  }
  return { text, finish };
}
