/**
 * A tokenizer takes time by the square of a word's length: what has no break
 * for so long is cut, and counted a token or so too high.
 */
const MAX_WORD = 256;
/** Right before a blank between a word and a letter, where no token of an encoding reaches across. */
const BREAK = /[^\s](?= \p{L})/gu;

/**
 * Cuts a text into pieces of this many UTF-16 units at most, between words
 * where there is a place, and within a run without one.
 */
export function* cutWords(text: string, max: number): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const end = Math.min(text.length, from + max);
    const to = end === text.length ? end : lastBreak(text, from, end);
    yield* cutRuns(text.slice(from, to));
    from = to;
  }
}

function lastBreak(text: string, from: number, end: number): number {
  const back = Math.max(from, end - 1024);
  const tail = text.slice(back, end);
  let last = end;
  for (const { index, 0: found } of tail.matchAll(BREAK)) {
    last = back + index + found.length;
  }
  return last > from ? last : end;
}

/** Cuts where letters, blanks or marks go on and on. */
function* cutRuns(text: string): Generator<string> {
  let from = 0;
  let run = 0;
  let kind = -1;
  for (let at = 0; at < text.length; at++) {
    const now = kindOf(text.charCodeAt(at));
    run = now === kind ? run + 1 : 1;
    kind = now;
    // Never between the halves of a character.
    if (run <= MAX_WORD || (text.charCodeAt(at) & 0xfc00) === 0xdc00) continue;
    yield text.slice(from, at);
    from = at;
    run = 1;
  }
  yield text.slice(from);
}

/** Blanks, letters and all beyond ASCII, digits, marks: what tokens are cut between. */
function kindOf(unit: number): number {
  if (unit === 0x20 || unit >= 9 && unit <= 13) return 0;
  const lower = unit | 0x20;
  if (lower >= 0x61 && lower <= 0x7a || unit >= 0x80) return 1;
  return unit >= 0x30 && unit <= 0x39 ? 2 : 3;
}
