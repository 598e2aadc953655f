import type { Conversation, Message, Part } from "../../conversation.ts";
import { LossReport } from "../../loss_report.ts";
import { user } from "../_test_messages.ts";
import { encodeRequest } from "./encode_request.ts";

/** A request as the provider would read it. */
export interface Encoded {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** As `action: field (detail)`. */
  readonly losses: readonly string[];
}

/** Encodes a conversation of which only what matters to the test is given. */
export function encode(
  part: Partial<Conversation> = {},
  model = "claude-sonnet-4-5",
): Encoded {
  const losses = new LossReport();
  const { path, headers, body: text } = encodeRequest({
    model,
    messages: [user("Hi")],
    sampling: {},
    stream: true,
    unmapped: [],
    ...part,
  }, { provider: "anthropic", model, quirks: {}, losses });
  return {
    path,
    headers,
    text,
    body: JSON.parse(text),
    losses: losses.losses.map(({ action, field, detail }) =>
      `${action}: ${field} (${detail})`
    ),
  };
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
