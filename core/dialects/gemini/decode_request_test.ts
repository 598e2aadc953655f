import { assertEquals } from "@std/assert";
import { parseJsonDocument } from "../../json_document.ts";
import { ASKED, asked, decode, decodeTurns, refusal } from "./_test_decode.ts";
import { sealThought } from "./_thought_seal.ts";
import { decodeGeminiRequest } from "./decode_request.ts";

const CALL = { functionCall: { id: "c1", name: "look", args: { a: 1 } } };
const USER = { role: "user", parts: [{ text: "hi" }] };

function resultOf(response: object, more = {}): object {
  return {
    role: "user",
    parts: [{ functionResponse: { name: "look", response, ...more } }],
  };
}

Deno.test("O8, O9: decodeGeminiRequest() reads every setting that has a word", () => {
  const { messages: _, ...rest } = decode({
    generationConfig: {
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      maxOutputTokens: 100,
      stopSequences: ["."],
      presencePenalty: 1,
      frequencyPenalty: -1,
      seed: 7,
      candidateCount: 1,
      responseModalities: ["TEXT"],
      responseMimeType: "text/plain",
    },
  });
  assertEquals(rest, {
    model: "",
    sampling: {
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      presencePenalty: 1,
      frequencyPenalty: -1,
      seed: 7,
      stop: ["."],
    },
    maxOutputTokens: 100,
    stream: false,
    unmapped: [],
  });
  const { model, stream } = decodeGeminiRequest(asked({}), {
    model: "m",
    stream: true,
  });
  assertEquals([model, stream], ["m", true]);
});

Deno.test("A25, A27: what has no word is named, what is empty is not", () => {
  const { unmapped, extras } = decode({
    safetySettings: [{ category: "X" }],
    labels: { a: "b" },
    serviceTier: "flex",
    store: null,
    tools: [],
    cachedContent: "",
    contents: [{
      parts: [{ text: "hi", videoMetadata: { fps: 1 } }],
      odd: true,
    }],
    generationConfig: { responseLogprobs: true, speechConfig: {} },
    toolConfig: { retrievalConfig: {} },
  });
  assertEquals(unmapped, [
    "safetySettings",
    "labels",
    "serviceTier",
    "contents[0].odd",
    "contents[0].parts[0].videoMetadata",
    "toolConfig.retrievalConfig",
    "generationConfig.responseLogprobs",
    "generationConfig.speechConfig",
  ]);
  assertEquals(extras?.get("safetySettings"), [{ category: "X" }]);
});

Deno.test("K17, A7, B22: what must not be lost is refused by name", () => {
  const cases: [object, string, string][] = [
    [{ contents: [] }, "contents", "missing_required_parameter"],
    [{ contents: "hi" }, "contents", "invalid_type"],
    [{ cachedContent: "c" }, "cachedContent", "unsupported_parameter"],
    [
      { generationConfig: { candidateCount: 2 } },
      "generationConfig.candidateCount",
      "unsupported_value",
    ],
    [
      { generationConfig: { responseModalities: ["IMAGE"] } },
      "generationConfig.responseModalities",
      "unsupported_value",
    ],
    [
      { generationConfig: { responseMimeType: "text/x.enum" } },
      "generationConfig.responseMimeType",
      "unsupported_value",
    ],
    [
      { generationConfig: { stopSequences: [1] } },
      "generationConfig.stopSequences[0]",
      "invalid_type",
    ],
    [
      { tools: [{ codeExecution: {} }] },
      "tools[0].codeExecution",
      "unsupported_value",
    ],
    [
      { contents: [{ role: "user", parts: [CALL] }] },
      "contents[0].parts[0].functionCall",
      "invalid_value",
    ],
    [
      {
        contents: [USER, {
          role: "model",
          parts: [{ inlineData: { mimeType: "image/png", data: "AA==" } }],
        }],
      },
      "contents[1].parts[0].inlineData",
      "unsupported_value",
    ],
    [
      { contents: [{ parts: [{ fileData: { fileUri: "file:///x" } }] }] },
      "contents[0].parts[0].fileData.fileUri",
      "invalid_value",
    ],
  ];
  for (const [request, param, code] of cases) {
    assertEquals(refusal(request), [param, code]);
  }
});

Deno.test("D3: the system stands apart, the model is the assistant, a role that is not told the user's", () => {
  const { messages } = decode({
    systemInstruction: { parts: [{ text: "a" }, { text: "b" }] },
    contents: [
      { parts: [{ text: "hi" }] },
      { role: "model", parts: [{ text: "hello" }] },
      USER,
    ],
  });
  assertEquals(messages.map(({ role, parts }) => [role, parts.length]), [
    ["system", 2],
    ["user", 1],
    ["assistant", 1],
    ["user", 1],
  ]);
  assertEquals(decode({ systemInstruction: "s" }).messages[0]?.parts, [
    { type: "text", text: "s" },
  ]);
});

Deno.test("D3: what a client kept of a stream in pieces is one turn", () => {
  const [, turn] = decodeTurns(
    USER,
    { role: "model", parts: [{ text: "Rome ", thought: true }] },
    { role: "model", parts: [{ text: "is", thought: true }] },
    { role: "model", parts: [{ text: "28 " }] },
    { role: "model", parts: [{ text: "degrees" }] },
    { role: "model", parts: [{ text: "", thoughtSignature: "s" }] },
    { role: "model", parts: [{ text: "" }] },
    { role: "model" },
  );
  assertEquals(turn?.parts, [
    { type: "reasoning", text: "Rome is" },
    { type: "text", text: "28 degrees" },
    { type: "text", text: "", signature: "s" },
  ]);
});

Deno.test("D9, D10: signatures stay on their parts, unmerged", () => {
  const [, turn] = decodeTurns(
    USER,
    {
      role: "model",
      parts: [
        { text: "a", thoughtSignature: "t" },
        { text: "b" },
        { ...CALL, thoughtSignature: "s" },
        { functionCall: { id: "c2", name: "look" } },
        { thoughtSignature: "alone" },
      ],
    },
    {
      role: "user",
      parts: ["c1", "c2"].map((id) => ({
        functionResponse: { id, name: "look", response: { result: "x" } },
      })),
    },
  );
  assertEquals(turn?.parts, [
    { type: "text", text: "a", signature: "t" },
    { type: "text", text: "b" },
    {
      type: "tool_call",
      id: "c1",
      name: "look",
      arguments: '{"a":1}',
      signature: "s",
    },
    { type: "tool_call", id: "c2", name: "look", arguments: "{}" },
    { type: "text", text: "", signature: "alone" },
  ]);
});

Deno.test("C12, B29: sealed thought of another provider is opened, Gemini's own signature of thought is named", () => {
  const seal = (kind: "signature" | "redacted", data: string) => ({
    text: "",
    thought: true,
    thoughtSignature: sealThought({ kind, data }),
  });
  const contents = [USER, {
    role: "model",
    parts: [
      { text: "hm", thought: true },
      seal("signature", "proof ü"),
      seal("redacted", "hidden"),
      { text: "x", thought: true, thoughtSignature: "google" },
    ],
  }];
  const { messages, unmapped } = decode({ contents });
  assertEquals(messages[1]?.parts, [
    { type: "reasoning", text: "hm", signature: "proof ü" },
    { type: "reasoning", text: "", redacted: "hidden" },
    { type: "reasoning", text: "x" },
  ]);
  assertEquals(unmapped, ["contents[1].parts[3].thoughtSignature"]);
});

Deno.test("D5, D6, D8: calls without ids get one, results without ids find their calls by name and order", () => {
  const call = (name: string) => ({ functionCall: { name } });
  const result = (name: string, text: string) => ({
    functionResponse: { name, response: { result: text } },
  });
  const turn = {
    role: "model",
    parts: [call("look"), call("now"), call("look")],
  };
  const results = {
    role: "function",
    parts: [result("now", "b"), result("look", "a"), result("look", "c")],
  };
  const messages = decodeTurns(USER, turn, results, USER, turn, results);
  const ids = messages.flatMap(({ parts }) =>
    parts.flatMap((part) =>
      part.type === "tool_call"
        ? [part.id]
        : part.type === "tool_result"
        ? [part.callId]
        : []
    )
  );
  assertEquals(ids, [
    ...["call_1", "call_2", "call_3"],
    ...["call_2", "call_1", "call_3"],
    ...["call_4", "call_5", "call_6"],
    ...["call_5", "call_4", "call_6"],
  ]);
});

Deno.test("A23: a result without a call and a call without a result are refused", () => {
  const turn = { role: "model", parts: [CALL] };
  const place = "contents[1].parts[0].functionCall";
  assertEquals(refusal({ contents: [USER, turn] })[0], place);
  assertEquals(refusal({ contents: [USER, turn, USER, turn] })[0], place);
  assertEquals(
    refusal({ contents: [resultOf({})] })[0],
    "contents[0].parts[0].functionResponse.name",
  );
  assertEquals(
    refusal({
      contents: [USER, turn, resultOf({}), resultOf({}, { id: "c1" })],
    })[0],
    "contents[3].parts[0].functionResponse.id",
  );
  assertEquals(
    refusal({ contents: [USER, { role: "model", parts: [CALL, CALL] }] })[0],
    "contents[1].parts[1].functionCall.id",
  );
});

Deno.test("D7, C10, C11: what a tool said is text, its failure is told, pictures stay", () => {
  const cases: [object, string, boolean | undefined][] = [
    [{ result: "28" }, "28", undefined],
    [{ output: "28" }, "28", undefined],
    [{ error: "down" }, "down", true],
    [{ error: { code: 5 } }, '{"code":5}', true],
    [{ result: 28 }, '{"result":28}', undefined],
    [{ result: '{"a":1}' }, '{"result":"{\\"a\\":1}"}', undefined],
    [{ a: 1, b: 2 }, '{"a":1,"b":2}', undefined],
    [{}, "{}", undefined],
  ];
  for (const [response, text, isError] of cases) {
    const turn = { role: "model", parts: [CALL] };
    const [, , message] = decodeTurns(USER, turn, resultOf(response));
    assertEquals(message, {
      role: "tool",
      parts: [{
        type: "tool_result",
        callId: "c1",
        parts: [{ type: "text", text }],
        ...(isError && { isError }),
      }],
    });
  }
  const picture = { inlineData: { mimeType: "image/png", data: "AA==" } };
  const shown = resultOf({ result: "x" }, { parts: [picture] });
  const [, , message] = decodeTurns(
    USER,
    { role: "model", parts: [CALL] },
    shown,
  );
  const [result] = message?.parts ?? [];
  assertEquals(result?.type === "tool_result" && result.parts[1], {
    type: "image",
    data: "AA==",
    mediaType: "image/png",
  });
});

Deno.test("A32, O10: media by value and by address", () => {
  const inline = (mimeType: string) => ({
    inlineData: { mimeType, data: "-_A=" },
  });
  const file = (fileUri: string, mimeType?: string) => ({
    fileData: { fileUri, mimeType },
  });
  const store = "https://generativelanguage.googleapis.com/v1beta/files/a";
  const [message] = decodeTurns({
    parts: [
      inline("image/PNG"),
      inline("audio/mpeg"),
      inline("audio/x-wav"),
      inline("application/pdf"),
      file("https://x.example/a", "image/png"),
      file("https://x.example/a.pdf"),
      file(store, "image/png"),
      file("gs://b/a.mp4", "video/mp4"),
    ],
  });
  assertEquals(message?.parts, [
    { type: "image", data: "+/A=", mediaType: "image/png" },
    { type: "audio", data: "+/A=", format: "mp3" },
    { type: "audio", data: "+/A=", format: "wav" },
    { type: "file", data: "+/A=", mediaType: "application/pdf" },
    { type: "image", url: "https://x.example/a", mediaType: "image/png" },
    { type: "file", url: "https://x.example/a.pdf" },
    { type: "file", fileId: "files/a", mediaType: "image/png" },
    { type: "file", fileId: "gs://b/a.mp4", mediaType: "video/mp4" },
  ]);
});

Deno.test("A25: code that Google ran is text for others, its own tools are named", () => {
  const { messages, unmapped } = decode({
    contents: [USER, {
      role: "model",
      parts: [
        { executableCode: { language: "PYTHON", code: "print(1)" } },
        { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
        { toolCall: { id: "x" } },
      ],
    }],
  });
  assertEquals(messages[1]?.parts, [
    { type: "text", text: "```python\nprint(1)\n```\n" },
    { type: "text", text: "```\n1\n```\n" },
  ]);
  assertEquals(unmapped.length, 3);
});

Deno.test("D20: Google's own schemas become JSON Schema, JSON Schema stays", () => {
  const { tools } = decode({
    tools: [{
      functionDeclarations: [
        {
          name: "a",
          description: "d",
          parameters: {
            type: "OBJECT",
            properties: {
              type: { type: "STRING", format: "enum", enum: ["x"] },
              b: {
                type: "ARRAY",
                items: { type: "INTEGER", nullable: true },
                minItems: "1",
              },
              c: { anyOf: [{ type: "STRING" }], nullable: true },
            },
            propertyOrdering: ["type"],
          },
        },
        { name: "b", parametersJsonSchema: { type: "object", $defs: {} } },
        { name: "c" },
      ],
    }],
  });
  assertEquals(tools, [
    {
      name: "a",
      description: "d",
      parameters: {
        type: "object",
        properties: {
          type: { type: "string", enum: ["x"] },
          b: {
            type: "array",
            items: { type: ["integer", "null"] },
            minItems: 1,
          },
          c: { anyOf: [{ type: "string" }, { type: "null" }] },
        },
        propertyOrdering: ["type"],
      },
    },
    { name: "b", parameters: { type: "object", $defs: {} } },
    { name: "c", parameters: { type: "object", properties: {} } },
  ]);
});

Deno.test("D22, B23, O4: modes and allowed names become a choice and a list", () => {
  const tools = [{
    functionDeclarations: [{ name: "a" }, { name: "b" }, { name: "c" }],
  }];
  const choose = (functionCallingConfig: object) => {
    const { tools: kept, toolChoice } = decode({
      tools,
      toolConfig: { functionCallingConfig },
    });
    return [kept?.map(({ name }) => name).join(""), toolChoice];
  };
  assertEquals(choose({}), ["abc", { type: "auto" }]);
  assertEquals(choose({ mode: "AUTO" }), ["abc", { type: "auto" }]);
  assertEquals(choose({ mode: "NONE" }), ["abc", { type: "none" }]);
  assertEquals(choose({ mode: "ANY" }), ["abc", { type: "required" }]);
  assertEquals(choose({ mode: "MODE_UNSPECIFIED" }), ["abc", undefined]);
  assertEquals(choose({ mode: "ANY", allowedFunctionNames: ["b"] }), [
    "abc",
    { type: "tool", name: "b" },
  ]);
  assertEquals(choose({ mode: "ANY", allowedFunctionNames: ["b", "c"] }), [
    "bc",
    { type: "required" },
  ]);
  assertEquals(choose({ mode: "VALIDATED", allowedFunctionNames: ["a"] }), [
    "a",
    { type: "auto" },
  ]);
  const config = (functionCallingConfig: object, more = {}) =>
    refusal({ toolConfig: { functionCallingConfig }, ...more })[0];
  const place = "toolConfig.functionCallingConfig";
  assertEquals(config({ mode: "ANY" }), `${place}.mode`);
  assertEquals(
    config({ mode: "ANY", allowedFunctionNames: ["z"] }, { tools }),
    `${place}.allowedFunctionNames[0]`,
  );
  assertEquals(
    config({ allowedFunctionNames: [1] }, { tools }),
    `${place}.allowedFunctionNames[0]`,
  );
});

Deno.test("D21, O5: the form of the answer", () => {
  const output = (generationConfig: object) =>
    decode({ generationConfig }).output;
  const responseMimeType = "application/json";
  assertEquals(output({}), undefined);
  assertEquals(output({ responseMimeType }), { type: "json" });
  assertEquals(
    output({ responseMimeType, responseSchema: { type: "STRING" } }),
    { type: "json_schema", name: "answer", schema: { type: "string" } },
  );
  assertEquals(
    output({ responseMimeType, responseJsonSchema: { type: "array" } }),
    { type: "json_schema", name: "answer", schema: { type: "array" } },
  );
});

Deno.test("D23, O6: how hard to think", () => {
  const think = (thinkingConfig: object) =>
    decode({ generationConfig: { thinkingConfig } }).reasoning;
  assertEquals(think({ includeThoughts: true }), undefined);
  assertEquals(think({ thinkingBudget: -1 }), { effort: "medium" });
  assertEquals(think({ thinkingBudget: 0 }), { effort: "none" });
  assertEquals(think({ thinkingBudget: 512 }), { budgetTokens: 512 });
  assertEquals(think({ thinkingLevel: "LOW" }), { effort: "low" });
});

Deno.test("M15: numbers in schemas and arguments keep their digits", () => {
  const text = `{
    "contents": [
      {"parts": [{"text": "x"}]},
      {"role": "model", "parts": [{"functionCall": {"name": "a", "args": {"n": 12345678901234567890}}}]},
      {"parts": [{"functionResponse": {"name": "a", "response": {"n": 12345678901234567890}}}]}
    ],
    "generation_config": {
      "temperature": 0.70000000000000001,
      "response_json_schema": {"maximum": 12345678901234567890}
    }
  }`;
  const document = parseJsonDocument(new TextEncoder().encode(text));
  const { messages, sampling, output } = decodeGeminiRequest(document);
  assertEquals(sampling.temperature, 0.7);
  for (const value of [messages, output]) {
    assertEquals(
      JSON.stringify(value).includes("12345678901234567890"),
      true,
    );
  }
});

Deno.test("D3: names in snake case are read, but not the caller's own", () => {
  const { messages, tools } = decode({
    system_instruction: { parts: { text: "s" } },
    contents: [
      ...ASKED,
      {
        role: "model",
        parts: [{
          function_call: { name: "f", args: { snake_case: { a_b: 1 } } },
          thought_signature: "s",
        }],
      },
      {
        role: "user",
        parts: [{
          function_response: { name: "f", response: { my_key: 1 } },
        }],
      },
    ],
    tools: {
      function_declarations: {
        name: "f",
        parameters: {
          type: "OBJECT",
          properties: { my_arg: { any_of: [{ type: "STRING" }] } },
        },
      },
    },
  });
  assertEquals(messages[2]?.parts[0], {
    type: "tool_call",
    id: "call_1",
    name: "f",
    arguments: '{"snake_case":{"a_b":1}}',
    signature: "s",
  });
  const [result] = messages[3]?.parts ?? [];
  assertEquals(result?.type === "tool_result" && result.parts, [
    { type: "text", text: '{"my_key":1}' },
  ]);
  assertEquals(tools?.[0]?.parameters.properties, {
    my_arg: { anyOf: [{ type: "string" }] },
  });
});
