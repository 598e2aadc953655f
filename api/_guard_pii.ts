import type { PiiKind } from "./config_types_guardrails.ts";

/** Finds one kind of personal data. What it finds holds nothing that JSON must escape. */
export interface PiiFinder {
  readonly kind: PiiKind;
  /** Every quantifier is bounded, and every match begins at an edge: it is linear. */
  readonly pattern: RegExp;
  readonly isOne?: (text: string) => boolean;
}

/** The finders, those first whose finds others would take for theirs. */
export const PII_FINDERS: readonly PiiFinder[] = [
  {
    kind: "key",
    // What providers of APIs give out: by their beginnings, and JSON web tokens.
    pattern:
      /(?<![A-Za-z0-9_-])(?:sk-[A-Za-z0-9_-]{16,200}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,200}|gh[pousr]_[A-Za-z0-9]{30,200}|github_pat_[A-Za-z0-9_]{40,200}|glpat-[A-Za-z0-9_-]{20,100}|xox[abprs]-[A-Za-z0-9-]{10,200}|A(?:KIA|SIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}|npm_[A-Za-z0-9]{36}|hf_[A-Za-z0-9]{30,60}|eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,2000})(?![A-Za-z0-9_-])/g,
  },
  {
    kind: "email",
    // Letters of every alphabet, in domains as well (RFC 6531).
    pattern:
      /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}_%+-](?:[\p{L}\p{N}._%+-]{0,63})@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.){1,8}(?:\p{L}{2,24}|xn--[A-Za-z0-9-]{2,59})(?![\p{L}\p{N}])/gu,
  },
  {
    kind: "iban",
    pattern:
      /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])/g,
    isOne: isIban,
  },
  {
    kind: "card",
    pattern: /(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-])/g,
    isOne: isCard,
  },
  {
    kind: "ip",
    pattern:
      /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\d]|\.\d)|(?<![A-Za-z0-9:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![A-Za-z0-9:])/g,
    isOne: isAddress,
  },
  {
    kind: "phone",
    // With a + or a 0 before, or written as in North America.
    pattern:
      /(?<![A-Za-z0-9+.-])(?:\+\d|00[1-9]|0[1-9]|\(0?\d{2,4}\)|[2-9]\d{2}[ .-][2-9]\d{2}[ .-](?=\d{4}))(?:[ ()./-]{0,2}\d){4,14}(?![A-Za-z0-9])/g,
    isOne: isPhone,
  },
];

/** The check digit of payment cards (ISO/IEC 7812, Luhn). */
function isCard(text: string): boolean {
  const digits = text.replaceAll(/\D/g, "");
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    let digit = Number(digits[digits.length - 1 - at]);
    if (at % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum > 0 && sum % 10 === 0;
}

/** The check digits of account numbers (ISO 13616: mod 97). */
function isIban(text: string): boolean {
  const plain = text.replaceAll(" ", "");
  if (plain.length < 15 || plain.length > 34) return false;
  let rest = 0;
  for (const letter of plain.slice(4) + plain.slice(0, 4)) {
    for (const digit of parseInt(letter, 36).toString()) {
      rest = (rest * 10 + Number(digit)) % 97;
    }
  }
  return rest === 1;
}

function isAddress(text: string): boolean {
  if (!text.includes(":")) return true;
  // Times look like the shortest ones.
  return /[0-9A-Fa-f]{2}/.test(text) &&
    URL.canParse(`http://[${text}]/`);
}

function isPhone(text: string): boolean {
  if (/^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/.test(text)) return false;
  const { length } = text.replaceAll(/\D/g, "");
  return length >= 7 && length <= 15;
}
