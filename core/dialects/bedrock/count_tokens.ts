import { parseJsonText } from "../../parse_json_text.ts";
import type { CountDialect, TokenCount } from "../../count_dialect.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { isObject } from "../_json.ts";
import { modelPath } from "./_model_path.ts";
import { encodeRequest } from "./encode_request.ts";
import { decodeErrorAnswer } from "./errors.ts";

/** What of a Converse request counts. */
const COUNTED: ReadonlySet<string> = new Set([
  "messages",
  "system",
  "toolConfig",
  "additionalModelRequestFields",
]);

const decoder = new TextDecoder();

/** Counts of tokens as Amazon makes them of a Converse request (C37). */
export const bedrockCount: CountDialect = {
  encodeCount(conversation, target) {
    const request = encodeRequest({ ...conversation, stream: false }, target);
    const members = Object.entries(
      parseJsonText(request.body) as object,
    );
    const counted = members.filter(([name]) => COUNTED.has(name));
    const converse = Object.fromEntries(counted);
    return {
      ...request,
      path: `${modelPath(target.model)}/count-tokens`,
      body: JSON.stringify({ input: { converse } }),
    };
  },
  decodeCount: readCount,
  decodeError: (status, headers, body) =>
    decodeErrorAnswer({ status, headers, body }),
};

/**
 * Whether Amazon counts tokens for a model: for Claudes by their bare ids, and
 * neither by a profile nor by an ARN.
 */
export function isCounted(model: string): boolean {
  return model.startsWith("anthropic.claude");
}

function readCount(body: Uint8Array): TokenCount {
  const text = decoder.decode(body);
  const value = parseAnswer(text, "is no valid JSON");
  const count = isObject(value) ? value.inputTokens : undefined;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
    throw invalidAnswer("has no count of tokens");
  }
  return { body: text, inputTokens: count };
}
