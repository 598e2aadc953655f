import { SecretIndex } from "./_secret_index.ts";

/** Shorter texts repeat nothing that could be told from other words. */
const LEAST = 12;
/** How much of a source is looked through, from its beginning and its end. */
const MAX_SOURCE = 131_072;

/**
 * Takes out of a text what it repeats of another: a provider that refuses a
 * request may quote it, and what it quotes is the caller's and not the log's.
 * Runs of 12 characters and more are found, and of 8 where these look drawn at
 * random. Of a source over 262,144 characters the middle is passed over.
 *
 * @param text What may repeat something.
 * @param source What it may repeat.
 *
 * @example Usage
 * ```ts
 * import { withoutEcho } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   withoutEcho("Invalid input: 'my name is Jane Doe'", "Hello, my name is Jane Doe!"),
 *   "Invalid input: '[redacted]'",
 * );
 * ```
 */
export function withoutEcho(text: string, source: string): string {
  if (text.length < LEAST || source.length < LEAST) return text;
  const looked = source.length <= 2 * MAX_SOURCE
    ? source
    : `${source.slice(0, MAX_SOURCE)}\n${source.slice(-MAX_SOURCE)}`;
  const echoes = new SecretIndex([text]).find(looked).textsIn(looked);
  return echoes.length === 0
    ? text
    : new SecretIndex(echoes).find(text).replaceIn(text);
}
