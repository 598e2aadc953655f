import { hasLongNumber, parseExactJson } from "../../_json_exact.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { isObject, type JsonObject } from "../_json.ts";

/**
 * Parses an answer or one event of it. The provider sends arguments of tools
 * as JSON, so their numbers are kept as they are (M15), and puts an error into
 * an array now and then (D27).
 *
 * @throws {UpstreamError} when the text is no JSON, or no object.
 */
export function parseGeminiAnswer(text: string): JsonObject {
  let value = parseAnswer(text, "is no valid JSON");
  if (text.includes(`"functionCall"`) && hasLongNumber(text)) {
    value = parseExactJson(text);
  }
  if (Array.isArray(value)) {
    const found = value.find((item) => isObject(item) && "error" in item);
    value = found ?? value;
  }
  if (isObject(value)) return value;
  throw invalidAnswer("is no JSON object");
}
