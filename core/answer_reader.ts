import type { ClientDialect, ProviderDialect } from "./dialect.ts";
import { CLIENTS } from "./_dialect_table.ts";

/**
 * What reads an answer that is in a client's own dialect: that of a provider who
 * speaks it too. There is none for dialects that no provider is spoken to in.
 *
 * @example A whole answer in no dialect's words
 * ```ts
 * import { answerReader, openAiChatClient } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const body = `{"id":"1","object":"chat.completion","created":1,"model":"m",
 *   "choices":[{"index":0,"message":{"role":"assistant","content":"hi"},
 *   "finish_reason":"stop"}]}`;
 * const reader = answerReader(openAiChatClient);
 * const answer = reader?.decodeAnswer(new TextEncoder().encode(body));
 * assertEquals(answer?.parts, [{ type: "text", text: "hi" }]);
 * ```
 */
export function answerReader(
  { name }: Pick<ClientDialect, "name">,
): ProviderDialect | undefined {
  return CLIENTS.find(name)?.reader;
}
