import { createHash } from "node:crypto";

/** Longer keys are kept as their digest. */
const MAX_LENGTH = 256;

/** A key that is fit to be kept: who sends long ones takes no more memory for it. */
export function shortKey(key: string): string {
  if (key.length <= MAX_LENGTH) return key;
  return createHash("sha256").update(key).digest("base64");
}
