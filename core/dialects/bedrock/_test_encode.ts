import type { Conversation } from "../../conversation.ts";
import { type Encoded, encodeWith } from "../_test_encode.ts";
import { encodeRequest } from "./encode_request.ts";

export const CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/** Encodes a conversation of which only what matters to the test is given. */
export function encode(
  part: Partial<Conversation> = {},
  model = CLAUDE,
): Encoded {
  return encodeWith(encodeRequest, { provider: "bedrock", model, part });
}
