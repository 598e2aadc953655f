import type { Conversation } from "../../conversation.ts";
import type { DialectTarget } from "../../dialect.ts";
import type { MutableJson } from "./_pass_json.ts";

/** How the wanted form of the answer is asked for. */
export interface EncodedFormat {
  readonly responseFormat?: MutableJson;
  /** An instruction for the system prompt. */
  readonly instruction?: string;
}

const JSON_MODE = { responseFormat: { type: "json_object" } };
const JSON_ONLY =
  "Answer with one JSON object and nothing else: no prose before or after it, no code fence.";

/**
 * Encodes the wanted form of the answer (A28, J28, O5). Free JSON is refused
 * by the provider unless the conversation speaks of JSON, so that is said
 * where it does not.
 */
export function encodeFormat(
  conversation: Conversation,
  { quirks, losses }: DialectTarget,
): EncodedFormat {
  const { output } = conversation;
  if (output === undefined) return {};
  if (output.type === "json") {
    if (speaksOfJson(conversation)) return JSON_MODE;
    losses.add("changed", "messages", "JSON is asked for in the prompt too");
    return { ...JSON_MODE, instruction: JSON_ONLY };
  }
  const { type, ...format } = output;
  if (!quirks.noJsonSchema) {
    return { responseFormat: { type, json_schema: format } };
  }
  losses.add("approximated", "response_format", "asked for in the prompt");
  const schema = JSON.stringify(output.schema);
  return {
    ...JSON_MODE,
    instruction: `${JSON_ONLY} It must follow this JSON Schema: ${schema}`,
  };
}

function speaksOfJson({ messages }: Conversation): boolean {
  return messages.some(({ parts }) =>
    parts.some((part) => part.type === "text" && /json/i.test(part.text))
  );
}
