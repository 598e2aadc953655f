/** FNV-1a over the 16-bit units of a text or over numbers. */
export function hashOf(input: string | readonly number[]): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < input.length; i++) {
    const unit = typeof input === "string" ? input.charCodeAt(i) : input[i]!;
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  return hash >>> 0;
}

/** A vector of length 1, the same for the same seed: xorshift numbers, normalised. */
export function unitVector(seed: number, dimensions: number): Float32Array {
  // Xorshift never leaves the state 0.
  let state = seed === 0 ? 0x9e3779b9 : seed;
  const vector = new Float32Array(dimensions);
  let sum = 0;
  for (let i = 0; i < dimensions; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    // The half keeps every part, and so the length, off zero.
    const part = (state + 0.5) / 2 ** 31;
    vector[i] = part;
    sum += part * part;
  }
  const length = Math.sqrt(sum);
  for (let i = 0; i < dimensions; i++) vector[i]! /= length;
  return vector;
}

/** Little-endian 32-bit floats in base64. */
export function toBase64(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  for (let i = 0; i < vector.length; i++) {
    view.setFloat32(i * 4, vector[i]!, true);
  }
  let binary = "";
  for (let i = 0; i < view.byteLength; i++) {
    binary += String.fromCharCode(view.getUint8(i));
  }
  return btoa(binary);
}
