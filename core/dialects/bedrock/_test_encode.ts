import type { Conversation } from "../../conversation.ts";
import { LossReport } from "../../loss_report.ts";
import { user } from "../_test_messages.ts";
import type { Encoded } from "../anthropic/_test_encode.ts";
import { encodeRequest } from "./encode_request.ts";

export const CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/** Encodes a conversation of which only what matters to the test is given. */
export function encode(
  part: Partial<Conversation> = {},
  model = CLAUDE,
): Encoded {
  const losses = new LossReport();
  const { path, headers, body: text } = encodeRequest({
    model,
    messages: [user("Hi")],
    sampling: {},
    stream: true,
    unmapped: [],
    ...part,
  }, { provider: "bedrock", model, quirks: {}, losses });
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
