/**
 * Requests on the wire of each dialect, in the spelling of its own encoder: all
 * that both can say, and nothing that only one can.
 *
 * @module
 */

import fc from "fast-check";

/** A generated request; its JSON is what counts. */
export type WireRequest = Readonly<Record<string, unknown>>;

const filled = fc.string({ minLength: 1, maxLength: 20 })
  .filter((text) => text.trim() === text && text !== "" && text.isWellFormed());
const schema = fc.constantFrom(
  { type: "object", properties: { a: { type: "string" } } },
  {
    type: "object",
    properties: {
      b: { type: "array", items: { type: "integer", enum: [1, 2] } },
      __proto: { anyOf: [{ type: "null" }, { type: "number" }] },
    },
    required: ["b"],
    additionalProperties: false,
  },
);
const args = fc.dictionary(filled, fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 3,
}).map((value) => JSON.parse(JSON.stringify(value)));
const png = "iVBORw0KGgo=";
const temperature = fc.constantFrom(0, 0.5, 1);
const count = fc.integer({ min: 2048, max: 60_000 });

/** Leaves out members without a value. */
function record(
  shape: Record<string, fc.Arbitrary<unknown>>,
  required: string[],
): fc.Arbitrary<WireRequest> {
  return fc.record(shape, { requiredKeys: required });
}

/** Turns by turns: what the user says, then what the model does, with results behind its calls. */
function dialogue(
  user: fc.Arbitrary<readonly object[]>,
  loop: (index: number) => fc.Arbitrary<readonly object[]>,
): fc.Arbitrary<readonly object[]> {
  return fc.integer({ min: 0, max: 3 }).chain((length) =>
    fc.tuple(
      user,
      ...Array.from({ length }, (_, index) =>
        fc.tuple(loop(index), user).map((turns) => turns.flat())),
    ).map((turns) =>
      turns.flat()
    )
  );
}

const cacheControl = fc.constantFrom(
  { type: "ephemeral" },
  { type: "ephemeral", ttl: "1h" },
);

/** A request to Anthropic's Messages, of a model that takes all there is but sampling beside thinking. */
export const messagesRequest: fc.Arbitrary<WireRequest> = (() => {
  const text = record({ type: fc.constant("text"), text: filled }, [
    "type",
    "text",
  ]);
  const user = fc.array(
    fc.oneof(
      text,
      fc.constant({
        type: "image",
        source: { type: "base64", media_type: "image/png", data: png },
      }),
      fc.constant({
        type: "image",
        source: { type: "url", url: "https://x.example/a.png" },
      }),
      fc.constant({
        type: "document",
        source: { type: "base64", media_type: "application/pdf", data: png },
        title: "a",
      }),
    ),
    { minLength: 1, maxLength: 3 },
  ).map((content): object[] => [{ role: "user", content }]);
  const loop = (index: number) =>
    fc.record({ text, args, isError: fc.boolean(), thought: filled }).map((
      { text, args, isError, thought },
    ): object[] => [
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: thought, signature: "s" },
          { type: "redacted_thinking", data: "d" },
          text,
          { type: "tool_use", id: `a${index}`, name: "look", input: args },
          { type: "tool_use", id: `b${index}`, name: "look", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: `a${index}`, content: thought },
          {
            type: "tool_result",
            tool_use_id: `b${index}`,
            content: [text, {
              type: "image",
              source: { type: "base64", media_type: "image/png", data: png },
            }],
            ...(isError && { is_error: true }),
          },
        ],
      },
      { role: "assistant", content: [text] },
    ]);
  return record({
    model: fc.constant("claude-opus-4-6"),
    max_tokens: count,
    system: fc.array(
      record({
        type: fc.constant("text"),
        text: filled,
        cache_control: cacheControl,
      }, ["type", "text"]),
      { minLength: 1, maxLength: 2 },
    ),
    messages: dialogue(user, loop),
    tools: fc.array(
      record({
        name: fc.constant("look"),
        description: filled,
        input_schema: schema,
      }, ["name", "input_schema"]),
      { minLength: 1, maxLength: 1 },
    ),
    tool_choice: fc.constantFrom(
      { type: "auto" },
      { type: "none" },
      { type: "auto", disable_parallel_tool_use: true },
    ),
    thinking: fc.constant({ type: "enabled", budget_tokens: 1024 }),
    stop_sequences: fc.array(filled, { minLength: 1, maxLength: 3 }),
    metadata: fc.record({ user_id: filled }),
    stream: fc.constant(true),
  }, ["model", "max_tokens", "messages", "tools"]);
})();

/** A request to Google's generateContent. */
export const geminiRequest: fc.Arbitrary<WireRequest> = (() => {
  const text = fc.record({ text: filled });
  const user = fc.array(
    fc.oneof(
      text,
      fc.constant({ inlineData: { mimeType: "image/png", data: png } }),
      fc.constant({ inlineData: { mimeType: "audio/wav", data: png } }),
      fc.constant({ inlineData: { mimeType: "video/mp4", data: png } }),
      fc.constant({
        fileData: { mimeType: "image/png", fileUri: "https://x.example/a.png" },
      }),
      fc.constant({
        fileData: {
          mimeType: "application/pdf",
          fileUri: "https://generativelanguage.googleapis.com/v1beta/files/abc",
        },
      }),
      fc.constant({
        fileData: { mimeType: "video/mp4", fileUri: "gs://b/a.mp4" },
      }),
    ),
    { minLength: 1, maxLength: 3 },
  ).map((parts): object[] => [{ role: "user", parts }]);
  const loop = (index: number) =>
    fc.record({ text, args, said: filled, isError: fc.boolean() }).map((
      { text, args, said, isError },
    ): object[] => [
      {
        role: "model",
        parts: [
          text,
          {
            functionCall: { id: `a${index}`, name: "look", args },
            thoughtSignature: "s",
          },
          { functionCall: { id: `b${index}`, name: "look", args: {} } },
        ],
      },
      {
        role: "user",
        parts: [
          {
            functionResponse: {
              id: `a${index}`,
              name: "look",
              response: isError
                ? { error: `n${said}` }
                : { result: `n${said}` },
            },
          },
          {
            functionResponse: {
              id: `b${index}`,
              name: "look",
              response: { a: args, b: said },
              parts: [{ inlineData: { mimeType: "image/png", data: png } }],
            },
          },
        ],
      },
      { role: "model", parts: [text, { text: "", thoughtSignature: "t" }] },
    ]);
  const penalty = fc.constantFrom(-2, 0.5);
  return record({
    systemInstruction: fc.record({
      parts: fc.array(text, { minLength: 1, maxLength: 2 }),
    }),
    contents: dialogue(user, loop),
    tools: fc.constantFrom(
      [{
        functionDeclarations: [
          {
            name: "look",
            description: "Looks",
            parametersJsonSchema: {
              type: "object",
              properties: { a: { type: "string" } },
            },
          },
          { name: "now" },
        ],
      }],
    ),
    toolConfig: fc.constantFrom(
      { functionCallingConfig: { mode: "AUTO" } },
      { functionCallingConfig: { mode: "NONE" } },
      { functionCallingConfig: { mode: "ANY" } },
      {
        functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["look"] },
      },
    ),
    safetySettings: fc.constant([{ category: "X", threshold: "OFF" }]),
    generationConfig: record({
      maxOutputTokens: count,
      temperature,
      topP: temperature,
      topK: fc.constant(40),
      presencePenalty: penalty,
      frequencyPenalty: penalty,
      seed: fc.integer(),
      stopSequences: fc.array(filled, { minLength: 1, maxLength: 5 }),
      responseMimeType: fc.constant("application/json"),
      thinkingConfig: fc.constantFrom(
        { thinkingLevel: "LOW", includeThoughts: true },
        { thinkingLevel: "HIGH", includeThoughts: true },
      ),
    }, ["maxOutputTokens"]),
  }, ["contents", "tools"]);
})();

/** A request to OpenAI's Responses. */
export const responsesRequest: fc.Arbitrary<WireRequest> = (() => {
  const input = fc.record({ type: fc.constant("input_text"), text: filled });
  const user = fc.array(
    fc.oneof(
      input,
      fc.constant({
        type: "input_image",
        image_url: "https://x.example/a.png",
        detail: "low",
      }),
      fc.constant({
        type: "input_file",
        filename: "a.pdf",
        file_data: `data:application/pdf;base64,${png}`,
      }),
    ),
    { minLength: 2, maxLength: 3 },
  ).map((content): object[] => [{ role: "user", content }]);
  const loop = (index: number) =>
    fc.record({ said: filled, args }).map(({ said, args }): object[] => [
      {
        type: "message",
        role: "assistant",
        content: [{
          type: "output_text",
          annotations: [],
          logprobs: [],
          text: said,
        }],
      },
      {
        type: "function_call",
        call_id: `a${index}`,
        name: "look",
        arguments: JSON.stringify(args),
      },
      {
        type: "function_call",
        call_id: `b${index}`,
        name: "look",
        arguments: "{}",
      },
      { type: "function_call_output", call_id: `a${index}`, output: said },
      { type: "function_call_output", call_id: `b${index}`, output: "" },
    ]);
  return record({
    model: fc.constant("m"),
    input: dialogue(user, loop),
    tools: fc.array(
      record({
        type: fc.constant("function"),
        name: fc.constant("look"),
        description: filled,
        parameters: schema,
        strict: fc.boolean(),
      }, ["type", "name", "parameters", "strict"]),
      { minLength: 1, maxLength: 1 },
    ),
    tool_choice: fc.constantFrom("auto", "none", "required", {
      type: "function",
      name: "look",
    }),
    parallel_tool_calls: fc.boolean(),
    text: fc.constantFrom(
      { format: { type: "json_object" } },
      {
        format: {
          type: "json_schema",
          name: "x",
          schema: { type: "object", properties: {} },
          strict: true,
        },
      },
    ),
    max_output_tokens: count,
    temperature,
    top_p: temperature,
    store: fc.constant(false),
    safety_identifier: filled,
    stream: fc.constant(true),
  }, ["model", "input", "tools", "store"]);
})();

/** A chat completion request. */
export const chatRequest: fc.Arbitrary<WireRequest> = (() => {
  const user = fc.oneof(
    filled.map((content): object[] => [{ role: "user", content }]),
    fc.array(
      fc.oneof(
        fc.record({ type: fc.constant("text"), text: filled }),
        fc.constant({
          type: "image_url",
          image_url: { url: `data:image/png;base64,${png}`, detail: "low" },
        }),
        fc.constant({
          type: "input_audio",
          input_audio: { data: png, format: "wav" },
        }),
      ),
      { minLength: 2, maxLength: 3 },
    ).map((content): object[] => [{ role: "user", content }]),
  );
  const loop = (index: number) =>
    fc.record({ said: filled, args }).map(({ said, args }): object[] => [
      {
        role: "assistant",
        content: said,
        tool_calls: [`a${index}`, `b${index}`].map((id) => ({
          id,
          type: "function",
          function: { name: "look", arguments: JSON.stringify(args) },
        })),
      },
      { role: "tool", tool_call_id: `a${index}`, content: said },
      { role: "tool", tool_call_id: `b${index}`, content: "" },
      { role: "assistant", content: said },
    ]);
  const system = record({
    role: fc.constantFrom("system", "developer"),
    content: filled,
    name: filled,
  }, ["role", "content"]);
  return fc.tuple(
    fc.array(system, { maxLength: 2 }),
    record({
      model: fc.constant("m"),
      messages: dialogue(user, loop),
      tools: fc.array(
        fc.record({
          type: fc.constant("function"),
          function: record({
            name: fc.constant("look"),
            description: filled,
            parameters: schema,
            strict: fc.boolean(),
          }, ["name", "parameters"]),
        }),
        { minLength: 1, maxLength: 1 },
      ),
      tool_choice: fc.constantFrom("auto", "none", "required", {
        type: "function",
        function: { name: "look" },
      }),
      parallel_tool_calls: fc.boolean(),
      response_format: fc.constant({
        type: "json_schema",
        json_schema: {
          name: "x",
          schema: { type: "object", properties: {} },
          strict: true,
        },
      }),
      max_completion_tokens: count,
      temperature,
      top_p: temperature,
      presence_penalty: fc.constantFrom(-2, 0.5),
      frequency_penalty: fc.constantFrom(-2, 0.5),
      seed: fc.integer(),
      stop: fc.array(filled, { minLength: 1, maxLength: 4 }),
      reasoning_effort: fc.constantFrom("low", "high"),
      user: filled,
    }, ["model", "messages", "tools"]),
  ).map(([head, request]) => ({
    ...request,
    messages: [...head, ...request.messages as object[]],
  }));
})();
