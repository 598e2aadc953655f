import { Ranges } from "./_ranges.ts";

/** What a kind of number looks like, and what else must hold of it. */
interface NumberShape {
  /** Every repetition in it is bounded, so that it takes linear time. */
  readonly look: RegExp;
  readonly fits?: (digits: string) => boolean;
}

const PART = String.raw`(?:25[0-5]|2[0-4]\d|1?\d?\d)`;

/** Kinds of numbers by their look. */
export const NUMBER_SHAPES: Readonly<
  Record<"card" | "phone" | "ssn" | "ipv4", NumberShape>
> = {
  card: {
    look:
      /(?<![\w+.-])(?=[3-6]|2[2-7])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5}|\d{13,19})(?![\w-])/g,
    fits: isLuhn,
  },
  phone: {
    look:
      /(?<![\w+.-])(?:\+[1-9](?:[ ().-]{0,2}\d){7,14}|(?:1[-. ])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])[2-9]\d{2}[-. ]\d{4})(?![\w-])/g,
  },
  ssn: {
    look: /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g,
  },
  ipv4: {
    look: new RegExp(
      String.raw`(?<![\w.-])(?:${PART}\.){3}${PART}(?![\w-]|\.\d)`,
      "g",
    ),
  },
};

/** The numbers of one kind in a text. */
export function findNumbers(text: string, { look, fits }: NumberShape): Ranges {
  const ranges = new Ranges();
  look.lastIndex = 0;
  for (let match = look.exec(text); match; match = look.exec(text)) {
    const [found] = match;
    if (fits !== undefined && !fits(found.replace(/\D/g, ""))) continue;
    ranges.add(match.index, match.index + found.length);
  }
  return ranges;
}

/** Whether the check digit is right (ISO/IEC 7812). */
function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const doubled = place % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
