import type * as z from "@zod/zod";

/** The kinds of values, by the names that schemas have for them. */
export const KINDS: ReadonlyMap<string, string> = new Map([
  ["array", "a list"],
  ["boolean", "true or false"],
  ["int", "a whole number"],
  ["number", "a number"],
  ["object", "a map"],
  ["record", "a map"],
  ["string", "a string"],
]);

const PARTS: ReadonlyMap<string, string> = new Map([
  ["array", "entries"],
  ["string", "characters"],
]);

/** What the size of a value must be. */
export function bound(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
): string {
  const small = issue.code === "too_small";
  const edge = String(small ? issue.minimum : issue.maximum);
  const side = small ? "at least" : "at most";
  const parts = PARTS.get(issue.origin);
  if (parts === undefined) return `must be ${side} ${edge}`;
  return small && edge === "1"
    ? "must not be empty"
    : `must have ${side} ${edge} ${parts}`;
}
