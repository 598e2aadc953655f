import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Conversation, Message } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { decodeChatRequest } from "./decode_request.ts";

/** A request that is valid but for what a test adds. */
const BASE = { model: "m", messages: [{ role: "user", content: "hi" }] };

/** Decodes a request as it comes off the wire. */
export function decode(fields: Record<string, unknown>): Conversation {
  const text = JSON.stringify({ ...BASE, ...fields });
  return decodeChatRequest({ text, value: JSON.parse(text), spans: new Map() });
}

/** Decodes messages only. */
export function decodeAll(...messages: unknown[]): readonly Message[] {
  return decode({ messages }).messages;
}

/** Decodes messages and gives the parts of the last one. */
export function lastParts(...messages: unknown[]): Message["parts"] {
  return decodeAll(...messages).at(-1)?.parts ?? [];
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
