import { createHash } from "node:crypto";

/**
 * The key of something that is told by several texts: no two lists have the
 * same. Each text is led by its length, so that none can pretend to be two, and
 * the digest is SHA-256, which takes time in proportion to their length.
 *
 * @returns 43 letters, digits, `-` and `_`.
 *
 * @example Where one text ends matters
 * ```ts
 * import { cacheKey } from "@llm-proxy/context";
 * import { assertEquals, assertNotEquals } from "@std/assert";
 *
 * assertEquals(cacheKey(["team-a", "hi"]), cacheKey(["team-a", "hi"]));
 * assertNotEquals(cacheKey(["team-a", "hi"]), cacheKey(["team-", "ahi"]));
 * assertEquals(cacheKey([]).length, 43);
 * ```
 */
export function cacheKey(parts: readonly string[]): string {
  let text = "";
  // UTF-8 would make one of all lone surrogates.
  for (const part of parts) {
    const plain = part.isWellFormed() ? part : JSON.stringify(part);
    text += `${plain === part ? "" : '"'}${plain.length}:${plain}`;
  }
  return createHash("sha256").update(text).digest("base64url");
}
