import { assertEquals, assertThrows } from "@std/assert";
import type { Conversation, Message, Part } from "../../conversation.ts";
import type { Quirks } from "../../dialect.ts";
import { GatewayError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { packProof } from "../openai_chat/_thought_proof.ts";
import { encodeResponsesRequest } from "./encode_request.ts";

const USER: Message = { role: "user", parts: [{ type: "text", text: "hi" }] };
const QUIRKS: Quirks = { reasoningModels: ["o3", "gpt-5"] };

function encode(
  fields: Partial<Conversation>,
  { model = "gpt-4o", quirks = QUIRKS }: {
    readonly model?: string;
    readonly quirks?: Quirks;
  } = {},
): { readonly body: Record<string, unknown>; readonly losses: string } {
  const losses = new LossReport();
  const { body } = encodeResponsesRequest({
    model: "x",
    messages: [USER],
    sampling: {},
    stream: false,
    unmapped: [],
    ...fields,
  }, { provider: "openai", model, quirks, losses });
  return { body: JSON.parse(body), losses: losses.toString() };
}

function items(...messages: Message[]): unknown {
  return encode({ messages }, { model: "gpt-5" }).body.input;
}

Deno.test("encodeResponsesRequest() writes every setting that has a place", () => {
  const schema = { type: "object" };
  const { body, losses } = encode({
    tools: [{ name: "f", description: "d", parameters: schema, strict: true }, {
      name: "g",
      parameters: schema,
    }],
    toolChoice: { type: "tool", name: "f" },
    parallelToolCalls: false,
    output: { type: "json_schema", name: "n", schema, strict: true },
    maxOutputTokens: 20,
    sampling: { temperature: 0.5, topP: 0.9 },
    endUser: "u",
    stream: true,
    unmapped: ["prompt_cache_key", "logit_bias"],
    extras: new Map([["prompt_cache_key", "k"]]),
  });
  assertEquals(body, {
    model: "gpt-4o",
    input: [{ role: "user", content: "hi" }],
    tools: [
      {
        type: "function",
        name: "f",
        description: "d",
        parameters: schema,
        strict: true,
      },
      { type: "function", name: "g", parameters: schema, strict: false },
    ],
    tool_choice: { type: "function", name: "f" },
    parallel_tool_calls: false,
    text: {
      format: { type: "json_schema", name: "n", schema, strict: true },
    },
    max_output_tokens: 20,
    temperature: 0.5,
    top_p: 0.9,
    store: false,
    safety_identifier: "u",
    prompt_cache_key: "k",
    stream: true,
  });
  assertEquals(losses, "dropped: logit_bias (openai)");
});

Deno.test("B14, B24, B25: turns become items, in place and in order", () => {
  assertEquals(
    items(
      { role: "system", parts: [{ type: "text", text: "s" }] },
      USER,
      {
        role: "assistant",
        parts: [
          { type: "text", text: "a" },
          { type: "refusal", text: "b" },
          { type: "tool_call", id: "c1", name: "f", arguments: "" },
          { type: "tool_call", id: "c2", name: "g", arguments: '{"a": 1.0}' },
        ],
      },
      {
        role: "tool",
        parts: [
          {
            type: "tool_result",
            callId: "c1",
            parts: [{ type: "text", text: "r" }],
          },
          {
            type: "tool_result",
            callId: "c2",
            parts: [{ type: "image", url: "https://x.test/a.png" }],
          },
        ],
      },
      { role: "developer", parts: [{ type: "text", text: "d" }] },
    ),
    [
      { role: "system", content: "s" },
      { role: "user", content: "hi" },
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", annotations: [], logprobs: [], text: "a" },
          { type: "refusal", refusal: "b" },
        ],
      },
      { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
      {
        type: "function_call",
        call_id: "c2",
        name: "g",
        arguments: '{"a": 1.0}',
      },
      { type: "function_call_output", call_id: "c1", output: "r" },
      {
        type: "function_call_output",
        call_id: "c2",
        output: [{
          type: "input_image",
          image_url: "https://x.test/a.png",
          detail: "auto",
        }],
      },
      { role: "developer", content: "d" },
    ],
  );
});

Deno.test("A32, O10: media by address, by value and by id", () => {
  const parts: Part[] = [
    { type: "text", text: "see" },
    { type: "image", data: "AA==", mediaType: "image/jpg", detail: "low" },
    { type: "file", url: "https://x.test/a.pdf" },
    { type: "file", fileId: "file_1" },
    { type: "file", data: "AA==", mediaType: "application/pdf" },
    { type: "file", data: "AA==", mediaType: "image/png" },
    { type: "audio", data: "AA==", format: "wav" },
  ];
  assertEquals(items({ role: "user", parts }), [{
    role: "user",
    content: [
      { type: "input_text", text: "see" },
      {
        type: "input_image",
        image_url: "data:image/jpeg;base64,AA==",
        detail: "low",
      },
      { type: "input_file", file_url: "https://x.test/a.pdf" },
      { type: "input_file", file_id: "file_1" },
      {
        type: "input_file",
        filename: "document.pdf",
        file_data: "data:application/pdf;base64,AA==",
      },
      {
        type: "input_image",
        image_url: "data:image/png;base64,AA==",
        detail: "auto",
      },
      { type: "input_audio", input_audio: { data: "AA==", format: "wav" } },
    ],
  }]);
});

Deno.test("B18: thought goes back to the provider that has encrypted it, and to no other", () => {
  const own = packProof({
    data: "gAAAA",
    id: "rs_1",
    format: "openai-responses-v1",
  });
  const turn = (...parts: Part[]): Message => ({ role: "assistant", parts });
  const thought: Part = { type: "reasoning", text: "Hm" };
  const proof: Part = { type: "reasoning", text: "", redacted: own };
  assertEquals(items(turn(thought, proof, { type: "text", text: "a" })), [
    {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "Hm" }],
      encrypted_content: "gAAAA",
    },
    {
      type: "message",
      role: "assistant",
      content: [{
        type: "output_text",
        annotations: [],
        logprobs: [],
        text: "a",
      }],
    },
  ]);
  const foreign: Part[] = [
    { type: "reasoning", text: "words that nobody has signed" },
    { type: "reasoning", text: "x", signature: "sig" },
    { type: "reasoning", text: "", redacted: "anthropics" },
    {
      type: "reasoning",
      text: "",
      redacted: packProof({ data: "d", format: "google-gemini-v1" }),
    },
  ];
  for (const part of foreign) {
    const { body, losses } = encode({ messages: [USER, turn(part)] });
    assertEquals(body.input, [{ role: "user", content: "hi" }]);
    assertEquals(
      losses,
      "dropped: messages[1].reasoning_content (no proof that this model can read)",
    );
  }
});

Deno.test("C10: that a tool failed is said in its text", () => {
  const result = (text?: string): Message => ({
    role: "tool",
    parts: [{
      type: "tool_result",
      callId: "c",
      isError: true,
      parts: text === undefined ? [] : [{ type: "text", text }],
    }],
  });
  const output = (message: Message) =>
    (items(message) as { output: unknown }[])[0]?.output;
  assertEquals(output(result("no such city")), "Error: no such city");
  assertEquals(output(result("error 7")), "error 7");
  assertEquals(output(result()), "Error");
});

Deno.test("O6, A35, B19: how hard to think, and encrypted thought in return", () => {
  const encrypted = ["reasoning.encrypted_content"];
  const { body } = encode({ reasoning: { effort: "high" } }, {
    model: "o3",
  });
  assertEquals(body.reasoning, { effort: "high", summary: "auto" });
  assertEquals(body.include, encrypted);
  assertEquals(encode({}, { model: "o3" }).body.include, encrypted);
  const plain = encode({ reasoning: { effort: "high" } });
  assertEquals([plain.body.reasoning, plain.body.include], [
    undefined,
    undefined,
  ]);
  assertEquals(
    plain.losses,
    "dropped: reasoning_effort (this model has no thinking)",
  );
});

Deno.test("O9, A30: sampling that has no place is on the report", () => {
  const sampling = {
    temperature: 0.5,
    topP: 0.5,
    topK: 3,
    presencePenalty: 0,
    frequencyPenalty: 1,
    seed: 7,
    stop: ["x"],
  };
  assertEquals(
    encode({ sampling }).losses,
    "dropped: top_k (openai); dropped: frequency_penalty (openai); " +
      "dropped: seed (openai); dropped: stop (openai)",
  );
  const { body, losses } = encode(
    { sampling: { temperature: 0.5, topP: 1 } },
    { model: "o3" },
  );
  assertEquals([body.temperature, body.top_p], [undefined, undefined]);
  assertEquals(losses, "dropped: temperature (this model thinks)");
});

Deno.test("C17: breakpoints of the cache and names are on the report", () => {
  const { losses } = encode({
    messages: [{
      role: "user",
      name: "Ada",
      parts: [{ type: "text", text: "x", cacheControl: {} }],
    }],
  });
  assertEquals(
    losses,
    "dropped: messages[0].name (openai); dropped: messages.cache_control (openai)",
  );
});

Deno.test("encodeResponsesRequest() drops what the quirks say", () => {
  const { body, losses } = encode({ endUser: "u" }, {
    quirks: { drop: ["safety_identifier", "toString"] },
  });
  assertEquals(body.safety_identifier, undefined);
  assertEquals(losses, "dropped: safety_identifier (openai)");
});

Deno.test("K17: what can't be carried at all is refused by name", () => {
  const cases: [Partial<Conversation>, string][] = [
    [{ messages: [] }, "messages"],
    [{ toolChoice: { type: "required" } }, "tool_choice"],
    [{ messages: [{ role: "tool", parts: USER.parts }] }, "messages[0]"],
    [{
      messages: [{
        role: "user",
        parts: [{ type: "reasoning", text: "x" }],
      }],
    }, "messages[0]"],
    [{
      messages: [{
        role: "assistant",
        parts: [{ type: "image", url: "https://x.test/" }],
      }],
    }, "messages[0]"],
    [
      { messages: [{ role: "user", parts: [{ type: "file" }] }] },
      "messages[0].content[0]",
    ],
  ];
  for (const [fields, param] of cases) {
    const error = assertThrows(() => encode(fields), GatewayError);
    assertEquals([error.status, error.param], [400, param]);
  }
});
