import type { Conversation, Message, Part } from "../../conversation.ts";
import { type Encoded, encodeWith } from "../_test_encode.ts";
import { encodeRequest } from "./encode_request.ts";

/** Encodes a conversation of which only what matters to the test is given. */
export function encode(
  part: Partial<Conversation> = {},
  model = "claude-sonnet-4-5",
): Encoded {
  return encodeWith(encodeRequest, { provider: "anthropic", model, part });
}

export { assistant, system, user } from "../_test_messages.ts";

/** A tool call. */
export function call(id: string, args = "{}", name = "look"): Part {
  return { type: "tool_call", id, name, arguments: args };
}

/** A tool message with one text as result. */
export function result(callId: string, text = "ok"): Message {
  const parts = [{ type: "text", text }] as const;
  return { role: "tool", parts: [{ type: "tool_result", callId, parts }] };
}
