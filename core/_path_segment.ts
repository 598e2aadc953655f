import { GatewayError } from "./errors.ts";

/** What servers take for a step up, or for the end of a path. */
const LEADS_ELSEWHERE = /(?:^|[/\\])\.{1,2}(?:[/\\;:]|$)|[\\\p{Cc}]/u;

/**
 * A model's name as one segment of a provider's path, escaped. A dot segment
 * needs no escape and stays one, so names that hold any are refused, however
 * often a server behind a server undoes escapes (X18).
 *
 * @throws {GatewayError} 404 `model_not_found`.
 */
export function pathSegment(name: string): string {
  const plain = undoEscapes(undoEscapes(name));
  if (!LEADS_ELSEWHERE.test(name) && !LEADS_ELSEWHERE.test(plain)) {
    return encodeURIComponent(name);
  }
  throw new GatewayError(
    "not_found",
    "The name of the model leads out of its place",
    { code: "model_not_found", param: "model" },
  );
}

function undoEscapes(text: string): string {
  if (!text.includes("%")) return text;
  return text.replaceAll(
    /%(2[ef]|5c|25|0\d|1\d|7f)/gi,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
}
