/** How the engine ends a message that tells a place; its other messages quote the text. */
const PLACE = /at position (\d+)(?: \(line (\d+) column (\d+)\))?$/;

/**
 * Where the engine says that a text is no JSON, in words that hold nothing of
 * the text; `undefined` where it keeps that to itself.
 */
export function placeOfJsonError(error: unknown): string | undefined {
  const { message } = error as SyntaxError;
  if (message === "Unexpected end of JSON input") return "the end";
  const [, at, line, column] = PLACE.exec(message) ?? [];
  if (line !== undefined) return `line ${line}, column ${column}`;
  return at === undefined ? undefined : `character ${Number(at) + 1}`;
}

/**
 * What may be the cause of a failure, of what `JSON.parse` has thrown. Causes
 * are logged, and the engine's own message quotes the text.
 */
export function jsonErrorCause(error: unknown): SyntaxError {
  const place = placeOfJsonError(error);
  return new SyntaxError(
    place === undefined ? "Invalid JSON" : `Invalid JSON at ${place}`,
  );
}
