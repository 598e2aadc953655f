import { assert, assertEquals, assertRejects } from "@std/assert";
import * as z from "@zod/zod";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import type { Asked } from "./_answering_upstream.ts";
import { eventStream, json } from "./_answering_upstream.ts";
import {
  type Block,
  event,
  message,
  messageEvents,
  messageStream,
} from "./_message_answers.ts";
import {
  ANTHROPIC,
  logLine,
  type Running,
  withGateway,
} from "./_with_gateway.ts";

type Params = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "stream">;

const QUESTION = { role: "user", content: "How warm is it in Rome?" } as const;
const ASK: Params = { model: "claude/claude-sonnet-4-5", messages: [QUESTION] };
const WEATHER = {
  type: "function",
  function: {
    name: "weather",
    description: "Tells the weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
    },
  },
} as const;
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ";
const CALLED: readonly Block[] = [
  { type: "text", text: "I look." },
  { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Rome" } },
  { type: "tool_use", id: "toolu_2", name: "now", input: {} },
];

function sdk(url: string, maxRetries = 0): OpenAI {
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "key-of-the-caller-0000",
    maxRetries,
  });
}

/** Answers each request with the blocks of its number: as a stream where one is asked for. */
function answers(
  ...turns: readonly (readonly Block[])[]
): (asked: Asked, number: number) => Response {
  return ({ body }, number) => {
    const content = turns[Math.min(number, turns.length - 1)] ?? [];
    const isCall = content.some(({ type }) => type === "tool_use");
    const reason = isCall ? "tool_use" : "end_turn";
    return body.stream === true
      ? messageStream(content, reason)
      : message(content, reason);
  };
}

const HELLO = answers([{ type: "text", text: "Hello!" }]);

/** Asks once and gives what arrived at the provider. */
async function arrived(
  ask: Partial<Params> & Record<string, unknown>,
  use: (running: Running, response: Response) => Promise<void> = async () => {},
): Promise<Asked> {
  let asked: Asked | undefined;
  await withGateway({ answer: HELLO, provider: ANTHROPIC }, async (running) => {
    const { response } = await sdk(running.url).chat.completions
      .create({ ...ASK, ...ask }).withResponse();
    asked = running.upstream.asked[0];
    await use(running, response);
  });
  assert(asked);
  return asked;
}

Deno.test("C2, K21: anthropic: the least request arrives as these bytes, with the gateway's own key", async () => {
  const { method, path, headers, text } = await arrived({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "developer", content: "In English." },
      QUESTION,
    ],
  });
  assertEquals([method, path], ["POST", "/v1/messages"]);
  assertEquals(
    text,
    '{"model":"claude-sonnet-4-5","max_tokens":21333,' +
      '"system":[{"type":"text","text":"Be brief."},{"type":"text","text":"In English."}],' +
      '"messages":[{"role":"user","content":[{"type":"text","text":"How warm is it in Rome?"}]}]}',
  );
  assertEquals(headers["x-api-key"], "key-of-the-gateway-0000");
  assertEquals(headers["anthropic-version"], "2023-06-01");
  assertEquals(headers["authorization"], undefined);
  assert(!JSON.stringify(headers).includes("key-of-the-caller"));
});

Deno.test("A1, A4, A8, A9, C35: anthropic: an answer is the same whole and streamed", async () => {
  const content: readonly Block[] = [
    { type: "thinking", thinking: "Warm, I think", signature: "sig==" },
    ...CALLED,
  ];
  await withGateway(
    { answer: answers(content), provider: ANTHROPIC },
    async ({ url }) => {
      const { completions } = sdk(url).chat;
      const whole = await completions.create(ASK);
      const streamed = await completions.stream({
        ...ASK,
        stream_options: { include_usage: true },
      }).finalChatCompletion();
      for (const { id, model, choices: [choice], usage } of [whole, streamed]) {
        assertEquals([id, model], ["msg_up", "claude-up"]);
        assertEquals(choice?.finish_reason, "tool_calls");
        assertEquals(choice?.message.content, "I look.");
        assertEquals(
          choice?.message.tool_calls?.map((call) =>
            call.type === "function" &&
            [call.id, call.function.name, call.function.arguments]
          ),
          [
            ["toolu_1", "weather", '{"city":"Rome"}'],
            ["toolu_2", "now", "{}"],
          ],
        );
        assertEquals(
          [
            usage?.prompt_tokens,
            usage?.prompt_tokens_details?.cached_tokens,
            usage?.completion_tokens,
            usage?.total_tokens,
          ],
          [60, 20, 7, 67],
        );
      }
    },
  );
});

Deno.test("A1, A2, A5: anthropic: a stream ends with one [DONE] and tells no usage that nobody asked for", async () => {
  await withGateway(
    { answer: answers(CALLED), provider: ANTHROPIC },
    async ({ url }) => {
      const answer = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...ASK, stream: true }),
      });
      const text = await answer.text();
      assert(text.endsWith("data: [DONE]\n\n"));
      assertEquals(text.split("[DONE]").length, 2);
      assert(!text.includes('"usage"') && !text.includes('"choices":[]'));
      assertEquals(text.split('"role":"assistant"').length, 2);
    },
  );
});

Deno.test("A7: anthropic: several choices are refused before the provider is asked", async () => {
  await withGateway({ answer: HELLO, provider: ANTHROPIC }, async (running) => {
    const error = await assertRejects(
      () => sdk(running.url).chat.completions.create({ ...ASK, n: 2 }),
      OpenAI.BadRequestError,
    );
    assertEquals([error.param, error.code], ["n", "unsupported_parameter"]);
    assertEquals(running.upstream.asked.length, 0);
  });
});

Deno.test("C5, C6, C9, C42: anthropic: a tool loop by hand, with parallel calls answered in another order", async () => {
  const done: Block = { type: "text", text: "28 degrees" };
  await withGateway(
    { answer: answers(CALLED, [done]), provider: ANTHROPIC },
    async ({ url, upstream }) => {
      const { completions } = sdk(url).chat;
      const tools = [WEATHER, {
        type: "function" as const,
        function: { name: "now" },
      }];
      const first = await completions.create({
        ...ASK,
        tools,
        tool_choice: "required",
      });
      const echoed = first.choices[0]?.message;
      assert(echoed);
      const second = await completions.create({
        ...ASK,
        tools,
        parallel_tool_calls: false,
        messages: [
          QUESTION,
          echoed,
          { role: "tool", tool_call_id: "toolu_2", content: "noon" },
          {
            role: "tool",
            tool_call_id: "toolu_1",
            content: [{ type: "text", text: "28" }, {
              type: "text",
              text: "sunny",
            }],
          },
          { role: "user", content: "In short." },
        ],
      });
      assertEquals(second.choices[0]?.message.content, "28 degrees");
      assertEquals(second.choices[0]?.finish_reason, "stop");
      const [one, two] = upstream.asked;
      assertEquals(one?.body.tools, [
        {
          name: "weather",
          description: "Tells the weather",
          input_schema: WEATHER.function.parameters,
        },
        { name: "now", input_schema: { type: "object", properties: {} } },
      ]);
      assertEquals(one?.body.tool_choice, { type: "any" });
      assertEquals(two?.body.tool_choice, {
        type: "auto",
        disable_parallel_tool_use: true,
      });
      assertEquals(two?.body.messages, [
        { role: "user", content: [{ type: "text", text: QUESTION.content }] },
        { role: "assistant", content: CALLED },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "toolu_2", content: "noon" },
            {
              type: "tool_result",
              tool_use_id: "toolu_1",
              content: [{ type: "text", text: "28" }, {
                type: "text",
                text: "sunny",
              }],
            },
            { type: "text", text: "In short." },
          ],
        },
      ]);
    },
  );
});

const THOUGHT: Block = {
  type: "thinking",
  thinking: "Rome is south, so I had better ask",
  signature: "EqQBCkYIARgCKkDs==",
};

for (const stream of [false, true]) {
  const how = stream ? "streamed" : "whole";
  Deno.test(`C12, C13: anthropic: signed thought survives a tool loop, ${how}, when the client echoes the message`, async () => {
    const call = CALLED.slice(1, 2);
    const answer = answers([THOUGHT, ...call], [{ type: "text", text: "28" }]);
    await withGateway({ answer, provider: ANTHROPIC }, async (running) => {
      const { completions } = sdk(running.url).chat;
      const ask: Params = {
        ...ASK,
        tools: [WEATHER],
        reasoning_effort: "medium",
      };
      const { choices: [choice] } = stream
        ? await completions.stream(ask).finalChatCompletion()
        : await completions.create(ask);
      const echoed = choice?.message as OpenAI.ChatCompletionMessage;
      assertEquals<unknown>(Reflect.get(echoed, "reasoning_details"), [{
        type: "reasoning.text",
        text: THOUGHT.thinking,
        signature: THOUGHT.signature,
        index: 0,
      }]);
      const result = { role: "tool", tool_call_id: "toolu_1", content: "28" };
      const { response } = await completions.create({
        ...ask,
        messages: [QUESTION, echoed, result] as Params["messages"],
      }).withResponse();
      const [one, two] = running.upstream.asked;
      const thinking = { type: "enabled", budget_tokens: 8_192 };
      assertEquals(one?.body.thinking, thinking);
      assertEquals(two?.body.thinking, thinking);
      assertEquals(two?.body.messages[1], {
        role: "assistant",
        content: [THOUGHT, ...call],
      });
      assert(!response.headers.get("x-llm-proxy-loss")?.includes("dropped"));
    });
  });
}

Deno.test("C12: anthropic: redacted thought survives a tool loop too", async () => {
  const content: readonly Block[] = [
    { type: "redacted_thinking", data: "EmwKAhgB" },
    ...CALLED.slice(1, 2),
  ];
  await withGateway(
    { answer: answers(content), provider: ANTHROPIC },
    async ({ url, upstream }) => {
      const { completions } = sdk(url).chat;
      const ask: Params = { ...ASK, tools: [WEATHER] };
      const { choices } = await completions.stream(ask).finalChatCompletion();
      const result = { role: "tool", tool_call_id: "toolu_1", content: "28" };
      await completions.create({
        ...ask,
        messages: [QUESTION, choices[0]?.message, result] as Params["messages"],
      });
      assertEquals(upstream.asked[1]?.body.messages[1].content, content);
    },
  );
});

Deno.test("C14: anthropic: a forced tool with manual thinking goes without thinking, which is told", async () => {
  const { body } = await arrived({
    tools: [WEATHER],
    tool_choice: { type: "function", function: { name: "weather" } },
    reasoning_effort: "high",
  }, async (_, { headers }) => {
    await Promise.resolve();
    assertEquals(
      headers.get("x-llm-proxy-loss"),
      "dropped: reasoning_effort (excluded by a required tool call)",
    );
  });
  assertEquals(body.tool_choice, { type: "tool", name: "weather" });
  assertEquals(body.thinking, undefined);
});

Deno.test("A30, A31, O9: anthropic: stop, sampling, limit and end user arrive in their own names", async () => {
  const { body } = await arrived({
    stop: "END",
    temperature: 0.25,
    max_tokens: 5,
    max_completion_tokens: 77,
    user: "u-1",
  });
  assertEquals(
    JSON.stringify({ ...body, messages: [] }),
    '{"model":"claude-sonnet-4-5","max_tokens":77,"temperature":0.25,' +
      '"stop_sequences":["END"],"metadata":{"user_id":"u-1"},"messages":[]}',
  );
});

Deno.test("A28: anthropic: parse() asks with output_config.format and reads the object", async () => {
  const city = z.object({ name: z.string(), people: z.number() });
  const text = '{"name":"Rome","people":2800000}';
  await withGateway(
    { answer: answers([{ type: "text", text }]), provider: ANTHROPIC },
    async ({ url, upstream }) => {
      const ask = { ...ASK, response_format: zodResponseFormat(city, "city") };
      const { completions } = sdk(url).chat;
      const whole = await completions.parse(ask);
      const streamed = await completions.stream(ask).finalChatCompletion();
      for (const { choices } of [whole, streamed]) {
        assertEquals(choices[0]?.message.parsed, {
          name: "Rome",
          people: 2_800_000,
        });
      }
      assertEquals(upstream.asked[0]?.body.output_config, {
        format: {
          type: "json_schema",
          schema: {
            type: "object",
            properties: {
              name: { type: "string" },
              people: { type: "number" },
            },
            required: ["name", "people"],
            additionalProperties: false,
          },
        },
      });
    },
  );
});

Deno.test("A35, C16: anthropic: effort arrives as each model takes it", async () => {
  const asked = async (model: string, effort: string) => {
    const { body } = await arrived({
      model: `claude/${model}`,
      reasoning_effort: effort as "low",
    });
    return [body.thinking, body.output_config];
  };
  assertEquals(await asked("claude-opus-5", "high"), [
    { type: "adaptive", display: "summarized" },
    { effort: "high" },
  ]);
  assertEquals(await asked("claude-opus-5", "none"), [
    { type: "disabled" },
    undefined,
  ]);
  assertEquals(await asked("claude-sonnet-4-5", "low"), [
    { type: "enabled", budget_tokens: 2_048 },
    undefined,
  ]);
  assertEquals(await asked("claude-sonnet-4-5", "none"), [
    undefined,
    undefined,
  ]);
});

Deno.test("A32: anthropic: pictures and a PDF arrive as blocks", async () => {
  const url = "https://pictures.example/a.png";
  const { body } = await arrived({
    messages: [{
      role: "user",
      content: [
        {
          type: "image_url",
          image_url: { url: `data:image/png;base64,${PIXEL}` },
        },
        { type: "image_url", image_url: { url } },
        {
          type: "file",
          file: {
            filename: "a.pdf",
            file_data: "data:application/pdf;base64,JVBERi0=",
          },
        },
        { type: "text", text: "Compare" },
      ],
    }],
  });
  assertEquals(body.messages[0].content, [
    {
      type: "image",
      source: { type: "base64", media_type: "image/png", data: PIXEL },
    },
    { type: "image", source: { type: "url", url } },
    {
      type: "document",
      source: {
        type: "base64",
        media_type: "application/pdf",
        data: "JVBERi0=",
      },
      title: "a.pdf",
    },
    { type: "text", text: "Compare" },
  ]);
});

Deno.test("C11, C18: anthropic: cache breakpoints and pictures of tool results arrive in their places", async () => {
  const mark = { cache_control: { type: "ephemeral" } };
  const hour = { cache_control: { type: "ephemeral", ttl: "1h" } };
  const { body } = await arrived({
    tools: [{ ...WEATHER, ...hour }],
    messages: [
      { role: "system", content: [{ type: "text", text: "Long", ...hour }] },
      { role: "user", content: [{ type: "text", text: "Go", ...mark }] },
      {
        role: "assistant",
        tool_calls: [{
          id: "call:1",
          type: "function",
          function: { name: "weather", arguments: "" },
        }],
      },
      {
        role: "tool",
        tool_call_id: "call:1",
        ...mark,
        content: [{
          type: "image_url",
          image_url: { url: `data:image/png;base64,${PIXEL}` },
        }],
      },
    ] as unknown as Params["messages"],
  });
  assertEquals(body.tools[0].cache_control, hour.cache_control);
  assertEquals(body.system, [{ type: "text", text: "Long", ...hour }]);
  assertEquals(body.messages, [
    { role: "user", content: [{ type: "text", text: "Go", ...mark }] },
    {
      role: "assistant",
      content: [{
        type: "tool_use",
        id: "x_call_003a1",
        name: "weather",
        input: {},
      }],
    },
    {
      role: "user",
      content: [{
        type: "tool_result",
        tool_use_id: "x_call_003a1",
        content: [{
          type: "image",
          source: { type: "base64", media_type: "image/png", data: PIXEL },
        }],
        ...mark,
      }],
    },
  ]);
});

Deno.test("A25, A27: anthropic: what can't be carried over is told in a header and in the log", async () => {
  const told =
    "dropped: logprobs (claude); dropped: top_logprobs (claude); dropped: house_rule (claude); dropped: seed (claude); changed: temperature (1 is the highest)";
  const { body } = await arrived({
    logprobs: true,
    top_logprobs: 3,
    seed: 7,
    temperature: 1.5,
    house_rule: { a: 1 },
  }, async (running, { headers }) => {
    assertEquals(headers.get("x-llm-proxy-loss"), told);
    assertEquals((await logLine(running)).loss, told);
  });
  assertEquals(Object.keys(body), [
    "model",
    "max_tokens",
    "temperature",
    "messages",
  ]);
});

Deno.test("C19: anthropic: equal requests arrive as equal bytes", async () => {
  await withGateway({ answer: HELLO, provider: ANTHROPIC }, async (running) => {
    const ask = { ...ASK, tools: [WEATHER], user: "u-1" };
    const { completions } = sdk(running.url).chat;
    await completions.create(ask);
    await completions.create(ask);
    const [one, two] = running.upstream.asked;
    assertEquals(one?.text, two?.text);
  });
});

Deno.test("C20, C21, C22: anthropic: reasons to stop arrive as finish reasons", async () => {
  const reasons: [string, string][] = [
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["pause_turn", "length"],
    ["refusal", "content_filter"],
    ["stop_sequence", "stop"],
    ["brand_new", "stop"],
  ];
  const content: readonly Block[] = [{ type: "text", text: "Half" }];
  await withGateway({
    answer: ({ body }, number) => {
      const reason = reasons[number >> 1]?.[0];
      return body.stream
        ? messageStream(content, reason)
        : message(content, reason);
    },
    provider: ANTHROPIC,
  }, async ({ url }) => {
    const { completions } = sdk(url).chat;
    for (const [reason, finish] of reasons) {
      const whole = await completions.create(ASK);
      const streamed = await completions.stream(ASK).finalChatCompletion();
      assertEquals(whole.choices[0]?.finish_reason, finish as "stop", reason);
      assertEquals(streamed.choices[0]?.finish_reason, finish as "stop");
    }
  });
});

Deno.test("K1, K5, K13, K14, K15, K16, C39: anthropic: errors are OpenAI's, with the provider's headers", async () => {
  const cases: [number, string, string, new () => unknown, number, string][] = [
    [
      400,
      "invalid_request_error",
      "prompt is too long: 9 > 8",
      OpenAI
        .BadRequestError,
      400,
      "context_length_exceeded",
    ],
    [
      401,
      "authentication_error",
      "invalid x-api-key",
      OpenAI
        .AuthenticationError,
      401,
      "upstream_authentication_failed",
    ],
    [
      404,
      "not_found_error",
      "model: claude-x",
      OpenAI.NotFoundError,
      404,
      "model_not_found",
    ],
    [
      429,
      "rate_limit_error",
      "Slow down",
      OpenAI.RateLimitError,
      429,
      "rate_limit_exceeded",
    ],
    [
      500,
      "api_error",
      "Oops",
      OpenAI.InternalServerError,
      502,
      "upstream_error",
    ],
    [
      529,
      "overloaded_error",
      "Overloaded",
      OpenAI.InternalServerError,
      503,
      "overloaded_error",
    ],
  ] as never;
  const answer = (_: Asked, number: number) => {
    const [status, type, text] = cases[number] ?? [500, "", ""];
    return json({ type: "error", error: { type, message: text } }, {
      status,
      headers: {
        "retry-after": "3",
        "anthropic-ratelimit-requests-remaining": "0",
        "request-id": "req_up",
        "set-cookie": "a=b",
      },
    });
  };
  const provider = `${ANTHROPIC}, max_retries: 0`;
  await withGateway({ answer, provider }, async (gateway) => {
    for (const [number, [, , , type, status, code]] of cases.entries()) {
      const error = await assertRejects(
        () =>
          sdk(gateway.url).chat.completions.create({
            ...ASK,
            // What cools is one model.
            model: `claude/model-${number}`,
          }),
        OpenAI.APIError,
      );
      assertEquals<unknown>(error.constructor, type);
      assertEquals<unknown>([error.status, error.code], [status, code]);
      const headers = error.headers as unknown as Headers;
      assertEquals(headers.get("retry-after"), "3");
      assertEquals(headers.get("content-type"), "application/json");
      assertEquals(
        headers.get("anthropic-ratelimit-requests-remaining"),
        "0",
      );
      assertEquals(headers.get("x-llm-proxy-upstream-request-id"), "req_up");
      assert(headers.get("x-request-id")?.startsWith("req_"));
      assert(headers.get("x-request-id") !== "req_up");
      assertEquals(headers.get("set-cookie"), null);
      const line = await logLine(gateway, number);
      assertEquals(line.upstream_request_id, "req_up");
    }
  });
});

Deno.test("C28, C29, K11, L6: anthropic: an error in mid-stream ends the stream as failed, and is not retried", async () => {
  const start = messageEvents([{ type: "text", text: "Half an answer" }])
    .split("event: message_delta")[0];
  const answer = () =>
    eventStream(
      event("ping", {}) + start + event("ping", {}) +
        event("error", {
          error: { type: "overloaded_error", message: "Overloaded" },
        }),
    );
  await withGateway({ answer, provider: ANTHROPIC }, async (gateway) => {
    const stream = await sdk(gateway.url, 2).chat.completions.create({
      ...ASK,
      stream: true,
    });
    let text = "";
    const error = await assertRejects(async () => {
      for await (const { choices: [choice] } of stream) {
        text += choice?.delta.content ?? "";
        assertEquals(choice?.finish_reason, null);
      }
    }, OpenAI.APIError);
    assertEquals([text, error.code, error.type], [
      "Half an answer",
      "overloaded_error",
      "overloaded_error",
    ]);
    assertEquals(gateway.upstream.asked.length, 1);
    const line = await logLine(gateway);
    assertEquals([line.error, line.finish], ["overloaded_error", undefined]);
  });
});

Deno.test("L4, L7: anthropic: a stream that is cut in a tool call is a failure, and the call is not completed", async () => {
  const cut = messageEvents(CALLED.slice(1), "tool_use")
    .split("event: content_block_stop")[0] ?? "";
  await withGateway(
    { answer: () => eventStream(cut), provider: ANTHROPIC },
    async ({ url }) => {
      const stream = await sdk(url).chat.completions.create({
        ...ASK,
        stream: true,
      });
      let text = "";
      const error = await assertRejects(async () => {
        for await (const { choices: [choice] } of stream) {
          text += choice?.delta.tool_calls?.[0]?.function?.arguments ?? "";
          assertEquals(choice?.finish_reason, null);
        }
      }, OpenAI.APIError);
      assertEquals(error.code, "upstream_stream_truncated");
      assertEquals(text, '{"city":"Rome"}');
    },
  );
});

Deno.test("C41: anthropic: hosted tools are refused by name before the provider is asked", async () => {
  await withGateway({ answer: HELLO, provider: ANTHROPIC }, async (running) => {
    const tools = [{ type: "web_search" }] as unknown as Params["tools"];
    const error = await assertRejects(
      () => sdk(running.url).chat.completions.create({ ...ASK, tools: tools! }),
      OpenAI.BadRequestError,
    );
    assert(error.message.includes('"web_search"'));
    assertEquals(running.upstream.asked.length, 0);
  });
});

Deno.test("C7, A23: anthropic: a call without its result is refused before the provider is asked", async () => {
  await withGateway({ answer: HELLO, provider: ANTHROPIC }, async (running) => {
    const call = {
      id: "c1",
      type: "function",
      function: { name: "weather", arguments: "{}" },
    } as const;
    const error = await assertRejects(
      () =>
        sdk(running.url).chat.completions.create({
          ...ASK,
          messages: [
            QUESTION,
            { role: "assistant", tool_calls: [call] },
            QUESTION,
          ],
        }),
      OpenAI.BadRequestError,
    );
    assertEquals(error.param, "messages[1].tool_calls");
    assertEquals(running.upstream.asked.length, 0);
  });
});
