/** A part of a path as it was meant; what is no valid encoding is meant as it is. */
export function decodeName(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
