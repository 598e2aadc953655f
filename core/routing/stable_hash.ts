const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const RANGE = 2 ** 32;

/**
 * A 32-bit hash of a text, the same in every process and version. It keeps no
 * secret and stands no attack: it spreads, no more.
 *
 * @param maxLength How many UTF-16 units count; what follows is not read.
 */
export function hashText(text: string, maxLength: number = 1024): number {
  const length = Math.min(text.length, maxLength);
  let hash = FNV_OFFSET;
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), FNV_PRIME);
    hash = Math.imul(hash ^ (unit >>> 8), FNV_PRIME);
  }
  return mixHash(hash, length);
}

/** A hash of two hashes, each bit of which depends on all of theirs. */
export function mixHash(hash: number, seed: number): number {
  let mixed = Math.imul(hash ^ 0x9e3779b9, 0x85ebca6b) ^ seed;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A hash as a number between 0 and 1, neither of them reached. */
export function hashPosition(hash: number): number {
  return (hash + 0.5) / RANGE;
}
