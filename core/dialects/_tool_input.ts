import { parseJsonText } from "../parse_json_text.ts";
import { parseExactJson } from "../_json_exact.ts";
import { cannotCarry } from "./_cannot_carry.ts";
import { invalidAnswer } from "./_invalid_answer.ts";
import { isObject } from "./_json.ts";

/**
 * The arguments of a tool call as a JSON object: the model's own text, for a
 * reparse would round large numbers (M15); `{}` where there are none (A13).
 *
 * @returns `undefined` where the text is no JSON object.
 */
export function toolInputJson(text: string): string | undefined {
  if (text.trim() === "") return "{}";
  try {
    const value: unknown = parseJsonText(text);
    if (!isObject(value)) return undefined;
    return text.isWellFormed() ? text.trim() : JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** The failure for an answer whose tool call can't be told. */
export function invalidInput(): Error {
  return invalidAnswer("has a tool call whose arguments are no JSON object");
}

/**
 * The same of a caller's request, whose fault it is (C9, A14).
 *
 * @throws {GatewayError} 400 naming the field where the text is no JSON object.
 */
export function toolInput(text: string, param: string): string {
  if (text.trim() === "") return "{}";
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch {
    throw cannotCarry(
      param,
      "send a tool call whose arguments are not valid JSON",
      "invalid_value",
    );
  }
  if (value === null) return "{}";
  if (!isObject(value)) {
    throw cannotCarry(
      param,
      "send a tool call whose arguments are not a JSON object",
      "invalid_value",
    );
  }
  return text.isWellFormed() ? text.trim() : JSON.stringify(value);
}
