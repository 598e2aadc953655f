import { COMPATIBLE_PROVIDERS } from "../../_compatible_providers.ts";
import type { ToolChoice } from "../../conversation.ts";
import { assertEquals, assertThrows } from "@std/assert";
import type { Conversation } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { assistant, call, encode, result, user } from "./_test_provider.ts";

const TOOL = {
  name: "look",
  description: "Looks",
  parameters: { type: "object", properties: {} },
  strict: true,
} as const;

function refused(part: Partial<Conversation>): readonly unknown[] {
  const error = assertThrows(() => encode(part), GatewayError);
  return [error.status, error.param, error.code];
}

Deno.test("encodeChatRequest() writes text, limit, sampling and user in OpenAI's words", () => {
  const { body, losses } = encode({
    messages: [{
      role: "user",
      parts: [{ type: "text", text: "Hi" }],
      name: "n",
    }],
    maxOutputTokens: 9,
    sampling: {
      temperature: 0.5,
      topP: 0.9,
      topK: 3,
      presencePenalty: 1,
      frequencyPenalty: -1,
      seed: 7,
      stop: ["a", "", "b"],
    },
    endUser: "u1",
  });
  assertEquals(body, {
    model: "m",
    messages: [{ role: "user", name: "n", content: "Hi" }],
    max_completion_tokens: 9,
    temperature: 0.5,
    top_p: 0.9,
    top_k: 3,
    presence_penalty: 1,
    frequency_penalty: -1,
    stop: ["a", "b"],
    seed: 7,
    user: "u1",
  });
  assertEquals(losses, []);
});

Deno.test("A19: the limit and other fields go by the provider's own names", () => {
  const rename = { max_completion_tokens: "max_tokens", seed: "random_seed" };
  const { body } = encode(
    { maxOutputTokens: 5, sampling: { seed: 1 } },
    { quirks: { rename } },
  );
  assertEquals(
    [body.max_tokens, body.random_seed, body.max_completion_tokens, body.seed],
    [5, 1, undefined, undefined],
  );
});

Deno.test("A20: OpenAI's thinking models are not sent the sampling that they refuse", () => {
  const quirks = { reasoningModels: ["o3", "gpt-5"] };
  const sampling = { temperature: 0, topP: 1, stop: ["x"], seed: 3 };
  const { body, losses } = encode({ sampling }, {
    model: "gpt-5-mini",
    quirks,
  });
  assertEquals(body, {
    model: "gpt-5-mini",
    messages: [{ role: "user", content: "Hi" }],
    seed: 3,
  });
  assertEquals(losses, [
    "dropped: temperature (this model thinks)",
    "dropped: stop (this model thinks)",
  ]);
  for (const model of ["gpt-4o", "gpt-5-chat-latest", "gpt-5.2"]) {
    const { body } = encode({ sampling }, { model, quirks });
    assertEquals([body.temperature, body.stop], [0, ["x"]], model);
  }
  const reasoning = { effort: "high" } as const;
  const told = encode({ sampling, reasoning }, { model: "gpt-5.2", quirks });
  assertEquals(told.body.temperature, undefined);
});

Deno.test("A22: a developer stays where the provider knows one, else is the system", () => {
  const messages = [
    { role: "developer", parts: [{ type: "text", text: "Be brief" }] },
    user("Hi"),
    { role: "system", parts: [{ type: "text", text: "Now in French" }] },
  ] as const;
  const roles = (quirks = {}) =>
    encode({ messages }, { quirks }).messages.map(({ role }) => role);
  assertEquals(roles(), ["developer", "user", "system"]);
  assertEquals(roles({ noDeveloperRole: true }), ["system", "user", "system"]);
});

Deno.test("A25, A27: fields without a word are lost by name, the provider's own go on", () => {
  const { body, losses } = encode({
    unmapped: ["logprobs", "metadata", "store", "top_logprobs"],
    extras: new Map<string, unknown>([
      ["metadata", { a: "b" }],
      ["store", "yes"],
      ["logprobs", true],
    ]),
  });
  assertEquals([body.metadata, body.store, body.logprobs], [
    { a: "b" },
    undefined,
    undefined,
  ]);
  assertEquals(losses, [
    "dropped: logprobs (p)",
    "dropped: store (p)",
    "dropped: top_logprobs (p)",
  ]);
});

Deno.test("A30: of more stop sequences than the provider takes the first are kept", () => {
  const stop = ["a", "b", "c", "d", "e"];
  const { body, losses } = encode({ sampling: { stop } });
  assertEquals(body.stop, ["a", "b", "c", "d"]);
  assertEquals(losses, ["changed: stop (the first 4 are kept)"]);
});

Deno.test("A31, H9: what the provider refuses is dropped and told", () => {
  const quirks = { drop: ["user", "temperature", "stream_options", "seed"] };
  const { body, losses } = encode(
    { endUser: "u", sampling: { temperature: 1 }, stream: true },
    { quirks },
  );
  assertEquals(body, {
    model: "m",
    messages: [{ role: "user", content: "Hi" }],
    stream: true,
  });
  assertEquals(losses, ["dropped: user (p)", "dropped: temperature (p)"]);
});

Deno.test("J26: a stream is asked for its counts unless the provider refuses that", () => {
  assertEquals(
    encode({ stream: true }).body.stream_options,
    { include_usage: true },
  );
  const quirks = { noStreamOptions: true };
  const { body, losses } = encode({ stream: true }, { quirks });
  assertEquals([body.stream, body.stream_options], [true, undefined]);
  assertEquals(losses, []);
  assertEquals(encode().body.stream_options, undefined);
});

Deno.test("A28, O5: a schema goes into response_format", () => {
  const output = {
    type: "json_schema",
    name: "Book",
    schema: { type: "object" },
    description: "A book",
    strict: true,
  } as const;
  const { body, losses } = encode({ output });
  assertEquals(body.response_format, {
    type: "json_schema",
    json_schema: {
      name: "Book",
      schema: { type: "object" },
      description: "A book",
      strict: true,
    },
  });
  assertEquals(losses, []);
});

Deno.test("J28: without schemas JSON is asked for, and the schema in the prompt", () => {
  const schema = { type: "object", title: "T" };
  const output = { type: "json_schema", name: "x", schema } as const;
  const system = {
    role: "system",
    parts: [{ type: "text", text: "S" }],
  } as const;
  const { body, messages, losses } = encode(
    { output, messages: [system, user("Hi")] },
    { quirks: { noJsonSchema: true } },
  );
  assertEquals(body.response_format, { type: "json_object" });
  assertEquals(messages.map(({ role }) => role), ["system", "system", "user"]);
  assertEquals(String(messages[1]?.content).includes('"title":"T"'), true);
  assertEquals(losses, [
    "approximated: response_format (asked for in the prompt)",
  ]);
});

Deno.test("A28: free JSON needs its word in the conversation", () => {
  const output = { type: "json" } as const;
  const spoken = encode({ output, messages: [user("Answer in JSON")] });
  assertEquals([spoken.messages.length, spoken.losses], [1, []]);
  const { body, messages, losses } = encode({ output });
  assertEquals(body.response_format, { type: "json_object" });
  assertEquals(messages[0]?.role, "system");
  assertEquals(losses, [
    "changed: messages (JSON is asked for in the prompt too)",
  ]);
});

Deno.test("A29, O4: tools with their choice and whether several may be called", () => {
  const { body } = encode({
    tools: [{ ...TOOL, cacheControl: { ttl: "1h" } }],
    toolChoice: { type: "tool", name: "look" },
    parallelToolCalls: false,
  });
  assertEquals(body.tools, [{
    type: "function",
    function: { ...TOOL },
    cache_control: { type: "ephemeral", ttl: "1h" },
  }]);
  assertEquals(body.tool_choice, {
    type: "function",
    function: { name: "look" },
  });
  assertEquals(body.parallel_tool_calls, false);
  for (const type of ["auto", "none", "required"] as const) {
    const { body } = encode({ tools: [TOOL], toolChoice: { type } });
    assertEquals(body.tool_choice, type);
  }
});

Deno.test("O4: a choice among no tools is none, a required one is refused", () => {
  const { body } = encode({ toolChoice: { type: "auto" } });
  assertEquals(body.tool_choice, undefined);
  assertEquals(
    refused({ toolChoice: { type: "required" } }),
    [400, "tool_choice", "invalid_value"],
  );
});

Deno.test("C18: cache marks go on unless the provider refuses them", () => {
  const text = { type: "text", text: "x", cacheControl: {} } as const;
  const messages = [user([text])];
  const tools = [{ ...TOOL, cacheControl: {} }];
  const kept = encode({ messages, tools });
  assertEquals(kept.messages[0]?.content, [{
    type: "text",
    text: "x",
    cache_control: { type: "ephemeral" },
  }]);
  const quirks = { drop: ["cache_control"] };
  const { text: body, losses } = encode({ messages, tools }, { quirks });
  assertEquals(body.includes("cache_control"), false);
  assertEquals(losses.toSorted(), [
    "dropped: messages.cache_control (p)",
    "dropped: tools.cache_control (p)",
  ]);
});

Deno.test("C19: equal conversations give equal bytes", () => {
  const part = {
    messages: [
      user("Hi"),
      assistant([call("x".repeat(60))]),
      result("x".repeat(60)),
    ],
    tools: [TOOL],
    stream: true,
  };
  assertEquals(encode(part).text, encode(structuredClone(part)).text);
});

Deno.test("encodeChatRequest() refuses a conversation without content", () => {
  assertEquals(refused({ messages: [] }), [
    400,
    "messages",
    "unsupported_value",
  ]);
  const silent = assistant([{ type: "reasoning", text: "hm" }]);
  assertEquals(refused({ messages: [silent] })[1], "messages");
});

Deno.test("H5: a call that is required, or named, goes to Mistral in words that it takes", () => {
  const { quirks = {} } = new Map(COMPATIBLE_PROVIDERS).get("mistral")!;
  const choiceOf = (toolChoice: ToolChoice) =>
    encode({ tools: [TOOL], toolChoice }, { quirks }).body.tool_choice;
  assertEquals(choiceOf({ type: "required" }), "required");
  assertEquals(choiceOf({ type: "tool", name: "look" }), {
    type: "function",
    function: { name: "look" },
  });
});
