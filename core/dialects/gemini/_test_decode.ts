import { assertThrows } from "@std/assert";
import type { Conversation, Message } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { type JsonDocument, parseJsonDocument } from "../../json_document.ts";
import { decodeGeminiRequest } from "./decode_request.ts";

const encoder = new TextEncoder();

/** A request with something to say, where nothing else is set. */
export const ASKED = [{ role: "user", parts: [{ text: "hi" }] }];

/** A request's document; `contents` are filled in. */
export function asked(request: object): JsonDocument {
  const text = JSON.stringify({ contents: ASKED, ...request });
  return parseJsonDocument(encoder.encode(text));
}

/** Reads a request. */
export function decode(request: object): Conversation {
  return decodeGeminiRequest(asked(request));
}

/** Reads contents. */
export function decodeTurns(...contents: object[]): readonly Message[] {
  return decode({ contents }).messages;
}

/** The field and the code that a request is refused for. */
export function refusal(request: object): [string | undefined, string] {
  const error = assertThrows(() => decode(request), GatewayError);
  return [error.param, error.code];
}
