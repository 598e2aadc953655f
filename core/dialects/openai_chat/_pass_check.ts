import type { GatewayError } from "../../errors.ts";
import type { JsonDocument } from "../../json_document.ts";
import {
  invalidRequest,
  invalidType,
  isJsonObject,
  type JsonObject,
} from "./_decode_node.ts";

/**
 * The cheap check of a chat request that passes to its provider as it is: a
 * model, messages that are objects with a role, and tool results that answer a
 * call of the assistant turn before them (A23). Contents are not looked into:
 * they are the provider's to judge.
 *
 * @throws {GatewayError} 400 naming the field, in OpenAI's words (K17).
 *
 * @example A request without messages
 * ```ts
 * import { GatewayError, parseJsonDocument } from "@llm-proxy/core";
 * import { checkChatRequest } from "@llm-proxy/core/dialects";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const body = new TextEncoder().encode('{"model":"m"}');
 * const error = assertThrows(
 *   () => checkChatRequest(parseJsonDocument(body)),
 *   GatewayError,
 * );
 * assertEquals(error.param, "messages");
 * ```
 */
export function checkChatRequest({ value }: JsonDocument): void {
  checkName(value, "model");
  const { messages } = value;
  if (messages === undefined || messages === null) throw missing("messages");
  if (!Array.isArray(messages)) {
    throw invalidType("messages", {
      expected: "an array of objects",
      value: messages,
    });
  }
  if (messages.length === 0) {
    throw invalidRequest(
      "Invalid 'messages': empty array. Expected at least one message",
      { code: "empty_array", param: "messages" },
    );
  }
  /** The ids of the last assistant turn's calls; built when a result comes. */
  let calls: ReadonlySet<unknown> | undefined;
  for (let index = 0; index < messages.length; index++) {
    const message: unknown = messages[index];
    const path = `messages[${index}]`;
    if (!isJsonObject(message)) {
      throw invalidType(path, { expected: "an object", value: message });
    }
    checkName(message, "role", `${path}.`);
    if (message.role !== "tool") {
      calls = undefined;
      continue;
    }
    calls ??= callsBefore(messages, index);
    checkResult(message, { path, calls });
  }
}

/** The ids of the calls that the results at `index` may answer. */
function callsBefore(
  messages: readonly unknown[],
  index: number,
): ReadonlySet<unknown> {
  const turn: unknown = messages[index - 1];
  const calls = isJsonObject(turn) && turn.role === "assistant" &&
    turn.tool_calls;
  if (!Array.isArray(calls) || calls.length === 0) {
    throw invalidRequest(
      "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
      { code: "invalid_value", param: `messages[${index}].role` },
    );
  }
  return new Set(
    calls.map((call: unknown) => isJsonObject(call) ? call.id : undefined),
  );
}

function checkResult(
  message: JsonObject,
  { path, calls }: {
    readonly path: string;
    readonly calls: ReadonlySet<unknown>;
  },
): void {
  const { tool_call_id: id } = message;
  checkName(message, "tool_call_id", `${path}.`);
  if (calls.has(id)) return;
  const shown = String(id).slice(0, 64);
  throw invalidRequest(
    `Invalid parameter: 'tool_call_id' '${shown}' not found in 'tool_calls' of the previous assistant message`,
    { code: "invalid_value", param: `${path}.tool_call_id` },
  );
}

function checkName(
  value: JsonObject,
  key: "model" | "role" | "tool_call_id",
  path = "",
): void {
  const name = value[key];
  if (typeof name === "string" && name !== "") return;
  if (name === undefined || name === null || name === "") {
    throw missing(path + key);
  }
  throw invalidType(path + key, { expected: "a string", value: name });
}

function missing(param: string): GatewayError {
  return invalidRequest(`Missing required parameter: '${param}'`, {
    code: "missing_required_parameter",
    param,
  });
}
