import "./_no_hostname.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import * as z from "@zod/zod";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  embedMany,
  generateObject,
  generateText,
  Output,
  RetryError,
  stepCountIs,
  streamText,
  tool,
} from "ai";
import { eventStream, json } from "./_answering_upstream.ts";
import {
  chatStream,
  chunk,
  completion,
  event,
  toolCall,
} from "./_chat_answers.ts";
import {
  type Block,
  message,
  messageEvents,
  messageStream,
} from "./_message_answers.ts";
import { ANTHROPIC, logLine, withGateway, withMock } from "./_with_gateway.ts";

const PROMPT = "How warm is it in Rome?";
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const CLAUDE = "claude/claude-sonnet-4-5";
const CITY = z.object({ name: z.string(), people: z.number().int() });

function sdk(url: string): ReturnType<typeof createOpenAICompatible> {
  return createOpenAICompatible({
    name: "gateway",
    baseURL: `${url}/v1`,
    apiKey: "key-of-the-caller-0000",
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
}

/** The warnings of the SDK are no output of the tests. */
Reflect.set(globalThis, "AI_SDK_LOG_WARNINGS", false);

const weather = tool({
  description: "Tells the weather",
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, degrees: 28 }),
});
const now = tool({
  inputSchema: z.object({}),
  execute: () => "noon",
});

Deno.test("ai: text, whole and streamed, with usage and finish", async () => {
  await withMock(async ({ url }) => {
    const model = sdk(url)("mock/echo");
    const prompt = "one two three";
    const whole = await generateText({ model, prompt });
    assertEquals([whole.text, whole.finishReason], [prompt, "stop"]);
    assertEquals(whole.usage.totalTokens, 8);
    const streamed = streamText({ model, prompt });
    const pieces: string[] = [];
    for await (const piece of streamed.textStream) pieces.push(piece);
    assertEquals(pieces.join(""), prompt);
    assert(pieces.length > 1);
    assertEquals(await streamed.finishReason, "stop");
    assertEquals((await streamed.usage).totalTokens, 8);
  });
});

Deno.test("A10, A16: ai: a tool loop runs to its end, whole and streamed", async () => {
  await withMock(async ({ url }) => {
    const ask = {
      model: sdk(url)("mock/tool"),
      prompt: PROMPT,
      tools: { weather },
      stopWhen: stepCountIs(3),
    };
    const whole = await generateText(ask);
    assertEquals(whole.steps.length, 2);
    assertEquals(whole.steps[0]?.finishReason, "tool-calls");
    assert(whole.text.includes('"degrees":28'));
    const streamed = streamText(ask);
    await streamed.consumeStream();
    assert((await streamed.text).includes('"degrees":28'));
  });
});

Deno.test("A11, A13: ai: parallel calls in a stream are run, one without arguments too", async () => {
  const call = (index: number, id: string, name: string) => ({
    tool_calls: [{
      index,
      id,
      type: "function",
      function: { name, arguments: "" },
    }],
  });
  const piece = (index: number, text: string) => ({
    tool_calls: [{ index, function: { arguments: text } }],
  });
  await withGateway({
    answer: (_, number) =>
      number === 0
        ? chatStream([
          call(0, "c_a", "weather"),
          call(1, "c_b", "now"),
          piece(0, '{"city":'),
          piece(0, '"Rome"}'),
        ], "tool_calls")
        : chatStream([{ content: "28 at noon" }]),
  }, async ({ url, upstream }) => {
    const streamed = streamText({
      model: sdk(url)("up/up-1"),
      prompt: PROMPT,
      tools: { weather, now },
      stopWhen: stepCountIs(3),
    });
    assertEquals(await streamed.text, "28 at noon");
    assertEquals(upstream.asked[1]?.body.messages.slice(1), [
      {
        role: "assistant",
        content: null,
        tool_calls: [
          toolCall("c_a", "weather", '{"city":"Rome"}'),
          toolCall("c_b", "now", "{}"),
        ],
      },
      {
        role: "tool",
        tool_call_id: "c_a",
        content: '{"city":"Rome","degrees":28}',
      },
      { role: "tool", tool_call_id: "c_b", content: "noon" },
    ]);
  });
});

Deno.test("A28: ai: generateObject and Output.object give an object of the schema", async () => {
  await withMock(async ({ url }) => {
    const model = sdk(url)("mock/echo");
    const { object } = await generateObject({
      model,
      schema: CITY,
      prompt: PROMPT,
    });
    CITY.parse(object);
    const output = Output.object({ schema: CITY });
    CITY.parse((await generateText({ model, output, prompt: PROMPT })).output);
    CITY.parse(await streamText({ model, output, prompt: PROMPT }).output);
  });
});

Deno.test("ai: embeddings", async () => {
  await withMock(async ({ url }) => {
    const { embeddings, usage } = await embedMany({
      model: sdk(url).embeddingModel("mock/embed"),
      values: ["one", "two", "one"],
    });
    assertEquals(embeddings.map(({ length }) => length), [256, 256, 256]);
    assertEquals(embeddings[0], embeddings[2]);
    assert(usage.tokens > 0);
  });
});

for (const name of ["reasoning_content", "reasoning"]) {
  Deno.test(`J6, J12: ai: thought in ${name} is reasoning, and goes back with the tool's result`, async () => {
    const call = toolCall("c1", "now", "{}");
    await withGateway({
      answer: (_, number) =>
        number === 0
          ? completion({ [name]: "Hm", tool_calls: [call] }, "tool_calls")
          : completion({ [name]: "Aha", content: "noon" }),
    }, async ({ url, upstream }) => {
      const { steps, text } = await generateText({
        model: sdk(url)("up/up-1"),
        prompt: PROMPT,
        tools: { now },
        stopWhen: stepCountIs(3),
      });
      assertEquals(text, "noon");
      assertEquals(steps.map(({ reasoningText }) => reasoningText), [
        "Hm",
        "Aha",
      ]);
      assertEquals(
        upstream.asked[1]?.body.messages[1].reasoning_content,
        "Hm",
      );
    });
  });
}

Deno.test("K5: ai: the SDK takes a 429 for what it is, waits and tries again", async () => {
  const limited = () =>
    json({ error: { message: "Slow down" } }, {
      status: 429,
      headers: { "retry-after-ms": "20" },
    });
  await withGateway({
    answer: (_, number) =>
      number === 1 ? completion({ content: "28" }) : limited(),
  }, async ({ url }) => {
    const model = sdk(url)("up/up-1");
    const { text } = await generateText({ model, prompt: PROMPT });
    assertEquals(text, "28");
    const error = await assertRejects(
      () => generateText({ model, prompt: PROMPT, maxRetries: 0 }),
      APICallError,
    );
    assertEquals([error.statusCode, error.isRetryable], [429, true]);
    assertEquals(error.responseHeaders?.["retry-after-ms"], "20");
    assert(error.message.includes("Slow down"));
    const spent = await assertRejects(
      () => generateText({ model, prompt: PROMPT, maxRetries: 1 }),
      RetryError,
    );
    assertEquals(spent.errors.length, 2);
  });
});

Deno.test("K2, K3, K16: ai: errors that a retry can't mend are not retried", async () => {
  await withMock(async ({ url, log }) => {
    const cases: [string, number, boolean][] = [
      ["error-400", 400, false],
      ["error-401", 401, false],
      ["no-such", 404, false],
      ["error-500", 502, true],
    ];
    for (const [name, status, isRetryable] of cases) {
      const error = await assertRejects(
        () =>
          generateText({
            model: sdk(url)(`mock/${name}`),
            prompt: PROMPT,
            maxRetries: isRetryable ? 0 : 2,
          }),
        APICallError,
      );
      assertEquals([error.statusCode, error.isRetryable], [
        status,
        isRetryable,
      ]);
    }
    await logLine({ log }, cases.length - 1);
    assertEquals(log.length, cases.length);
  });
});

Deno.test("L4, J2: ai: an error in mid-stream is an error part, and the stream has no finish", async () => {
  const half = chunk({ role: "assistant", content: "Half" });
  const ends = ["", event({ error: { message: "Boom", code: 502 } })];
  for (const end of ends) {
    await withGateway(
      { answer: () => eventStream(half + end) },
      async ({ url }) => {
        const seen: string[] = [];
        const { stream } = streamText({
          model: sdk(url)("up/up-1"),
          prompt: PROMPT,
          onError: () => {},
        });
        let finish = "";
        for await (const part of stream) {
          seen.push(part.type);
          if (part.type === "finish") finish = part.finishReason;
        }
        assert(seen.includes("text-delta") && seen.includes("error"));
        assert(finish !== "stop");
      },
    );
  }
});

Deno.test("L1: ai: an abort closes the provider's stream", async () => {
  const gone = Promise.withResolvers<void>();
  async function* endless(): AsyncGenerator<string> {
    try {
      yield chunk({ role: "assistant", content: "1" });
      while (true) {
        yield chunk({ content: "." });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    } finally {
      gone.resolve();
    }
  }
  await withGateway(
    { answer: () => eventStream(endless()) },
    async (gateway) => {
      const controller = new AbortController();
      const { stream } = streamText({
        model: sdk(gateway.url)("up/up-1"),
        prompt: PROMPT,
        abortSignal: controller.signal,
      });
      const seen = new Set<string>();
      for await (const { type } of stream) {
        seen.add(type);
        if (type === "text-delta") controller.abort();
      }
      assert(seen.has("abort"));
      await gone.promise;
      assertEquals((await logLine(gateway)).error, "client_closed");
    },
  );
});

const CALLED: readonly Block[] = [
  { type: "thinking", thinking: "I ask for both", signature: "sig==" },
  { type: "text", text: "I look." },
  { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Rome" } },
  { type: "tool_use", id: "toolu_2", name: "now", input: {} },
];

Deno.test("C5, C42: ai: anthropic: a streamed tool loop with parallel calls", async () => {
  await withGateway({
    provider: ANTHROPIC,
    answer: (_, number) =>
      number === 0
        ? messageStream(CALLED, "tool_use")
        : messageStream([{ type: "text", text: "28 at noon" }]),
  }, async ({ url, upstream }) => {
    const streamed = streamText({
      model: sdk(url)(CLAUDE),
      system: "Be brief.",
      prompt: PROMPT,
      tools: { weather, now },
      toolChoice: "auto",
      stopWhen: stepCountIs(3),
      maxOutputTokens: 500,
      stopSequences: ["END"],
    });
    assertEquals(await streamed.text, "28 at noon");
    const [first] = await streamed.steps;
    assertEquals(first?.reasoningText, "I ask for both");
    assertEquals(first?.text, "I look.");
    assertEquals(first?.usage.inputTokens, 60);
    assertEquals(first?.usage.inputTokenDetails.cacheReadTokens, 20);
    const [one, two] = upstream.asked;
    const { messages, tools, ...rest } = one?.body ?? {};
    assertEquals(rest, {
      model: "claude-sonnet-4-5",
      max_tokens: 500,
      stream: true,
      system: [{ type: "text", text: "Be brief." }],
      tool_choice: { type: "auto" },
      stop_sequences: ["END"],
    });
    assertEquals(messages.length, 1);
    assertEquals(
      tools.map(({ name }: { name: string }) => name),
      ["weather", "now"],
    );
    assertEquals(two?.body.messages.slice(1), [
      // This SDK sends back no signatures: the gateway has kept them.
      { role: "assistant", content: CALLED },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "toolu_1",
            content: '{"city":"Rome","degrees":28}',
          },
          { type: "tool_result", tool_use_id: "toolu_2", content: "noon" },
        ],
      },
    ]);
  });
});

Deno.test("C12: ai: anthropic: a loop whose client lost its signatures goes on with manual thinking", async () => {
  await withGateway({
    provider: ANTHROPIC,
    answer: (_, number) =>
      number === 0
        ? message(CALLED, "tool_use")
        : message([{ type: "text", text: "28" }]),
  }, async ({ url, upstream }) => {
    const { text } = await generateText({
      model: sdk(url)(CLAUDE),
      prompt: PROMPT,
      tools: { weather, now },
      stopWhen: stepCountIs(3),
      providerOptions: { gateway: { reasoningEffort: "low" } },
    });
    assertEquals(text, "28");
    assertEquals(
      upstream.asked.map(({ body }) => body.thinking?.budget_tokens),
      [2_048, 2_048],
    );
    assertEquals(upstream.asked[1]?.body.messages[1].content, CALLED);
  });
});

Deno.test("C12: ai: anthropic: a loop whose signatures nobody has goes on without manual thinking", async () => {
  await withGateway({
    provider: ANTHROPIC,
    answer: () => message([{ type: "text", text: "28" }]),
  }, async ({ url, upstream }) => {
    const toolCallId = "toolu_of_yesterday";
    const { text } = await generateText({
      model: sdk(url)(CLAUDE),
      messages: [
        { role: "user", content: PROMPT },
        {
          role: "assistant",
          content: [{
            type: "tool-call",
            toolCallId,
            toolName: "now",
            input: {},
          }],
        },
        {
          role: "tool",
          content: [{
            type: "tool-result",
            toolCallId,
            toolName: "now",
            output: { type: "text", value: "noon" },
          }],
        },
      ],
      tools: { now },
      providerOptions: { gateway: { reasoningEffort: "low" } },
    });
    assertEquals(text, "28");
    assertEquals(upstream.asked[0]?.body.thinking, undefined);
  });
});

Deno.test("A28, A32: ai: anthropic: an object about a picture", async () => {
  const answer = '{"name":"Rome","people":2800000}';
  await withGateway({
    provider: ANTHROPIC,
    answer: () => message([{ type: "text", text: answer }]),
  }, async ({ url, upstream }) => {
    const { output } = await generateText({
      model: sdk(url)(CLAUDE),
      output: Output.object({ schema: CITY }),
      messages: [{
        role: "user",
        content: [{ type: "text", text: "Which city?" }, {
          type: "file",
          mediaType: "image/png",
          data: PIXEL,
        }],
      }],
    });
    assertEquals(output, { name: "Rome", people: 2_800_000 });
    const { body } = upstream.asked[0] ?? {};
    assertEquals(body.messages[0].content[1], {
      type: "image",
      source: { type: "base64", media_type: "image/png", data: PIXEL },
    });
    const { format } = body.output_config;
    assertEquals([format.type, format.schema.required], [
      "json_schema",
      ["name", "people"],
    ]);
  });
});

Deno.test("C29: ai: anthropic: a stream that breaks off is an error part", async () => {
  const [half = ""] = messageEvents([{ type: "text", text: "Half" }])
    .split("event: content_block_stop");
  await withGateway(
    { provider: ANTHROPIC, answer: () => eventStream(half) },
    async ({ url }) => {
      const { stream } = streamText({
        model: sdk(url)(CLAUDE),
        prompt: PROMPT,
        onError: () => {},
      });
      const types: string[] = [];
      for await (const { type } of stream) types.push(type);
      assert(types.includes("error"));
    },
  );
});
