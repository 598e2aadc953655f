import type { JsonDocument } from "../../json_document.ts";
import {
  invalidRequest,
  isJsonObject,
  RequestNode,
} from "../openai_chat/_decode_node.ts";

/** What {@linkcode checkMessagesRequest} may be told. */
export interface CheckMessagesOptions {
  /** Tokens shall be counted only: there is no answer to limit. @default {false} */
  readonly isCount?: boolean;
}

/**
 * The cheap check of a Messages request that passes to its provider as it is:
 * a model, `max_tokens`, and messages that are objects with a role and content.
 * Contents are not looked into: they are the provider's to judge.
 *
 * @throws {GatewayError} 400 naming the field (K17).
 *
 * @example A request without a limit
 * ```ts
 * import { GatewayError, parseJsonDocument } from "@llm-proxy/core";
 * import { checkMessagesRequest } from "@llm-proxy/core/dialects";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const body = new TextEncoder().encode('{"model":"m"}');
 * const error = assertThrows(
 *   () => checkMessagesRequest(parseJsonDocument(body)),
 *   GatewayError,
 * );
 * assertEquals(error.param, "max_tokens");
 * ```
 */
export function checkMessagesRequest(
  { value }: JsonDocument,
  options: CheckMessagesOptions = {},
): void {
  const root = new RequestNode(value, []);
  root.name("model");
  // Zero fills the provider's prompt cache.
  if (root.integer("max_tokens", 0) === undefined && !options.isCount) {
    throw root.missing("max_tokens");
  }
  const { messages } = value;
  if (!root.has("messages")) throw root.missing("messages");
  if (!Array.isArray(messages)) {
    throw root.wrongType("messages", "an array of objects");
  }
  // A conversation that the provider keeps goes on without any (`pause_turn`).
  if (messages.length === 0 && !root.has("thread")) {
    throw root.refuse(
      "messages",
      "Invalid 'messages': empty array. Expected at least one message",
      "empty_array",
    );
  }
  for (let index = 0; index < messages.length; index++) {
    const message: unknown = messages[index];
    const isMessage = isJsonObject(message) &&
      typeof message.role === "string" &&
      (typeof message.content === "string" || Array.isArray(message.content));
    if (isMessage) continue;
    const param = `messages[${index}]`;
    throw invalidRequest(
      `Invalid '${param}': expected an object with 'role' and 'content'`,
      { code: "invalid_type", param },
    );
  }
}
