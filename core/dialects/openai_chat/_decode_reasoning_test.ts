import { assertEquals } from "@std/assert";
import { assertRefused, decode, lastParts } from "./_test_decode.ts";

function thought(fields: Record<string, unknown>): unknown {
  return lastParts({ role: "assistant", content: "x", ...fields })
    .filter(({ type }) => type === "reasoning");
}

const SIGNED = [{ type: "reasoning", text: "I think", signature: "sig" }];

Deno.test("J6: plain thought is read from either name, once", () => {
  const expected = [{ type: "reasoning", text: "I think" }];
  assertEquals(thought({ reasoning_content: "I think" }), expected);
  assertEquals(thought({ reasoning: "I think" }), expected);
  assertEquals(
    thought({ reasoning: "I think", reasoning_content: "I think" }),
    expected,
  );
  assertEquals(thought({ reasoning: null, reasoning_content: "" }), []);
});

Deno.test("C12: thought comes before words and calls", () => {
  const types = lastParts({
    role: "assistant",
    content: "x",
    tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }],
    reasoning_content: "I think",
  }).map(({ type }) => type);
  assertEquals(types, ["reasoning", "text", "tool_call"]);
});

Deno.test("C13, J4: signed details win over the plain text", () => {
  assertEquals(
    thought({
      reasoning_content: "I think",
      reasoning_details: [{
        type: "reasoning.text",
        text: "I think",
        signature: "sig",
        format: "anthropic-claude-v1",
        index: 0,
      }, { type: "reasoning.encrypted", data: "xyz", index: 1 }],
    }),
    [...SIGNED, { type: "reasoning", text: "", redacted: "xyz" }],
  );
});

Deno.test("C12: a signature of hidden thought is kept", () => {
  assertEquals(
    thought({
      reasoning_details: [{ type: "reasoning.text", signature: "sig" }],
    }),
    [{ type: "reasoning", text: "", signature: "sig" }],
  );
});

Deno.test("J4: pieces of one detail, as a stream gives them, are joined", () => {
  const text = "reasoning.text";
  const joined = [
    { type: text, text: "I ", index: 0 },
    { type: text, text: "think", signature: "", index: 0 },
    { type: text, text: "", signature: "sig", index: 0 },
  ];
  assertEquals(thought({ reasoning_details: joined }), SIGNED);
  const unnumbered = [
    { type: text, text: "I think" },
    { type: text, signature: "sig" },
  ];
  assertEquals(thought({ reasoning_details: unnumbered }), SIGNED);
  const two = [
    { type: text, text: "a", signature: "s1", index: 0 },
    { type: text, text: "b", signature: "s2", index: 1 },
  ];
  assertEquals(thought({ reasoning_details: two }), [
    { type: "reasoning", text: "a", signature: "s1" },
    { type: "reasoning", text: "b", signature: "s2" },
  ]);
});

Deno.test("J4: proofs of another family of models are left out and named", () => {
  const { messages, unmapped } = decode({
    messages: [{
      role: "assistant",
      content: "x",
      reasoning_details: [
        { type: "reasoning.summary", summary: "sum", index: 0 },
        {
          type: "reasoning.encrypted",
          data: "xyz",
          format: "openai-responses-v1",
          index: 0,
        },
        {
          type: "reasoning.text",
          text: "t",
          signature: "s",
          format: "google-gemini-v1",
        },
        { type: "reasoning.dream" },
      ],
    }],
  });
  assertEquals(messages[0]?.parts.slice(0, 2), [
    { type: "reasoning", text: "sum" },
    { type: "reasoning", text: "t" },
  ]);
  assertEquals(unmapped, [
    "messages[0].reasoning_details[1].data",
    "messages[0].reasoning_details[2].signature",
    "messages[0].reasoning_details[3].type",
  ]);
});

Deno.test("C12: thinking_blocks are read, redacted ones too", () => {
  assertEquals(
    thought({
      reasoning_content: "I think",
      thinking_blocks: [
        { type: "thinking", thinking: "I think", signature: "sig" },
        { type: "redacted_thinking", data: "xyz" },
      ],
    }),
    [...SIGNED, { type: "reasoning", text: "", redacted: "xyz" }],
  );
  assertRefused({
    messages: [{
      role: "assistant",
      content: "x",
      thinking_blocks: [{ type: "dream" }],
    }],
  }, {
    param: "messages[0].thinking_blocks[0].type",
    code: "invalid_value",
  });
});
