import type { ClientDialect, ProviderDialect } from "./dialect.ts";
import { anthropicProvider } from "./dialects/anthropic/dialect.ts";
import { geminiProvider } from "./dialects/gemini/dialect.ts";
import { openAiChatProvider } from "./dialects/openai_chat/provider.ts";
import { openAiResponsesProvider } from "./dialects/openai_responses/provider.ts";

/** By the name of the client's dialect. */
const READERS: ReadonlyMap<string, ProviderDialect> = new Map([
  ["openai_chat", openAiChatProvider],
  ["openai_responses", openAiResponsesProvider],
  ["anthropic", anthropicProvider],
  ["gemini", geminiProvider],
]);

/**
 * What reads an answer that is in a client's own dialect: that of a provider who
 * speaks it too. There is none for dialects that no provider is spoken to in.
 *
 * @example A whole answer in no dialect's words
 * ```ts
 * import { answerReader, openAiChatClient } from "@llm-proxy/core";
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
  return READERS.get(name);
}
