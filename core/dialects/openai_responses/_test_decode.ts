import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Conversation, Message } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { decodeResponsesRequest } from "./decode_request.ts";
import type { ResponsesState } from "./state.ts";

/** Decodes a request as it comes off the wire, valid but for what a test adds. */
export function decode(
  fields: Record<string, unknown>,
  state?: ResponsesState,
): Conversation {
  const text = JSON.stringify({ model: "m", input: "hi", ...fields });
  const document = parseJsonDocument(new TextEncoder().encode(text));
  return decodeResponsesRequest(document, state);
}

/** Decodes input items only. */
export function decodeItems(...input: unknown[]): readonly Message[] {
  return decode({ input }).messages;
}

/** Asserts a 400 that names a field; gives the message. */
export function assertRefused(
  fields: Record<string, unknown>,
  { param, code, state }: {
    readonly param: string;
    readonly code: string;
    readonly state?: ResponsesState;
  },
): string {
  const error = assertThrows(() => decode(fields, state), GatewayError);
  assertEquals([error.status, error.param, error.code], [400, param, code]);
  assert(error.message.length > 10);
  return error.message;
}
