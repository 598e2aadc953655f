import { assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../errors.ts";
import { decodeAnswer } from "./anthropic/decode_answer.ts";
import { AnthropicStreamDecoder } from "./anthropic/decode_stream.ts";
import { passEmbeddingsAnswer } from "./openai_chat/embeddings.ts";
import { passChatAnswer } from "./openai_chat/pass_answer.ts";
import { ChatPassStream } from "./openai_chat/pass_stream.ts";

const SECRET = "hunter2";
const TEXT = `{"id":["${SECRET}" ${SECRET}]}`;
const BODY = new TextEncoder().encode(TEXT);
const EVENT = { event: "", data: TEXT };

const readers: [name: string, read: () => unknown][] = [
  ["an answer of Anthropic", () => decodeAnswer(BODY)],
  ["an event of Anthropic", () => new AnthropicStreamDecoder().push(EVENT)],
  ["an answer of OpenAI", () => passChatAnswer(BODY)],
  [
    "an event of OpenAI",
    () => new ChatPassStream({ includeUsage: false }).push(EVENT),
  ],
  ["embeddings", () => passEmbeddingsAnswer(BODY)],
];

for (const [name, read] of readers) {
  Deno.test(`M13, X11: the cause of ${name} that is no JSON tells the place and no text`, () => {
    const { code, cause } = assertThrows(read, UpstreamError);
    assertEquals(code, "upstream_invalid_response");
    assertEquals((cause as Error).message, "Invalid JSON at line 1, column 18");
    assertEquals((cause as Error).stack?.includes(SECRET), false);
  });
}
