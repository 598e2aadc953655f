// What becomes of several texts, of text documents and of breakpoints of the
// prompt cache where a dialect has one place for all text, or none for marks.
import { assert, assertEquals } from "@std/assert";
import type { Conversation, Message, Part } from "../conversation.ts";
import type { ProviderDialect } from "../dialect.ts";
import { LossReport } from "../loss_report.ts";
import { cohereProvider } from "./cohere/dialect.ts";
import { geminiProvider } from "./gemini/dialect.ts";
import { ollamaProvider } from "./ollama/dialect.ts";
import { openAiChatProvider } from "./openai_chat/provider.ts";

function encode(
  dialect: ProviderDialect,
  messages: readonly Message[],
  more: Partial<Conversation> = {},
): { messages: Record<string, unknown>[]; losses: string } {
  const losses = new LossReport();
  const { body } = dialect.encodeRequest({
    model: "m",
    messages,
    sampling: {},
    stream: false,
    unmapped: [],
    ...more,
  }, { provider: "p", model: "m", quirks: {}, losses });
  return { messages: JSON.parse(body).messages, losses: losses.toString() };
}

const TWO: readonly Part[] = [
  { type: "text", text: "One." },
  { type: "text", text: "" },
  { type: "text", text: "Two." },
];

Deno.test("A24: the words of two texts do not run together, and what a model said goes on", () => {
  const talk: readonly Message[] = [
    { role: "system", parts: TWO },
    { role: "user", parts: TWO },
    { role: "assistant", parts: TWO },
    { role: "user", parts: TWO },
  ];
  const list = [{ type: "text", text: "One." }, { type: "text", text: "Two." }];
  assertEquals(
    encode(cohereProvider, talk).messages.map(({ content }) => content),
    [list, list, "One.Two.", list],
  );
  const told = encode(ollamaProvider, talk).messages;
  assertEquals(told[2]?.content, "One.Two.");
  assertEquals(told[1]?.content, "One.\n\nTwo.");
});

Deno.test("A24, C11: a text document is text to Ollama and to compatible providers, and its name is told or lost aloud", () => {
  const file: Part = {
    type: "file",
    data: btoa("a,b"),
    mediaType: "text/csv",
    filename: "data.csv",
  };
  const user: Message = { role: "user", parts: [file] };
  const ollama = encode(ollamaProvider, [user]);
  assertEquals(ollama.messages[0]?.content, "data.csv\na,b");
  assertEquals(
    ollama.losses,
    "changed: messages[0].content[0].file (sent as text)",
  );
  const chat = encode(openAiChatProvider, [user]);
  assertEquals(chat.messages[0]?.content, "a,b");
  assert(chat.losses.includes("dropped: messages[0].content[0].file.filename"));
});

Deno.test("C18: breakpoints of the prompt cache are told as lost wherever they stand", () => {
  const cacheControl = {};
  const call = { type: "tool_call", id: "c", name: "f", arguments: "{}" };
  const text: Part = { type: "text", text: "x", cacheControl };
  const plain: Part = { type: "text", text: "x" };
  const user = (part: Part): Message => ({ role: "user", parts: [part] });
  const tool = { name: "f", parameters: { type: "object" } };
  const cases: [readonly Message[], Partial<Conversation>][] = [
    [[user(text)], {}],
    [[user(plain)], { tools: [{ ...tool, cacheControl }] }],
    [[
      user(plain),
      { role: "assistant", parts: [call as Part] },
      {
        role: "tool",
        parts: [{ type: "tool_result", callId: "c", parts: [text] }],
      },
    ], { tools: [tool] }],
  ];
  for (const dialect of [cohereProvider, ollamaProvider, geminiProvider]) {
    for (const [messages, more] of cases) {
      const { losses } = encode(dialect, messages, more);
      assert(losses.includes("dropped: cache_control"), dialect.name);
    }
    assertEquals(encode(dialect, [user(plain)]).losses, "");
  }
});
