import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { CohereClientV2 } from "cohere-ai";
import OpenAI from "openai";
import { type Answering, eventStream, json } from "./_answering_upstream.ts";
import { type Running, withGateway } from "./_with_gateway.ts";

const COHERE = "name: co, type: cohere, api_key: key-of-the-gateway-0000";
const OLLAMA = "name: ol, type: ollama";

function sdk(url: string): OpenAI {
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "key-of-the-caller-0000",
    maxRetries: 0,
  });
}

function tool(name: string): OpenAI.ChatCompletionTool {
  return {
    type: "function",
    function: { name, parameters: { type: "object", properties: {} } },
  };
}

const ASK: OpenAI.ChatCompletionCreateParamsNonStreaming = {
  model: "co/command",
  messages: [{ role: "user", content: "How warm?" }],
};

const COHERE_USAGE = {
  billed_units: { input_tokens: 5, output_tokens: 6 },
  tokens: { input_tokens: 70, output_tokens: 9 },
  cached_tokens: 64,
};

/** Events of an answer that plans, calls two tools, one of them without arguments. */
const CALLING = [
  {
    type: "message-start",
    id: "c-1",
    delta: { message: { role: "assistant" } },
  },
  { type: "tool-plan-delta", delta: { message: { tool_plan: "I will " } } },
  { type: "tool-plan-delta", delta: { message: { tool_plan: "look." } } },
  callStart(0, "weather_1", "weather"),
  callDelta(0, '{"city":'),
  callDelta(0, '"Rome"}'),
  { type: "tool-call-end", index: 0 },
  callStart(1, "now_2", "now"),
  { type: "tool-call-end", index: 1 },
  {
    type: "message-end",
    delta: { finish_reason: "TOOL_CALL", usage: COHERE_USAGE },
  },
];

/** Events of an answer that thinks, speaks and cites. */
const SPEAKING = [
  {
    type: "message-start",
    id: "c-2",
    delta: { message: { role: "assistant" } },
  },
  content("content-start", 0, { type: "thinking", thinking: "" }),
  content("content-delta", 0, { thinking: "Rome is south" }),
  { type: "content-end", index: 0 },
  content("content-start", 1, { type: "text", text: "" }),
  content("content-delta", 1, { text: "28 " }),
  {
    type: "citation-start",
    index: 0,
    delta: {
      message: { citations: { start: 0, end: 2, text: "28", sources: [] } },
    },
  },
  { type: "citation-end", index: 0 },
  content("content-delta", 1, { text: "degrees" }),
  { type: "content-end", index: 1 },
  {
    type: "message-end",
    delta: { finish_reason: "MAX_TOKENS", usage: COHERE_USAGE },
  },
];

function content(type: string, index: number, content: object): object {
  return { type, index, delta: { message: { content } } };
}

function callStart(index: number, id: string, name: string): object {
  const toolCalls = {
    id,
    type: "function",
    function: { name, arguments: "" },
  };
  return {
    type: "tool-call-start",
    index,
    delta: { message: { tool_calls: toolCalls } },
  };
}

function callDelta(index: number, text: string): object {
  const toolCalls = { function: { arguments: text } };
  return {
    type: "tool-call-delta",
    index,
    delta: { message: { tool_calls: toolCalls } },
  };
}

function sse(events: readonly object[], end = "data: [DONE]\n\n"): string {
  return events.map((event) =>
    `event: ${Reflect.get(event, "type")}\ndata: ${JSON.stringify(event)}\n\n`
  ).join("") + end;
}

function withCohere(
  answer: Answering,
  use: (running: Running, client: OpenAI) => Promise<void>,
): Promise<void> {
  return withGateway(
    { answer, provider: COHERE },
    (running) => use(running, sdk(running.url)),
  );
}

/** What a stream of chat chunks comes to. */
async function collect(
  stream: AsyncIterable<OpenAI.ChatCompletionChunk>,
): Promise<{
  text: string;
  thought: string;
  calls: string[][];
  finish: string | null | undefined;
  usage: OpenAI.CompletionUsage | null | undefined;
}> {
  let [text, thought] = ["", ""];
  const calls: string[][] = [];
  let finish: string | null | undefined;
  let usage: OpenAI.CompletionUsage | null | undefined;
  for await (const chunk of stream) {
    const [choice] = chunk.choices;
    text += choice?.delta.content ?? "";
    thought += Reflect.get(choice?.delta ?? {}, "reasoning_content") ?? "";
    for (const call of choice?.delta.tool_calls ?? []) {
      const row = calls[call.index] ??= [
        call.id ?? "",
        call.function?.name ?? "",
        "",
      ];
      row[2] += call.function?.arguments ?? "";
    }
    finish = choice?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  return { text, thought, calls, finish, usage };
}

Deno.test("G1, G2, G3, G4, G5, G6: a chat client reads what Cohere's own client reads of a stream", async () => {
  for (const events of [CALLING, SPEAKING]) {
    await withCohere(
      () => eventStream(sse(events)),
      async (running, client) => {
        const own = new CohereClientV2({
          token: "t",
          environment: running.upstream.origin,
        });
        let [text, thought, plan] = ["", "", ""];
        const calls: string[][] = [];
        let reason: string | undefined;
        for await (
          const event of await own.chatStream({
            model: "command",
            messages: [{ role: "user", content: "How warm?" }],
          })
        ) {
          if (event.type === "content-delta") {
            text += event.delta?.message?.content?.text ?? "";
            thought += event.delta?.message?.content?.thinking ?? "";
          } else if (event.type === "tool-plan-delta") {
            plan += event.delta?.message?.toolPlan ?? "";
          } else if (event.type === "tool-call-start") {
            const call = event.delta?.message?.toolCalls;
            calls.push([call?.id ?? "", call?.function?.name ?? "", ""]);
          } else if (event.type === "tool-call-delta") {
            const call = calls.at(-1);
            if (call) {
              call[2] += event.delta?.message?.toolCalls?.function?.arguments ??
                "";
            }
          } else if (event.type === "message-end") {
            reason = event.delta?.finishReason;
          }
        }
        const read = await collect(
          await client.chat.completions.create({
            ...ASK,
            stream: true,
            stream_options: { include_usage: true },
          }),
        );
        assertEquals(read.text, text);
        assertEquals(read.thought, plan + thought);
        // A call without arguments has an empty object here (A13).
        assertEquals(
          read.calls,
          calls.map(([id = "", name = "", text]) => [id, name, text || "{}"]),
        );
        assertEquals(
          read.finish,
          reason === "TOOL_CALL" ? "tool_calls" : "length",
        );
        assertEquals(
          [
            read.usage?.prompt_tokens,
            read.usage?.completion_tokens,
            read.usage?.prompt_tokens_details?.cached_tokens,
          ],
          [70, 9, 64],
        );
      },
    );
  }
});

Deno.test("G3, G7, G8, G10, G11, G12, N5: a chat request as Cohere takes it", async () => {
  const whole = {
    id: "c-3",
    finish_reason: "STOP_SEQUENCE",
    message: {
      role: "assistant",
      content: [{ type: "text", text: "ok" }],
      citations: [{ start: 0, end: 2, text: "ok", sources: [] }],
    },
    usage: COHERE_USAGE,
  };
  await withCohere(() => json(whole), async ({ upstream }, client) => {
    const { data, response } = await client.chat.completions.create({
      ...ASK,
      messages: [
        { role: "developer", content: "Be brief" },
        { role: "user", content: "How warm?" },
        Object.assign({
          role: "assistant" as const,
          content: null,
          tool_calls: [{
            id: "call_1",
            type: "function" as const,
            function: { name: "weather", arguments: "" },
          }],
        }, { reasoning_content: "I will look." }),
        { role: "tool", tool_call_id: "call_1", content: "28" },
      ],
      tools: [tool("weather"), tool("now")],
      tool_choice: { type: "function", function: { name: "weather" } },
      response_format: {
        type: "json_schema",
        json_schema: { name: "x", schema: { type: "object" } },
      },
      temperature: 1.5,
      top_p: 0.5,
      stop: ["END"],
      seed: 7,
      max_completion_tokens: 9,
      user: "u",
    }).withResponse();
    assertEquals(
      [data.choices[0]?.message.content, data.choices[0]?.finish_reason],
      ["ok", "stop"],
    );
    assertEquals(data.model, "command");
    const losses = response.headers.get("x-llm-proxy-loss") ?? "";
    for (const field of ["citations", "temperature", "user"]) {
      assertMatch(losses, new RegExp(field));
    }
    const [{ path, body, headers } = {}] = upstream.asked;
    assertEquals(path, "/v1/chat");
    assertEquals(headers?.authorization, "Bearer key-of-the-gateway-0000");
    assertEquals(body, {
      model: "command",
      messages: [
        { role: "system", content: "Be brief" },
        { role: "user", content: "How warm?" },
        {
          role: "assistant",
          tool_plan: "I will look.",
          tool_calls: [{
            id: "call_1",
            type: "function",
            function: { name: "weather", arguments: "{}" },
          }],
        },
        { role: "tool", tool_call_id: "call_1", content: "28" },
      ],
      tools: [{
        type: "function",
        function: {
          name: "weather",
          parameters: { type: "object", properties: {} },
        },
      }],
      tool_choice: "REQUIRED",
      response_format: { type: "json_object", json_schema: { type: "object" } },
      max_tokens: 9,
      temperature: 1,
      p: 0.5,
      seed: 7,
      stop_sequences: ["END"],
      stream: false,
    });
  });
});

Deno.test("G9: Cohere's errors keep their class", async () => {
  const cases = [
    [
      401,
      { message: "invalid api token sk-1" },
      401,
      "upstream_authentication_failed",
    ],
    [
      404,
      { id: "x", message: "model 'command-old' not found" },
      404,
      "model_not_found",
    ],
    [
      400,
      { message: "too many tokens: size limit exceeded" },
      400,
      "context_length_exceeded",
    ],
    [
      422,
      { message: "invalid tool", error_type: "X" },
      422,
      "invalid_request_error",
    ],
    [429, { message: "Please wait" }, 429, "rate_limit_exceeded"],
  ] as const;
  for (const [status, body, told, code] of cases) {
    await withCohere(() => json(body, { status }), async (_, client) => {
      const error = await assertRejects(
        () => client.chat.completions.create(ASK),
        OpenAI.APIError,
      );
      assertEquals([error.status, error.code], [told, code]);
      assert(!error.message.includes("sk-1"));
    });
  }
});

Deno.test("A3, L4: a Cohere stream without its end, or with an error, is no answer", async () => {
  const failed = {
    type: "message-end",
    delta: { finish_reason: "ERROR", error: "internal" },
  };
  for (const last of [[], [failed]]) {
    const events = [...SPEAKING.slice(0, -1), ...last];
    await withCohere(
      () => eventStream(sse(events, "")),
      async (_, client) => {
        await assertRejects(
          async () =>
            await collect(
              await client.chat.completions.create({ ...ASK, stream: true }),
            ),
          OpenAI.APIError,
        );
      },
    );
  }
});

Deno.test("Cohere embeds and ranks for clients of either API", async () => {
  await withCohere(({ path }) =>
    json(
      path.endsWith("/embed")
        ? {
          embeddings: { float: [[1, 2], [3, 4]] },
          meta: { billed_units: { input_tokens: 4 } },
        }
        : { results: [{ index: 1, relevance_score: 0.9 }] },
    ), async ({ url, upstream }, client) => {
    const { data, usage } = await client.embeddings.create({
      model: "co/embed-v4",
      input: ["a", "b"],
      encoding_format: "float",
    });
    assertEquals(data.map(({ embedding }) => embedding), [[1, 2], [3, 4]]);
    assertEquals(usage.total_tokens, 4);
    const response = await fetch(`${url}/v1/rerank`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "co/rerank",
        query: "q",
        documents: [{ text: "a" }, "b"],
        return_documents: true,
      }),
    });
    assertEquals((await response.json()).results[0].index, 1);
    const [embed, rank] = upstream.asked;
    assertEquals([embed?.path, embed?.body.texts], ["/v1/embed", ["a", "b"]]);
    assertEquals([rank?.path, rank?.body], ["/v1/rerank", {
      model: "rerank",
      query: "q",
      documents: ["a", "b"],
    }]);
  });
});

const LINES = [
  {
    model: "q",
    message: { role: "assistant", content: "", thinking: "Rome " },
    done: false,
  },
  {
    model: "q",
    message: { role: "assistant", content: "", thinking: "is south" },
    done: false,
  },
  { model: "q", message: { role: "assistant", content: "Let " }, done: false },
  {
    model: "q",
    message: { role: "assistant", content: "me look" },
    done: false,
  },
  {
    model: "q",
    message: {
      role: "assistant",
      content: "",
      tool_calls: [
        { function: { name: "weather", arguments: { city: "Rome" } } },
        { function: { index: 0, name: "now", arguments: {} } },
      ],
    },
    done: false,
  },
  {
    model: "q",
    message: { role: "assistant", content: "" },
    done: true,
    done_reason: "stop",
    prompt_eval_count: 11,
    eval_count: 5,
  },
];

function ndjson(lines: readonly object[], end = "\n"): Response {
  const text = lines.map((line) => JSON.stringify(line)).join("\n\n") + end;
  return new Response(text, {
    headers: { "content-type": "application/x-ndjson" },
  });
}

function withOllama(
  answer: Answering,
  use: (running: Running, client: OpenAI) => Promise<void>,
): Promise<void> {
  return withGateway(
    { answer, provider: OLLAMA },
    (running) => use(running, sdk(running.url)),
  );
}

const LOCAL = { ...ASK, model: "ol/q" };

Deno.test("I1, I2, I3, I4, M17: a chat client reads Ollama's stream of lines", async () => {
  for (const end of ["\n", ""]) {
    await withOllama(() => ndjson(LINES, end), async ({ upstream }, client) => {
      const read = await collect(
        await client.chat.completions.create({
          ...LOCAL,
          stream: true,
          stream_options: { include_usage: true },
        }),
      );
      assertEquals([read.thought, read.text], ["Rome is south", "Let me look"]);
      assertEquals(
        read.calls.map(([, name, text]) => [name, text]),
        [["weather", '{"city":"Rome"}'], ["now", "{}"]],
      );
      for (const [id = ""] of read.calls) assertMatch(id, /^call_\w{24}$/);
      assertEquals(read.finish, "tool_calls");
      assertEquals(read.usage?.total_tokens, 16);
      assertEquals(upstream.asked[0]?.path, "/api/chat");
      assertEquals(upstream.asked[0]?.body.stream, true);
    });
  }
});

Deno.test("I1, I5, I7, I10: a chat request as Ollama takes it", async () => {
  const whole = {
    model: "q",
    message: { role: "assistant", content: "ok", thinking: "hm" },
    done: true,
    done_reason: "length",
    eval_count: 5,
  };
  await withOllama(() => json(whole), async ({ upstream }, client) => {
    const { data, response } = await client.chat.completions.create({
      ...LOCAL,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Look" },
            {
              type: "image_url",
              image_url: { url: "data:image/png;base64,iVBORw==" },
            },
          ],
        },
        {
          role: "assistant",
          content: "I look",
          tool_calls: [{
            id: "call_1",
            type: "function",
            function: { name: "weather", arguments: '{"city":"Rome"}' },
          }],
        },
        { role: "tool", tool_call_id: "call_1", content: "28" },
      ],
      response_format: {
        type: "json_schema",
        json_schema: { name: "x", schema: { type: "object" } },
      },
      reasoning_effort: "high",
      max_tokens: 9,
      temperature: 0.5,
      stop: "END",
      logit_bias: { "1": 2 },
    }).withResponse();
    const [choice] = data.choices;
    assertEquals([choice?.message.content, choice?.finish_reason], [
      "ok",
      "length",
    ]);
    assertEquals(data.usage?.completion_tokens, 5);
    const losses = response.headers.get("x-llm-proxy-loss") ?? "";
    // I4: a count that is missing is a guess.
    for (const field of ["logit_bias", "reasoning_effort", "input_tokens"]) {
      assertMatch(losses, new RegExp(field));
    }
    assertEquals(upstream.asked[0]?.body, {
      model: "q",
      messages: [
        { role: "user", content: "Look", images: ["iVBORw=="] },
        {
          role: "assistant",
          content: "I look",
          tool_calls: [{
            id: "call_1",
            function: {
              index: 0,
              name: "weather",
              arguments: { city: "Rome" },
            },
          }],
        },
        {
          role: "tool",
          content: "28",
          tool_call_id: "call_1",
          tool_name: "weather",
        },
      ],
      format: { type: "object" },
      think: true,
      options: { num_predict: 9, temperature: 0.5, stop: ["END"] },
      stream: false,
    });
    await assertRejects(
      () =>
        client.chat.completions.create({
          ...LOCAL,
          messages: [{
            role: "user",
            content: [{
              type: "image_url",
              image_url: { url: "https://example.com/a.png" },
            }],
          }],
        }),
      OpenAI.BadRequestError,
      "address",
    );
  });
});

Deno.test("I8, I9, L4: Ollama's errors are errors, wherever they come", async () => {
  const gone = { error: "model 'q' not found, try pulling it first" };
  await withOllama(() => json(gone, { status: 404 }), async (_, client) => {
    const error = await assertRejects(
      () => client.chat.completions.create(LOCAL),
      OpenAI.NotFoundError,
    );
    assertEquals(error.code, "model_not_found");
  });
  const broken = [
    [...LINES.slice(0, 3), { error: "an error was encountered" }],
    LINES.slice(0, 3),
  ];
  for (const lines of broken) {
    await withOllama(() => ndjson(lines), async (_, client) => {
      await assertRejects(
        async () =>
          await collect(
            await client.chat.completions.create({ ...LOCAL, stream: true }),
          ),
        OpenAI.APIError,
      );
    });
  }
  await withOllama(
    () => ndjson([{ error: "server busy, please try again" }]),
    async (_, client) => {
      const error = await assertRejects(
        () => client.chat.completions.create({ ...LOCAL, stream: true }),
        OpenAI.APIError,
      );
      // L5: nothing has been said yet.
      assertEquals(error.status, 503);
    },
  );
});

Deno.test("Ollama embeds, and lists its models by name", async () => {
  await withOllama(({ path }) =>
    json(
      path === "/api/tags"
        ? { models: [{ name: "q:latest" }, { name: "e" }] }
        : { model: "e", embeddings: [[1, 2]], prompt_eval_count: 3 },
    ), async (_, client) => {
    const { data, usage } = await client.embeddings.create({
      model: "ol/e",
      input: "a",
      encoding_format: "float",
    });
    assertEquals([data[0]?.embedding, usage.prompt_tokens], [[1, 2], 3]);
    const models = await client.models.list();
    assertEquals(models.data.map(({ id }) => id), ["ol/q:latest", "ol/e"]);
  });
});
