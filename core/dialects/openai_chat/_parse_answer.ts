import { hasLongNumber, parseExactJson } from "../../_json_exact.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { carriesError, isMutableJson, type MutableJson } from "./_pass_json.ts";
import { decodeChatErrorObject } from "./decode_error.ts";

/**
 * Parses an answer or one event of it. Arguments of tools that come as objects
 * keep their numbers as they are (M15).
 *
 * @param what Begins what is said of a text that is none, for example `has an event that`.
 * @throws {UpstreamError} when the text is no JSON, no object, or tells an error (U11, J2).
 */
export function parseChatAnswer(text: string, what: string): MutableJson {
  let value = parseAnswer(text, `${what}is no valid JSON`);
  if (!isMutableJson(value)) throw invalidAnswer(`${what}is no JSON object`);
  if (carriesError(value)) throw decodeChatErrorObject(value);
  if (hasObjectArguments(value) && hasLongNumber(text)) {
    value = parseExactJson(text);
  }
  return value as MutableJson;
}

function hasObjectArguments({ choices }: MutableJson): boolean {
  return Array.isArray(choices) && choices.some((choice: unknown) => {
    if (!isMutableJson(choice)) return false;
    const message = choice.delta ?? choice.message;
    if (!isMutableJson(message) || !Array.isArray(message.tool_calls)) {
      return false;
    }
    return message.tool_calls.some((call: unknown) =>
      isMutableJson(call) && isMutableJson(call.function) &&
      isMutableJson(call.function.arguments)
    );
  });
}
