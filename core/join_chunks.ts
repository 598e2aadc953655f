/**
 * Joins the chunks of a body; a single one is handed on as it is.
 *
 * @param chunks The chunks, in order.
 * @param size Their length in all, in bytes.
 * @returns The bytes of all of them.
 *
 * @example Two chunks
 * ```ts
 * import { joinChunks } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const chunks = [new Uint8Array([1, 2]), new Uint8Array([3])];
 * assertEquals(joinChunks(chunks, 3), new Uint8Array([1, 2, 3]));
 * ```
 */
export function joinChunks(
  chunks: readonly Uint8Array[],
  size: number,
): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first) return first;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
