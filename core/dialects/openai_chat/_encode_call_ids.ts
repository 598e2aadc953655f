import { createHash } from "node:crypto";
import type { Quirks } from "../../dialect.ts";

/** How long an id may be for OpenAI, in characters. */
const MAX_LENGTH = 40;
const LETTERS_AND_DIGITS = /^[a-zA-Z0-9]+$/;

/**
 * A tool call's id as the provider takes it (H4): as it is where it fits, else
 * a digest of it, the same one each time, so that a call and its result still
 * belong together.
 */
export function wireCallId(
  id: string,
  { callIdLength }: Pick<Quirks, "callIdLength">,
): string {
  if (callIdLength === undefined) {
    return id.length <= MAX_LENGTH ? id : `call_${digest(id, 24)}`;
  }
  return id.length === callIdLength && LETTERS_AND_DIGITS.test(id)
    ? id
    : digest(id, callIdLength);
}

function digest(id: string, length: number): string {
  const text = createHash("sha256").update(id).digest("base64url");
  return text.replace(/[-_]/g, "").padEnd(length, "0").slice(0, length);
}
