import { Ranges } from "./_ranges.ts";

const LETTER_S = 115;

/** Tells whether `http` or `https` in any case ends before `at`. */
function hasScheme(text: string, at: number): boolean {
  const end = (text.charCodeAt(at - 1) | 32) === LETTER_S ? at - 1 : at;
  return text.slice(Math.max(0, end - 4), end).toLowerCase() === "http";
}

/** Characters that end a URL in a line of text or JSON. */
function endsUrl(code: number): boolean {
  // Controls and space, " ' < > \ ` { | }
  return code <= 32 || code === 34 || code === 39 || code === 60 ||
    code === 62 || code === 92 || code === 96 || (code >= 123 && code <= 125);
}

/**
 * The queries, fragments and user names of the http(s) URLs in a text: places
 * where programs put keys.
 */
export function findUrlSecrets(text: string): Ranges {
  const ranges = new Ranges();
  let at = text.indexOf("://");
  while (at >= 0) {
    at = hasScheme(text, at) ? scanUrl(text, at + 3, ranges) : at + 3;
    at = text.indexOf("://", at);
  }
  return ranges;
}

/** Notes the secrets of one URL; tells where it ends. */
function scanUrl(text: string, start: number, ranges: Ranges): number {
  let inHost = true;
  let query = -1;
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (endsUrl(code)) break;
    if (query >= 0) continue;
    if (code === 47) inHost = false; // "/"
    else if (code === 64 && inHost && at > start) ranges.add(start, at); // "@"
    else if (code === 63 || code === 35) query = at + 1; // "?" and "#"
  }
  if (query >= 0 && at > query) ranges.add(query, at);
  return at;
}
