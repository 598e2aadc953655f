import { Ranges } from "./_ranges.ts";

const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/g;
const LEAST = 15;

/** The account numbers (ISO 13616) in a text whose check digits are right. */
export function findIbans(text: string): Ranges {
  const ranges = new Ranges();
  IBAN.lastIndex = 0;
  for (let match = IBAN.exec(text); match; match = IBAN.exec(text)) {
    const [found] = match;
    const plain = found.replaceAll(" ", "");
    if (plain.length < LEAST || remainder(plain) !== 1) continue;
    ranges.add(match.index, match.index + found.length);
  }
  return ranges;
}

/** What is left of it, its first four characters last and letters as numbers, by 97. */
function remainder(iban: string): number {
  let rest = 0;
  for (let place = 0; place < iban.length; place++) {
    const code = iban.charCodeAt((place + 4) % iban.length);
    // A is 10, B is 11 and so on.
    rest = code > 57
      ? (rest * 100 + code - 55) % 97
      : (rest * 10 + code - 48) % 97;
  }
  return rest;
}
