import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Tool } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import {
  assistant,
  call,
  result,
  system,
  user,
} from "../anthropic/_test_encode.ts";
import { readToolName } from "./_names.ts";
import { CLAUDE, encode } from "./_test_encode.ts";

const NOVA = "amazon.nova-pro-v1:0";
const LLAMA = "meta.llama3-1-70b-instruct-v1:0";
const LOOK: Tool = { name: "look", parameters: { properties: {} } };
const cached = { cacheControl: {} };

Deno.test("E2, E3: the path escapes a model's id and an ARN once, colons and slashes included", () => {
  const path = (model: string, stream: boolean) =>
    encode({ stream }, model).path;
  assertEquals(
    path(CLAUDE, false),
    "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
  );
  assertEquals(
    path(
      "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
      true,
    ),
    "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc/converse-stream",
  );
  assertEquals(
    path("a/b!(1)*", true),
    "/model/a%2Fb%21%281%29%2A/converse-stream",
  );
});

Deno.test("encodeRequest() writes the least body", () => {
  const { text, losses } = encode({ stream: false }, LLAMA);
  assertEquals(
    text,
    `{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}`,
  );
  assertEquals(losses, []);
});

Deno.test("C2, C3, O2: system messages at the head are apart, later ones stay in their place as marked text", () => {
  const { body, losses } = encode({
    messages: [
      system("Be brief"),
      user("Hi"),
      system("Now French"),
      user("Go"),
    ],
  }, LLAMA);
  assertEquals(body.system, [{ text: "Be brief" }]);
  assertEquals(body.messages, [{
    role: "user",
    content: [
      { text: "Hi" },
      { text: "<system>\nNow French\n</system>" },
      { text: "Go" },
    ],
  }]);
  assertEquals(losses, [
    "approximated: messages[2] (sent as marked user text)",
  ]);
});

Deno.test("E12: all results of one turn are in one user message, in front, failures with their status", () => {
  const failed = result("b", "no");
  const [part] = failed.parts;
  assert(part?.type === "tool_result");
  const { body } = encode({
    messages: [
      user("Look"),
      assistant([call("a", '{"x":1}'), call("b", "")]),
      result("a"),
      { role: "tool", parts: [{ ...part, isError: true }] },
      user("And?"),
    ],
    tools: [LOOK],
  });
  const messages = body.messages as object[];
  assertEquals(messages.slice(1), [
    {
      role: "assistant",
      content: [
        { toolUse: { toolUseId: "a", name: "look", input: { x: 1 } } },
        { toolUse: { toolUseId: "b", name: "look", input: {} } },
      ],
    },
    {
      role: "user",
      content: [
        { toolResult: { toolUseId: "a", content: [{ text: "ok" }] } },
        {
          toolResult: {
            toolUseId: "b",
            content: [{ text: "no" }],
            status: "error",
          },
        },
        { text: "And?" },
      ],
    },
  ]);
});

Deno.test("E12: a model that knows no status of results is told none, and that is reported", () => {
  const { losses } = encode({
    messages: [
      user("Look"),
      assistant([call("a")]),
      {
        role: "tool",
        parts: [{ type: "tool_result", callId: "a", parts: [], isError: true }],
      },
    ],
    tools: [LOOK],
  }, LLAMA);
  assertEquals(losses, ["dropped: messages[2].is_error (bedrock)"]);
});

Deno.test("E13: a history with calls brings tools, also where the caller offers none any more", () => {
  const messages = [user("Look"), assistant([call("a")]), result("a")];
  const { body, losses } = encode({ messages });
  assertEquals(body.toolConfig, {
    tools: [{
      toolSpec: { name: "look", inputSchema: { json: { type: "object" } } },
    }],
  });
  assertEquals(losses, [
    "approximated: tools (those of the history, unoffered)",
  ]);
});

Deno.test("E15, O4: the choice of tool, of which none has no word", () => {
  const choose = (toolChoice: object, messages = [user("Hi")]) =>
    encode({ tools: [LOOK], messages, toolChoice: toolChoice as never });
  const choice = (toolChoice: object) =>
    (choose(toolChoice).body.toolConfig as { toolChoice: object }).toolChoice;
  assertEquals(choice({ type: "auto" }), { auto: {} });
  assertEquals(choice({ type: "required" }), { any: {} });
  assertEquals(choice({ type: "tool", name: "look" }), {
    tool: { name: "look" },
  });
  assertEquals("toolConfig" in choose({ type: "none" }).body, false);
  const history = [user("Look"), assistant([call("a")]), result("a")];
  const needed = choose({ type: "none" }, history);
  assert("toolConfig" in needed.body);
  assertEquals(needed.losses, [
    "approximated: tool_choice (the history needs the tools)",
  ]);
});

Deno.test("E16, O5: a schema goes as a string where the model takes one, else into the prompt", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  const output = { type: "json_schema", name: "it", schema } as const;
  const { body } = encode({ output });
  const config = body.outputConfig as {
    textFormat: { structure: { jsonSchema: { name: string; schema: string } } };
  };
  const { name, schema: sent } = config.textFormat.structure.jsonSchema;
  assertEquals(name, "it");
  assertEquals(JSON.parse(sent), { ...schema, additionalProperties: false });
  const old = encode({ output }, NOVA);
  assertEquals("outputConfig" in old.body, false);
  assertEquals(old.losses, [
    "approximated: response_format (asked for in the prompt)",
  ]);
});

Deno.test("E17, O6: thinking goes into the native fields of the model's family", () => {
  const reasoning = { effort: "high" } as const;
  const native = (model: string) =>
    encode({ reasoning, maxOutputTokens: 64_000 }, model).body
      .additionalModelRequestFields;
  assertEquals(native(CLAUDE), {
    thinking: { type: "enabled", budget_tokens: 16_384 },
  });
  assertEquals(native("us.amazon.nova-2-lite-v1:0"), {
    reasoningConfig: { type: "enabled", maxReasoningEffort: "high" },
  });
  assertEquals(native("openai.gpt-oss-120b-1:0"), { reasoning_effort: "high" });
  assertEquals(native(LLAMA), undefined);
  const adaptive = encode({ reasoning }, "anthropic.claude-opus-4-6-v1").body;
  assertEquals(adaptive.additionalModelRequestFields, {
    thinking: { type: "adaptive" },
  });
  assertEquals(adaptive.outputConfig, { effort: "high" });
});

Deno.test("E17, C12: a Claude gets its signed thought back first and unmodified, others none", () => {
  const messages = [
    user("Look"),
    assistant([
      { type: "reasoning", text: "hm ", signature: "c2ln" },
      { type: "reasoning", text: "", redacted: "cmVk" },
      call("a"),
    ]),
    result("a"),
  ];
  const content = (model: string) =>
    (encode({ messages, tools: [LOOK] }, model).body.messages as {
      content: object[];
    }[])[1]?.content;
  assertEquals(content(CLAUDE)?.slice(0, 2), [
    {
      reasoningContent: { reasoningText: { text: "hm ", signature: "c2ln" } },
    },
    { reasoningContent: { redactedContent: "cmVk" } },
  ]);
  assertEquals(content(NOVA)?.length, 1);
});

Deno.test("E18: pictures and documents go as bytes with their format, a document with a plain name", () => {
  const { body, losses } = encode({
    messages: [user([
      { type: "image", data: "aW1n", mediaType: "image/jpeg" },
      {
        type: "file",
        data: "cGRm",
        mediaType: "application/pdf",
        filename: "q3_report: final.pdf",
      },
      { type: "file", data: "Y3N2", mediaType: "text/csv" },
      { type: "file", data: "dHh0", mediaType: "text/plain" },
      { type: "audio", data: "d2F2", format: "wav" },
    ])],
  }, NOVA);
  const [{ content }] = body.messages as [{ content: object[] }];
  assertEquals(content, [
    { image: { format: "jpeg", source: { bytes: "aW1n" } } },
    {
      document: {
        format: "pdf",
        name: "q3 report final pdf",
        source: { bytes: "cGRm" },
      },
    },
    {
      document: { format: "csv", name: "document", source: { bytes: "Y3N2" } },
    },
    {
      document: {
        format: "txt",
        name: "document (2)",
        source: { bytes: "dHh0" },
      },
    },
    { audio: { format: "wav", source: { bytes: "d2F2" } } },
  ]);
  assertEquals(losses, [
    "changed: messages[0].content[1].file.filename (q3 report final pdf)",
  ]);
});

Deno.test("A32, E18: what can't be sent as bytes is refused by its field", () => {
  const refused = (part: object) =>
    assertThrows(
      () => encode({ messages: [user([part as never])] }),
      GatewayError,
    );
  const byUrl = refused({ type: "image", url: "https://a.test/a.png" });
  assertEquals([byUrl.status, byUrl.param], [400, "messages[0].content[0]"]);
  refused({ type: "image", data: "eA==", mediaType: "image/tiff" });
  refused({ type: "file", data: "eA==", mediaType: "application/zip" });
  refused({ type: "file", fileId: "file-1" });
});

Deno.test("E20, C17: a cache point stands behind what it covers, four at most", () => {
  const { body, losses } = encode({
    tools: [{ ...LOOK, ...cached }],
    messages: [
      system([{ type: "text", text: "A", ...cached }]),
      user([
        { type: "text", text: "B", cacheControl: { ttl: "1h" } },
        { type: "text", text: "C", ...cached },
        { type: "text", text: "D", ...cached },
      ]),
    ],
  });
  const point = { cachePoint: { type: "default" } };
  const { tools } = body.toolConfig as { tools: object[] };
  assertEquals(tools.length, 1);
  assertEquals(body.system, [{ text: "A" }, point]);
  assertEquals((body.messages as { content: object[] }[])[0]?.content, [
    { text: "B" },
    { cachePoint: { type: "default", ttl: "1h" } },
    { text: "C" },
    point,
    { text: "D" },
    point,
  ]);
  assertEquals(losses, ["dropped: cache_control (over 4)"]);
});

Deno.test("E20: a model without a cache is sent no point", () => {
  const messages = [user([{ type: "text" as const, text: "A", ...cached }])];
  const { body, losses } = encode({ messages }, LLAMA);
  assertEquals(body.messages, [{ role: "user", content: [{ text: "A" }] }]);
  assertEquals(losses, ["dropped: cache_control (bedrock)"]);
});

Deno.test("O8, O9, A30: limits and sampling have their own names and bounds", () => {
  const { body, losses } = encode({
    maxOutputTokens: 9,
    sampling: { temperature: 1.5, topK: 5, stop: ["END"], seed: 1 },
  }, NOVA);
  assertEquals(body.inferenceConfig, {
    maxTokens: 9,
    temperature: 1,
    stopSequences: ["END"],
  });
  assertEquals(body.additionalModelRequestFields, {
    inferenceConfig: { topK: 5 },
  });
  assertEquals(losses, [
    "dropped: seed (bedrock)",
    "changed: temperature (1 is the highest)",
  ]);
});

Deno.test("C8: names and ids that Converse refuses are written reversibly", () => {
  const odd: Tool = { name: "files.read/now", parameters: {} };
  const long = "x".repeat(200);
  const { body } = encode({
    tools: [odd],
    messages: [
      user("Look"),
      assistant([
        { type: "tool_call", id: long, name: odd.name, arguments: "{}" },
      ]),
      result(long),
    ],
  });
  const { tools } = body.toolConfig as {
    tools: { toolSpec: { name: string } }[];
  };
  const { name } = tools[0]!.toolSpec;
  assert(/^[a-zA-Z0-9_-]{1,64}$/.test(name));
  assertEquals(readToolName(name), odd.name);
  const [, turn, answer] = body.messages as {
    content: { toolUse: object; toolResult: object }[];
  }[];
  const { toolUse } = turn!.content[0]!;
  const { toolResult } = answer!.content[0]!;
  assert("toolUseId" in toolUse && "toolUseId" in toolResult);
  assertEquals(toolUse.toolUseId, toolResult.toolUseId);
  assert(/^[a-zA-Z0-9_-]{1,64}$/.test(String(toolUse.toolUseId)));
});

Deno.test("C8: a tool's name that can't be written is refused by its field", () => {
  const tools = [{ name: "é".repeat(40), parameters: {} }];
  const { param } = assertThrows(() => encode({ tools }), GatewayError);
  assertEquals(param, "tools[0].function.name");
});

Deno.test("A25: a guardrail goes with its request, fields without a word are reported", () => {
  const guardrail = { guardrailIdentifier: "g", guardrailVersion: "1" };
  const { body, losses } = encode({
    unmapped: ["guardrailConfig", "logit_bias"],
    extras: new Map([["guardrailConfig", guardrail]]),
  });
  assertEquals(body.guardrailConfig, guardrail);
  assertEquals(losses, ["dropped: logit_bias (bedrock)"]);
});

Deno.test("C19: equal conversations give equal bytes", () => {
  const messages = [user("Hi"), assistant([call("a")]), result("a")];
  assertEquals(
    encode({ messages, tools: [LOOK] }).text,
    encode({ messages, tools: [LOOK] }).text,
  );
});
