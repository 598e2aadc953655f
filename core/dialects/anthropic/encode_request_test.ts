import { assert, assertEquals } from "@std/assert";
import type { Tool } from "../../conversation.ts";
import {
  assistant,
  call,
  encode,
  result,
  system,
  user,
} from "./_test_encode.ts";

Deno.test("encodeRequest() writes path, version and the least body", () => {
  const { path, headers, text, losses } = encode({ stream: false });
  assertEquals(path, "/messages");
  assertEquals(headers, { "anthropic-version": "2023-06-01" });
  assertEquals(
    text,
    `{"model":"claude-sonnet-4-5","max_tokens":21333,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}`,
  );
  assertEquals(losses, []);
});

Deno.test("C1: the caller's limit is kept, else the model's default is filled in", () => {
  assertEquals(encode({ maxOutputTokens: 7 }).body.max_tokens, 7);
  assertEquals(encode().body.max_tokens, 64_000);
});

Deno.test("encodeRequest() asks for a stream only where one is wanted", () => {
  assertEquals(encode({ stream: true }).body.stream, true);
  assertEquals("stream" in encode({ stream: false }).body, false);
});

Deno.test("A31: the end user goes into metadata", () => {
  assertEquals(encode({ endUser: "u-1" }).body.metadata, { user_id: "u-1" });
  assertEquals("metadata" in encode().body, false);
});

Deno.test("A25: fields without a word for them are reported, each", () => {
  assertEquals(encode({ unmapped: ["logit_bias", "logprobs"] }).losses, [
    "dropped: logit_bias (anthropic)",
    "dropped: logprobs (anthropic)",
  ]);
});

const cached = { cacheControl: {} };
const hour = { cacheControl: { ttl: "1h" } } as const;
const LOOK: Tool = { name: "look", parameters: { type: "object" } };

Deno.test("C17, C18: breakpoints stay on their blocks, with their lifetime", () => {
  const { body, losses } = encode({
    tools: [{ ...LOOK, ...hour }],
    messages: [
      system([{ type: "text", text: "Head", ...hour }]),
      user([{ type: "text", text: "Long", ...cached }]),
    ],
  });
  const ephemeral = { type: "ephemeral" };
  assertEquals(body.tools, [{
    name: "look",
    input_schema: { type: "object" },
    cache_control: { type: "ephemeral", ttl: "1h" },
  }]);
  assertEquals(body.system, [{
    type: "text",
    text: "Head",
    cache_control: { type: "ephemeral", ttl: "1h" },
  }]);
  assertEquals(body.messages, [{
    role: "user",
    content: [{ type: "text", text: "Long", cache_control: ephemeral }],
  }]);
  assertEquals(losses, []);
});

Deno.test("C17: of more than four breakpoints the last four are kept", () => {
  const mark = (text: string) => ({ type: "text", text, ...cached }) as const;
  const { body, losses } = encode({
    tools: [{ ...LOOK, ...cached }],
    messages: [
      system([mark("s1"), mark("s2")]),
      user([mark("a"), mark("")]),
      assistant([mark("b")]),
      user([mark("c")]),
    ],
  });
  const turns = body.messages as { content: Record<string, unknown>[] }[];
  const blocks = [
    ...body.tools as Record<string, unknown>[],
    ...body.system as Record<string, unknown>[],
    ...turns.flatMap(({ content }) => content),
  ];
  const kept = blocks.filter((block) => "cache_control" in block);
  assertEquals(kept.map(({ text }) => text), ["s2", "a", "b", "c"]);
  assertEquals(losses, [
    "dropped: cache_control (over 4)",
    "dropped: messages[1].content[1].cache_control (nothing but white space)",
  ]);
});

Deno.test("C19: equal conversations give equal bytes, and a longer one begins like the shorter", () => {
  const turns = [
    system("Head"),
    user("Go"),
    assistant([call("f:1", '{"b":1,"a":2}')]),
    result("f:1"),
  ];
  const conversation = {
    tools: [LOOK],
    messages: turns,
    sampling: { temperature: 0.1, stop: ["x"] },
    endUser: "u",
  };
  const first = encode(conversation).text;
  assertEquals(encode(structuredClone(conversation)).text, first);
  const longer = encode({
    ...conversation,
    messages: [...turns, assistant("Done"), user("More")],
  }).text;
  assert(longer.startsWith(first.slice(0, -2)));
});

Deno.test("C19: the members come in one order", () => {
  const { body } = encode({
    tools: [LOOK],
    toolChoice: { type: "auto" },
    messages: [system("Head"), user("Go")],
    reasoning: { effort: "low" },
    sampling: { topP: 0.99, stop: ["x"] },
    endUser: "u",
  }, "claude-opus-4-6");
  assertEquals(Object.keys(body), [
    "model",
    "max_tokens",
    "stream",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "top_p",
    "stop_sequences",
    "metadata",
    "messages",
  ]);
});
