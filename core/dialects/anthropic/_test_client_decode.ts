import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Conversation, Message } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { type JsonDocument, parseJsonDocument } from "../../json_document.ts";
import {
  type DecodeMessagesOptions,
  decodeMessagesRequest,
} from "./decode_request.ts";

/** A request that is valid but for what a test adds. */
export const BASE = {
  model: "m",
  max_tokens: 100,
  messages: [{ role: "user", content: "hi" }],
};

/** A request as it comes off the wire. */
export function document(fields: object): JsonDocument {
  return parseJsonDocument(new TextEncoder().encode(JSON.stringify(fields)));
}

/** Decodes a request that is valid but for these fields. */
export function decode(
  fields: Record<string, unknown>,
  options: DecodeMessagesOptions = {},
): Conversation {
  return decodeMessagesRequest(document({ ...BASE, ...fields }), options);
}

/** Decodes messages only; each is a role and its content. */
export function decodeAll(
  ...messages: readonly (readonly [role: string, content: unknown])[]
): readonly Message[] {
  return decode({
    messages: messages.map(([role, content]) => ({ role, content })),
  }).messages;
}

/** Asserts a 400 that names a field; gives the message. */
export function assertRefused(
  fields: Record<string, unknown>,
  { param, code }: { readonly param: string; readonly code: string },
): string {
  const error = assertThrows(() => decode(fields), GatewayError);
  assertEquals([error.status, error.param, error.code], [400, param, code]);
  assert(error.message.length > 10);
  return error.message;
}
