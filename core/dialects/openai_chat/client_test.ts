import { assert, assertEquals, assertRejects } from "@std/assert";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import OpenAI from "openai";
import type { Answer, AnswerEvent } from "../../answer.ts";
import { GatewayError } from "../../errors.ts";
import { openAiChatClient } from "./client.ts";

const USAGE = {
  input: 10,
  cached: 4,
  cacheWrite: 0,
  cacheWrite1h: 0,
  output: 8,
  reasoning: 3,
  total: 18,
};
const ANSWER: Answer = {
  id: "msg_1",
  model: "m",
  parts: [
    { type: "reasoning", text: "I think", signature: "sig" },
    { type: "text", text: "Let me look" },
    { type: "tool_call", id: "c0", name: "now", arguments: "" },
    { type: "tool_call", id: "c1", name: "weather", arguments: '{"city":1}' },
  ],
  finish: "tool",
  usage: USAGE,
};
const EVENTS: readonly AnswerEvent[] = [
  { type: "start", id: "msg_1", model: "m" },
  { type: "part_start", part: 0, kind: "reasoning" },
  { type: "part_delta", part: 0, text: "I think" },
  { type: "part_end", part: 0, signature: "sig" },
  { type: "part_start", part: 1, kind: "text" },
  { type: "part_delta", part: 1, text: "Let me " },
  { type: "part_delta", part: 1, text: "look" },
  { type: "part_end", part: 1 },
  { type: "part_start", part: 2, kind: "tool_call", id: "c0", name: "now" },
  { type: "part_end", part: 2 },
  { type: "part_start", part: 3, kind: "tool_call", id: "c1", name: "weather" },
  { type: "part_delta", part: 3, text: '{"city"' },
  { type: "part_delta", part: 3, text: ":1}" },
  { type: "part_end", part: 3 },
  { type: "usage", usage: USAGE },
  { type: "finish", finish: "tool" },
];

function streamOf(events: readonly AnswerEvent[]): string {
  const encoder = openAiChatClient.streamEncoder({ includeUsage: true });
  return events.map((event) => encoder.push(event)).join("");
}

/** Serves one body to every request while `use` runs. */
async function serving(
  { body, type, status = 200 }: {
    readonly body: string;
    readonly type: string;
    readonly status?: number;
  },
  use: (baseURL: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(body, { status, headers: { "content-type": type } }),
  );
  try {
    await use(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

const SSE = { body: streamOf(EVENTS), type: "text/event-stream" };
const REQUEST = {
  model: "m",
  messages: [{ role: "user" as const, content: "hi" }],
};

function sdk(baseURL: string): OpenAI {
  return new OpenAI({ apiKey: "k", baseURL, maxRetries: 0 });
}

Deno.test("A1, A4, A10, A13, A16: OpenAI's SDK reads a stream as the whole answer", async () => {
  await serving(SSE, async (baseURL) => {
    const stream = sdk(baseURL).chat.completions.stream(REQUEST);
    const { id, model, choices, usage } = await stream.finalChatCompletion();
    assertEquals([id, model], ["msg_1", "m"]);
    const [choice] = choices;
    assert(choice);
    assertEquals(choice.finish_reason, "tool_calls");
    assertEquals(choice.message.content, "Let me look");
    assertEquals(
      choice.message.tool_calls?.map((call) =>
        call.type === "function" && [call.id, call.function.arguments]
      ),
      [["c0", "{}"], ["c1", '{"city":1}']],
    );
    assertEquals(usage?.total_tokens, 18);
    assertEquals(usage?.prompt_tokens_details?.cached_tokens, 4);
  });
});

Deno.test("A13, A16: OpenAI's SDK reads a whole answer", async () => {
  const body = openAiChatClient.encodeAnswer(ANSWER);
  await serving({ body, type: "application/json" }, async (baseURL) => {
    const answer = await sdk(baseURL).chat.completions.create(REQUEST);
    assertEquals(answer.choices[0]?.message.content, "Let me look");
    assertEquals(answer.choices[0]?.finish_reason, "tool_calls");
    assertEquals(
      answer.choices[0]?.message.tool_calls?.map((call) =>
        call.type === "function" && call.function.arguments
      ),
      ["{}", '{"city":1}'],
    );
    assertEquals(answer.usage?.completion_tokens, 8);
  });
});

Deno.test("C13: the AI SDK's provider reads thought, text, calls and usage", async () => {
  await serving(SSE, async (baseURL) => {
    const provider = createOpenAICompatible({ name: "gateway", baseURL });
    const { stream } = await provider("m").doStream({
      prompt: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
    });
    const seen = { thought: "", text: "", calls: "", finish: "" };
    for await (const part of stream) {
      if (part.type === "error") throw part.error;
      if (part.type === "reasoning-delta") seen.thought += part.delta;
      if (part.type === "text-delta") seen.text += part.delta;
      if (part.type === "tool-call") seen.calls += part.toolName + part.input;
      if (part.type === "finish") {
        seen.finish =
          `${part.finishReason.unified} ${part.usage.inputTokens.total}`;
      }
    }
    assertEquals(seen, {
      thought: "I think",
      text: "Let me look",
      calls: 'now{}weather{"city":1}',
      finish: "tool-calls 10",
    });
  });
});

Deno.test("O7: OpenAI's SDK reads an error", async () => {
  const error = new GatewayError("not_found", "The model 'x' does not exist", {
    code: "model_not_found",
    param: "model",
  });
  const reply = {
    body: openAiChatClient.encodeError(error, "req_1"),
    type: "application/json",
    status: error.status,
  };
  await serving(reply, async (baseURL) => {
    const thrown = await assertRejects(
      () => sdk(baseURL).chat.completions.create(REQUEST),
      OpenAI.NotFoundError,
    );
    assertEquals([thrown.code, thrown.param, thrown.type], [
      "model_not_found",
      "model",
      "invalid_request_error",
    ]);
  });
});

Deno.test("L4: OpenAI's SDK takes a failed stream for a failure", async () => {
  const error = new GatewayError("upstream", "The provider broke off", {
    code: "upstream_error",
  });
  const body = streamOf(EVENTS.slice(0, 7)) +
    openAiChatClient.encodeStreamError(error, "req_1");
  await serving({ ...SSE, body }, async (baseURL) => {
    const stream = sdk(baseURL).chat.completions.stream(REQUEST);
    const thrown = await assertRejects(
      () => stream.finalChatCompletion(),
      OpenAI.APIError,
    );
    assertEquals(thrown.code, "upstream_error");
  });
});

Deno.test("openAiChatClient decodes requests", () => {
  const { model } = openAiChatClient.decodeRequest({
    text: "",
    value: REQUEST,
    spans: new Map(),
  });
  assertEquals([openAiChatClient.name, model], ["openai_chat", "m"]);
});
