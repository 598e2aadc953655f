import { findEmails } from "./_emails.ts";
import { findIbans } from "./_ibans.ts";
import { findNumbers, NUMBER_SHAPES } from "./_number_shapes.ts";
import type { Ranges } from "./_ranges.ts";

/** What can be told from other text by its look alone. */
export const PERSONAL_DATA = [
  "email",
  "iban",
  "card",
  "phone",
  "ssn",
  "ipv4",
] as const;

/**
 * A kind of data on persons: addresses of mail, numbers of bank accounts and of
 * payment cards whose check digits are right, telephone numbers (international
 * ones, and those of North America), US social security numbers, IPv4 addresses.
 */
export type PersonalData = typeof PERSONAL_DATA[number];

/** The parts of a text that are data of a kind, in time linear in its length. */
export function findPersonalData(text: string, kind: PersonalData): Ranges {
  switch (kind) {
    case "email":
      return findEmails(text);
    case "iban":
      return findIbans(text);
  }
  return findNumbers(text, NUMBER_SHAPES[kind]);
}
