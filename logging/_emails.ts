import { Ranges } from "./_ranges.ts";

const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;

/** Letters and digits, and what else stands before an `@`. */
function isLocal(code: number): boolean {
  return isDomain(code) || code === 95 || code === 37 || code === 43;
}

/** Letters, digits, `.` and `-`. */
function isDomain(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) || code === 45 || code === 46;
}

/** The addresses of mail in a text. */
export function findEmails(text: string): Ranges {
  const ranges = new Ranges();
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let start = at;
    const least = Math.max(0, at - MAX_LOCAL);
    while (start > least && isLocal(text.charCodeAt(start - 1))) start--;
    let end = at + 1;
    const most = Math.min(text.length, at + 1 + MAX_DOMAIN);
    while (end < most && isDomain(text.charCodeAt(end))) end++;
    // A full stop behind it belongs to the sentence.
    while (end > at + 1 && !/[a-z\d]/i.test(text[end - 1] ?? "")) end--;
    if (start === at || !hasTopLevel(text.slice(at + 1, end))) continue;
    ranges.add(start, end);
  }
  return ranges;
}

function hasTopLevel(domain: string): boolean {
  return /\.[a-z]{2,63}$/i.test(domain.slice(-64));
}
