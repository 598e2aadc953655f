import type { JsonDocument } from "../../json_document.ts";
import {
  invalidRequest,
  invalidType,
  isJsonObject,
} from "../openai_chat/_decode_node.ts";

/** Fields one of which stands for an input. */
const INSTEAD = ["previous_response_id", "conversation", "prompt"] as const;

/**
 * The cheap check of a Responses request that passes to its provider as it is:
 * a model, and an input that is text or a list of objects. What the items hold
 * is the provider's to judge.
 *
 * @throws {GatewayError} 400 naming the field, in OpenAI's words (K17).
 *
 * @example A request without input
 * ```ts
 * import { GatewayError, parseJsonDocument } from "@llm-proxy/core";
 * import { checkResponsesRequest } from "@llm-proxy/core/dialects";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const body = new TextEncoder().encode('{"model":"m"}');
 * const error = assertThrows(
 *   () => checkResponsesRequest(parseJsonDocument(body)),
 *   GatewayError,
 * );
 * assertEquals(error.param, "input");
 * ```
 */
export function checkResponsesRequest({ value }: JsonDocument): void {
  const { model, input } = value;
  if (model === undefined || model === null || model === "") {
    throw missing("model");
  }
  if (typeof model !== "string") {
    throw invalidType("model", { expected: "a string", value: model });
  }
  if (typeof input === "string") return;
  if (input === undefined || input === null) {
    if (INSTEAD.some((key) => (value[key] ?? null) !== null)) return;
    throw missing("input");
  }
  if (!Array.isArray(input)) {
    throw invalidType("input", {
      expected: "a string or an array of objects",
      value: input,
    });
  }
  for (let index = 0; index < input.length; index++) {
    const item: unknown = input[index];
    if (isJsonObject(item)) continue;
    throw invalidType(`input[${index}]`, {
      expected: "an object",
      value: item,
    });
  }
}

function missing(param: string): Error {
  return invalidRequest(`Missing required parameter: '${param}'`, {
    code: "missing_required_parameter",
    param,
  });
}
