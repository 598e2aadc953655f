import { assertEquals } from "@std/assert";
import { ChatTranscript } from "./transcript.ts";

function frame(delta: unknown, more: Record<string, unknown> = {}): string {
  const choice = { index: 0, delta, finish_reason: null, ...more };
  return `data: ${
    JSON.stringify({ id: "i", created: 7, model: "m", choices: [choice] })
  }\n\n`;
}

function heard(...texts: readonly string[]): ChatTranscript {
  const transcript = new ChatTranscript();
  for (const text of texts) transcript.take(text);
  return transcript;
}

Deno.test("ChatTranscript.take() gathers words, thought and comments aside", () => {
  const transcript = heard(
    ": keep-alive\n\n",
    frame({ role: "assistant", content: "" }) +
      frame({ reasoning_content: "hm" }) + frame({ content: "Hel\n\nlo" }),
    frame({ content: " 🌍" }).replace("data: ", "data:  "),
    frame({}, { finish_reason: "stop" }),
    `data: {"choices":[],"usage":{"total_tokens":3}}\n\ndata: [DONE]\n\n`,
    `data: {"error":{"message":"It broke"}}\n\n`,
  );
  assertEquals(transcript.text, "Hel\n\nlo 🌍");
  assertEquals(transcript.length, transcript.text.length);
  assertEquals([transcript.isPlain, transcript.tools], [true, []]);
  assertEquals(transcript.head, { id: "i", created: 7, model: "m" });
});

Deno.test("ChatTranscript knows what is more than words", () => {
  const call = { index: 0, function: { name: "look", arguments: "" } };
  const cases: readonly unknown[] = [
    frame({ tool_calls: [call] }),
    frame({ refusal: "No" }),
    frame({ audio: { id: "a" } }),
    frame({ content: "a" }, { index: 1 }),
    frame({ content: "a" }, { logprobs: { content: [] } }),
    frame({ content: [{ type: "text", text: "a" }] }),
  ];
  for (const text of cases) {
    assertEquals(heard(String(text)).isPlain, false, String(text));
  }
  assertEquals(heard(frame({ tool_calls: [], refusal: null })).isPlain, true);
});

Deno.test("ChatTranscript names each called tool once, at most 128", () => {
  const start = { index: 0, id: "c", function: { name: "look" } };
  const rest = { index: 0, function: { arguments: "{}" } };
  const transcript = heard(
    frame({ tool_calls: [start] }),
    frame({ tool_calls: [rest, null, { function: null }, "odd"] }),
  );
  assertEquals(transcript.tools, ["look"]);
  const many = heard(frame({ tool_calls: Array(200).fill(start) }));
  assertEquals(many.tools.length, 128);
});

Deno.test("ChatTranscript.takeAnswer() reads a whole answer", () => {
  const transcript = new ChatTranscript();
  transcript.takeAnswer(JSON.stringify({
    id: "i",
    choices: [{
      index: 0,
      message: { role: "assistant", content: "hello", refusal: null },
    }],
  }));
  assertEquals([transcript.text, transcript.isPlain], ["hello", true]);
});

Deno.test("ChatTranscript keeps 256 Ki units of words and counts all", () => {
  const transcript = new ChatTranscript();
  const piece = frame({ content: "x".repeat(100_000) });
  for (let i = 0; i < 5; i++) transcript.take(piece);
  assertEquals([transcript.text.length, transcript.length], [262_144, 500_000]);
  assertEquals(transcript.isPlain, false);
});

Deno.test("ChatTranscript takes odd JSON", () => {
  const transcript = heard(
    `data: {"choices":[null,1,{},{"delta":null},{"delta":"x"}]}\n\n`,
    `data: {"choices":{"length":2}}\n\ndata: {}\n\ndata:\n\n`,
  );
  assertEquals([transcript.text, transcript.isPlain], ["", true]);
});
