import { Ranges } from "./_ranges.ts";

/** How keys begin: OpenAI, Anthropic and many others, and schemes of `authorization`. */
const START =
  /\b(?:(?:[Bb]earer|BEARER) |Basic |sk-|gsk_|xai-|pplx-|nvapi-|hf_|r8_|ghp_|AIza|ya29\.|eyJ)/g;
const MIN_REST = 12;
/** Long enough to let `Basic authentication` pass. */
const MIN_CREDENTIALS = 16;

/** Letters, digits and `+ - . / = _ ~`: what keys and tokens are made of. */
function isKeyCharacter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) ||
    (code >= 45 && code <= 57) || code === 95 || code === 43 || code === 61 ||
    code === 126;
}

/** The parts of a text that look like keys of well-known kinds. */
export function findKeys(text: string): Ranges {
  const ranges = new Ranges();
  START.lastIndex = 0;
  for (let match = START.exec(text); match; match = START.exec(text)) {
    const rest = START.lastIndex;
    let end = rest;
    while (isKeyCharacter(text.charCodeAt(end))) end++;
    const scheme = match[0].endsWith(" ");
    if (end - rest < (scheme ? MIN_CREDENTIALS : MIN_REST)) continue;
    ranges.add(scheme ? rest : match.index, end);
    START.lastIndex = end;
  }
  return ranges;
}
