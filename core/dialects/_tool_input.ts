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
    const value: unknown = JSON.parse(text);
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
