import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
} from "@std/assert";
import * as z from "@zod/zod";
import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { eventStream, json } from "./_answering_upstream.ts";
import {
  CHAT_USAGE,
  chatStream,
  chunk,
  completion,
  completionBody,
  event,
  streamEnd,
  toolCall,
} from "./_chat_answers.ts";
import { logLine, withGateway, withMock } from "./_with_gateway.ts";

type Params = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "stream">;

const QUESTION = { role: "user", content: "What is 6 × 7, Ada?" } as const;
const ASK: Params = { model: "up/up-1", messages: [QUESTION] };
const PING: Params = {
  model: "mock/echo",
  messages: [{ role: "user", content: "ping one two three four" }],
};
const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function sdk(url: string, options: Record<string, unknown> = {}): OpenAI {
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "key-of-the-caller-0000",
    maxRetries: 0,
    ...options,
  });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

Deno.test("openai: a chat completion, and which provider answered it", async () => {
  await withMock(async ({ url }) => {
    const { data, response, request_id: id } = await sdk(url)
      .chat.completions.create(PING).withResponse();
    assertEquals(data.choices[0]?.message.content, "ping one two three four");
    assertEquals(data.choices[0]?.finish_reason, "stop");
    assertEquals(data.usage?.total_tokens, 12);
    assertMatch(id ?? "", /^req_[0-9a-f]{32}$/);
    assertEquals(response.headers.get("x-llm-proxy-provider"), "mock");
    assertEquals(response.headers.get("x-llm-proxy-model"), "echo");
  });
});

Deno.test("A1, A8, A9: openai: a stream is put together by the SDK's helper", async () => {
  await withMock(async ({ url }) => {
    const stream = sdk(url).chat.completions.stream(PING);
    const deltas: string[] = [];
    stream.on("content", (delta) => deltas.push(delta));
    const { choices, id, model } = await stream.finalChatCompletion();
    assertEquals(choices[0]?.message.content, "ping one two three four");
    assertEquals(deltas.join(""), "ping one two three four");
    assert(deltas.length > 3);
    assertMatch(id, /^chatcmpl-/);
    assertEquals(model, "echo");
  });
});

Deno.test("A4, A5: openai: usage comes once in a chunk of its own, and only where asked for", async () => {
  await withMock(async ({ url }) => {
    const ask = { ...PING, stream: true } as const;
    const { completions } = sdk(url).chat;
    const plain = await collect(await completions.create(ask));
    assert(plain.every(({ usage, choices }) => !usage && choices[0]));
    const asked = await collect(
      await completions.create({
        ...ask,
        stream_options: { include_usage: true },
      }),
    );
    const last = asked.pop();
    assertEquals([last?.choices, last?.usage?.total_tokens], [[], 12]);
    assert(asked.every(({ usage, choices }) => usage === null && choices[0]));
    assertEquals(asked.at(-1)?.choices[0]?.finish_reason, "stop");
  });
});

Deno.test("A6: openai: each of several choices keeps its index, whole and streamed", async () => {
  await withMock(async ({ url }) => {
    const { completions } = sdk(url).chat;
    const whole = await completions.create({ ...PING, n: 3 });
    assertEquals(whole.choices.map(({ index }) => index), [0, 1, 2]);
    const { choices } = await completions.stream({ ...PING, n: 3 })
      .finalChatCompletion();
    assertEquals(
      choices.map(({ index, message }) => [index, message.content]),
      [0, 1, 2].map((index) => [index, "ping one two three four"]),
    );
  });
});

Deno.test("A10, A23: openai: the SDK's tool runner goes a whole tool loop", async () => {
  const weather = zodFunction({
    name: "weather",
    parameters: z.object({ city: z.string(), days: z.number().int() }),
    function: ({ city, days }) => `sunny for ${typeof city} ${typeof days}`,
  });
  await withMock(async ({ url }) => {
    for (const stream of [false, true]) {
      const ask = { ...PING, model: "mock/tool", tools: [weather] };
      const { completions } = sdk(url).chat;
      const runner = stream
        ? completions.runTools({ ...ask, stream })
        : completions.runTools(ask);
      assertEquals(
        await runner.finalContent(),
        "The tool answered: sunny for string number",
      );
      assertEquals(runner.messages.map(({ role }) => role), [
        "user",
        "assistant",
        "tool",
        "assistant",
      ]);
    }
  });
});

Deno.test("A11, A13, A16: openai: interleaved parallel calls come apart, and finish as tool calls", async () => {
  const call = (index: number, id: string, name: string) => ({
    index,
    id,
    type: "function",
    function: { name, arguments: "" },
  });
  const piece = (index: number, text: string) => ({
    tool_calls: [{ index, function: { arguments: text } }],
  });
  const deltas = [
    { content: null, tool_calls: [call(1, "c_a", "add")] },
    { tool_calls: [call(2, "c_b", "sub")] },
    piece(2, '{"b"'),
    piece(1, '{"a":'),
    piece(2, ":2}"),
    piece(1, "1}"),
    { tool_calls: [call(3, "c_c", "now")] },
  ];
  const answer = () => chatStream(deltas, "stop");
  await withGateway({ answer }, async ({ url }) => {
    const { choices } = await sdk(url).chat.completions.stream(ASK)
      .finalChatCompletion();
    const [choice] = choices;
    assertEquals(choice?.finish_reason, "tool_calls");
    assertEquals(choice?.message.content, null);
    assertEquals(
      choice?.message.tool_calls?.map((call) =>
        call.type === "function" &&
        [call.id, call.function.name, call.function.arguments]
      ),
      [["c_a", "add", '{"a":1}'], ["c_b", "sub", '{"b":2}'], [
        "c_c",
        "now",
        "{}",
      ]],
    );
  });
});

Deno.test("A28: openai: parse() gives an object of the schema, whole and streamed", async () => {
  const city = z.object({
    name: z.string(),
    people: z.number().int(),
    kind: z.enum(["town", "city"]),
  });
  await withMock(async ({ url }) => {
    const ask = { ...PING, response_format: zodResponseFormat(city, "city") };
    const whole = await sdk(url).chat.completions.parse(ask);
    city.parse(whole.choices[0]?.message.parsed);
    const streamed = await sdk(url).chat.completions.stream(ask)
      .finalChatCompletion();
    city.parse(streamed.choices[0]?.message.parsed);
  });
});

Deno.test("openai: embeddings as numbers and as Base64 are the same", async () => {
  await withMock(async ({ url }) => {
    const { embeddings } = sdk(url);
    const ask = {
      model: "mock/embed",
      input: ["one", "two"],
      dimensions: 8,
    };
    const packed = await embeddings.create(ask);
    const plain = await embeddings.create({ ...ask, encoding_format: "float" });
    assertEquals(packed.data.map(({ index }) => index), [0, 1]);
    for (const [i, { embedding }] of plain.data.entries()) {
      assertEquals(embedding.length, 8);
      assertEquals(packed.data[i]?.embedding, embedding.map(Math.fround));
    }
    const raw = await embeddings.create({ ...ask, encoding_format: "base64" });
    assertEquals(typeof raw.data[0]?.embedding, "string");
  });
});

Deno.test("A25, A32: openai: pictures and unknown fields reach a provider of the same dialect unchanged", async () => {
  const answer = () => completion({ content: "A pixel" });
  await withGateway({ answer }, async ({ url, upstream }) => {
    const ask = {
      ...ASK,
      messages: [{
        role: "user",
        content: [
          { type: "text", text: "What is it?" },
          { type: "image_url", image_url: { url: PIXEL, detail: "low" } },
        ],
      }],
      logit_bias: { "50256": -100 },
      provider_extra: { deep: [1.5, null] },
    } as unknown as Params;
    const { choices } = await sdk(url).chat.completions.create(ask);
    assertEquals(choices[0]?.message.content, "A pixel");
    assertEquals(
      upstream.asked[0]?.text,
      JSON.stringify({ ...ask, model: "up-1" }),
    );
  });
});

Deno.test("A33, J5: openai: what a provider adds to its answer is kept", async () => {
  const extra = {
    provider: "P",
    citations: ["https://a.example"],
    usage: { ...CHAT_USAGE, cost: 0.00014 },
    prompt_filter_results: [{ prompt_index: 0 }],
  };
  const answer = () => completion({ content: "Hi" }, "stop", extra);
  await withGateway({ answer }, async ({ url }) => {
    const data = await sdk(url).chat.completions.create(ASK);
    assertEquals<unknown>(
      { ...data },
      completionBody(
        { content: "Hi" },
        "stop",
        extra,
      ),
    );
  });
});

for (const name of ["reasoning_content", "reasoning"]) {
  Deno.test(`J6, J12: openai: thought in ${name} comes through, and goes back with the tool's result`, async () => {
    const call = toolCall("c1", "look", '{"at":"x"}');
    await withGateway({
      answer: (_, number) =>
        number === 0
          ? completion(
            { [name]: "Let me see", tool_calls: [call] },
            "tool_calls",
          )
          : chatStream([{ [name]: "Now " }, { [name]: "I know" }, {
            content: "42",
          }]),
    }, async ({ url, upstream }) => {
      const { completions } = sdk(url).chat;
      const { choices: [choice] } = await completions.create(ASK);
      const message = choice?.message;
      assert(message);
      assertEquals<unknown>(Reflect.get(message, name), "Let me see");
      const result = {
        role: "tool",
        tool_call_id: "c1",
        content: "x",
      } as const;
      const chunks = await collect(
        await completions.create({
          ...ASK,
          messages: [QUESTION, message, result],
          stream: true,
        }),
      );
      const thought = chunks.map(({ choices: [choice] }) =>
        choice && Reflect.get(choice.delta, name)
      );
      assertEquals(thought.filter(Boolean).join(""), "Now I know");
      assertEquals(upstream.asked[1]?.body.messages, [
        QUESTION,
        {
          role: "assistant",
          content: null,
          [name]: "Let me see",
          tool_calls: [
            call,
          ],
        },
        result,
      ]);
    });
  });
}

Deno.test("J6: openai: thought that a client sends back in a plain turn breaks nothing", async () => {
  const answer = () => completion({ content: "42" });
  await withGateway({ answer }, async ({ url, upstream }) => {
    const earlier = {
      role: "assistant",
      content: "Yes",
      reasoning_content: "Hm",
    } as const;
    await sdk(url).chat.completions.create({
      ...ASK,
      messages: [QUESTION, earlier, QUESTION],
    });
    assertEquals(upstream.asked[0]?.body.messages[1], earlier);
  });
});

Deno.test("J27: openai: <think> in the text stays there", async () => {
  const text = "<think>Hm</think>\n42";
  await withGateway({
    answer: (_, number) =>
      number === 0
        ? completion({ content: text })
        : chatStream([{ content: "<thi" }, { content: "nk>Hm</think>\n42" }]),
  }, async ({ url }) => {
    const { completions } = sdk(url).chat;
    const whole = await completions.create(ASK);
    assertEquals(whole.choices[0]?.message.content, text);
    const streamed = await completions.stream(ASK).finalChatCompletion();
    assertEquals(streamed.choices[0]?.message.content, text);
  });
});

Deno.test("A3, L4: openai: a stream without its end is a failure for the SDK", async () => {
  const answer = () =>
    eventStream(chunk({ role: "assistant", content: "Half an" }));
  await withGateway({ answer }, async (gateway) => {
    const stream = await sdk(gateway.url).chat.completions.create({
      ...ASK,
      stream: true,
    });
    const error = await assertRejects(() => collect(stream), OpenAI.APIError);
    assertEquals(error.code, "upstream_stream_truncated");
    assertEquals((await logLine(gateway)).error, "upstream_stream_truncated");
  });
  await withMock(async ({ url }) => {
    const stream = sdk(url).chat.completions.stream({
      ...PING,
      model: "mock/cut",
    });
    await assertRejects(() => stream.finalChatCompletion(), OpenAI.APIError);
  });
});

Deno.test("L5: openai: a stream that fails before its first content is a plain error", async () => {
  const answers = [
    () => json({ error: { message: "Slow down" } }, { status: 429 }),
    () => eventStream(event({ error: { message: "Slow down", code: 429 } })),
    () =>
      eventStream(
        chunk({ role: "assistant", content: "" }) +
          event({ error: { message: "Slow down", code: 429 } }),
      ),
    () => json({ error: { message: "Slow down", code: 429 } }),
  ];
  for (const answer of answers) {
    await withGateway({
      provider: "name: up, type: openai_compatible, max_retries: 0",
      answer,
    }, async ({ url }) => {
      const error = await assertRejects(
        () => sdk(url).chat.completions.create({ ...ASK, stream: true }),
        OpenAI.RateLimitError,
      );
      assertEquals([error.status, error.code], [429, "rate_limit_exceeded"]);
      assert(error.message.includes("Slow down"));
    });
  }
});

Deno.test("K5, K23: openai: the SDK waits as the provider asks and tries again", async () => {
  const late = json({ error: { message: "Slow down" } }, {
    status: 429,
    headers: {
      "retry-after": "20",
      "retry-after-ms": "30",
      "x-ratelimit-remaining-requests": "0",
    },
  });
  await withGateway({
    provider: "name: up, type: openai_compatible, max_retries: 0",
    answer: (_, number) => number === 0 ? late : completion({ content: "42" }),
  }, async (gateway) => {
    const { url, upstream } = gateway;
    const start = performance.now();
    const { choices } = await sdk(url, { maxRetries: 1 })
      .chat.completions.create(ASK, { idempotencyKey: "once" });
    assertEquals(choices[0]?.message.content, "42");
    assert(performance.now() - start < 5_000);
    assertEquals(upstream.asked.length, 2);
    assertEquals((await logLine(gateway, 0)).status, 429);
    assertEquals((await logLine(gateway, 1)).status, 200);
  });
});

Deno.test("K5, K13: openai: Retry-After and the limits are on the error", async () => {
  const when = "Wed, 21 Oct 2026 07:28:00 GMT";
  const answer = () =>
    json({ error: { message: "Slow down", type: "tokens" } }, {
      status: 429,
      headers: {
        "retry-after": when,
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s",
      },
    });
  await withGateway({ answer }, async ({ url }) => {
    const error = await assertRejects(
      () => sdk(url).chat.completions.create(ASK),
      OpenAI.RateLimitError,
    );
    assertEquals(error.headers.get("retry-after"), when);
    assertEquals(error.headers.get("x-ratelimit-remaining-tokens"), "0");
    assertEquals(error.headers.get("x-ratelimit-reset-tokens"), "6m0s");
    assertMatch(error.requestID ?? "", /^req_/);
  });
});

Deno.test("K2, K3, K10, K16: openai: each status of the provider is its class in the SDK", async () => {
  await withMock(async ({ url }) => {
    const classes: [string, new () => unknown, number, string][] = [
      ["error-400", OpenAI.BadRequestError, 400, "invalid_request"],
      [
        "error-401",
        OpenAI.AuthenticationError,
        401,
        "upstream_authentication_failed",
      ],
      [
        "error-403",
        OpenAI.PermissionDeniedError,
        403,
        "upstream_permission_denied",
      ],
      ["no-such", OpenAI.NotFoundError, 404, "model_not_found"],
      [
        "error-422",
        OpenAI.UnprocessableEntityError,
        422,
        "invalid_request",
      ],
      ["error-429", OpenAI.RateLimitError, 429, "rate_limit_exceeded"],
      ["error-500", OpenAI.InternalServerError, 502, "upstream_error"],
      ["error-503", OpenAI.InternalServerError, 503, "overloaded"],
    ] as never;
    for (const [model, type, status, code] of classes) {
      for (const stream of [false, true]) {
        const error = await assertRejects(
          () =>
            sdk(url).chat.completions.create({
              ...PING,
              model: `mock/${model}`,
              stream,
            }),
          OpenAI.APIError,
          "",
          model,
        );
        assertInstanceOf(error, type, model);
        assertEquals([error.status, error.code], [status, code], model);
      }
    }
  });
});

Deno.test("K3, K16: openai: a bad key of the caller is told apart from a bad key of the gateway", async () => {
  const answer = () =>
    json({ error: { message: "Incorrect key sk-up", code: "bad" } }, {
      status: 401,
    });
  const config = "auth: {api_keys: [{name: t, key: key-of-the-caller-0000}]}\n";
  await withGateway({ answer, config }, async ({ url, upstream }) => {
    const code = async (apiKey: string) => {
      const error = await assertRejects(
        () => sdk(url, { apiKey }).chat.completions.create(ASK),
        OpenAI.AuthenticationError,
      );
      assert(!error.message.includes("sk-up"));
      return error.code;
    };
    assertEquals(await code("another-key-000000"), "invalid_api_key");
    assertEquals(upstream.asked.length, 0);
    assertEquals(
      await code("key-of-the-caller-0000"),
      "upstream_authentication_failed",
    );
  });
});

Deno.test("L1, L2: openai: an abort closes the provider's stream at once and is logged with what is known", async () => {
  const gone = Promise.withResolvers<void>();
  async function* endless(): AsyncGenerator<string> {
    try {
      yield chunk({ role: "assistant", content: "1" }, null, {
        usage: CHAT_USAGE,
      });
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
      const stream = await sdk(gateway.url).chat.completions.create({
        ...ASK,
        stream: true,
      });
      for await (const { choices } of stream) {
        if (choices[0]?.delta.content === ".") break;
      }
      stream.controller.abort();
      await gone.promise;
      const { error, input_tokens: input, finish } = await logLine(gateway);
      assertEquals([error, input, finish], ["client_closed", 11, undefined]);
    },
  );
});

Deno.test("L1: openai: an abort before the answer closes the provider's exchange", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  const never = new Promise<Response>(() => {});
  await withGateway({
    answer: ({ gone }) => {
      asked.resolve(gone);
      return Promise.race([
        never,
        new Promise<Response>((resolve) => {
          gone.addEventListener("abort", () => resolve(new Response()));
        }),
      ]);
    },
  }, async (gateway) => {
    const controller = new AbortController();
    const { signal } = controller;
    const answer = sdk(gateway.url).chat.completions.create(ASK, { signal });
    const failed = assertRejects(() => answer, OpenAI.APIUserAbortError);
    const gone = await asked.promise;
    controller.abort();
    await failed;
    if (!gone.aborted) {
      await new Promise((resolve) => gone.addEventListener("abort", resolve));
    }
    assertEquals((await logLine(gateway)).error, "client_closed");
  });
});

Deno.test("openai: models are listed, and one is found by its address", async () => {
  await withMock(async ({ url }) => {
    const { models } = sdk(url);
    const listed = await collect(models.list());
    assert(listed.some(({ id }) => id === "mock/echo"));
    for (const { object, created, owned_by: owner } of listed) {
      assertEquals([object, typeof created, typeof owner], [
        "model",
        "number",
        "string",
      ]);
    }
    assertEquals((await models.retrieve("mock/echo")).id, "mock/echo");
    const error = await assertRejects(
      () => models.retrieve("mock/none"),
      OpenAI.NotFoundError,
    );
    assertEquals(error.code, "model_not_found");
  });
});

Deno.test("A18, J8, J13: openai: counts in a provider's own way are right in the log", async () => {
  const usage = {
    prompt_tokens: 12,
    completion_tokens: 1,
    total_tokens: 303,
    prompt_cache_hit_tokens: 4,
    completion_tokens_details: { reasoning_tokens: 290 },
  };
  const answer = () =>
    eventStream(
      chunk({ role: "assistant", content: "Hi" }) +
        chunk({}, "stop", { usage }) + "data: [DONE]\n\n",
    );
  await withGateway({ answer }, async (gateway) => {
    const { url } = gateway;
    const chunks = await collect(
      await sdk(url).chat.completions.create({
        ...ASK,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    assertEquals(chunks.at(-1)?.choices, []);
    assertEquals<unknown>(chunks.at(-1)?.usage, {
      ...usage,
      prompt_tokens_details: { cached_tokens: 4 },
    });
    assertEquals(chunks.filter(({ usage }) => usage).length, 1);
    const line = await logLine(gateway);
    assertEquals(
      [
        line.input_tokens,
        line.cached_tokens,
        line.output_tokens,
        line.reasoning_tokens,
      ],
      [12, 4, 291, 290],
    );
  });
});

Deno.test("A2: openai: a provider that never sends [DONE] is read to its end", async () => {
  const provider = "name: up, type: openai_compatible, stream_end: finish";
  const answer = () =>
    eventStream(
      chunk({ role: "assistant", content: "Hi" }) +
        streamEnd().replace("data: [DONE]\n\n", ""),
    );
  await withGateway({ answer, provider }, async ({ url }) => {
    const { choices } = await sdk(url).chat.completions.stream(ASK)
      .finalChatCompletion();
    assertEquals(choices[0]?.finish_reason, "stop");
  });
});
