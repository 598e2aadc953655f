import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import * as z from "@zod/zod";
import { type Asked, eventStream, json } from "./_answering_upstream.ts";
import {
  ANTHROPIC,
  CHAT,
  COUNTED,
  GEMINI,
  PROOF,
  type Said,
  says,
  type Speaker,
  SPEAKERS,
  talk,
} from "./_speakers.ts";
import {
  logLine,
  type Running,
  withGateway,
  withMock,
} from "./_with_gateway.ts";

type Params = Anthropic.MessageCreateParamsNonStreaming;

const QUESTION = { role: "user", content: "How warm is it in Rome?" } as const;
const ASK: Omit<Params, "model"> = { max_tokens: 5_000, messages: [QUESTION] };
const PING = {
  model: "mock/echo",
  max_tokens: 64,
  messages: [{ role: "user" as const, content: "ping one two" }],
};
const WEATHER: Anthropic.Tool = {
  name: "weather",
  description: "Tells the weather",
  input_schema: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  },
};
/** A tool that the SDK's runner calls by itself. */
const RUNNABLE = {
  ...WEATHER,
  parse: (input: unknown) => input as { city: string },
  run: ({ city }: { city: string }) => `sunny for ${typeof city}`,
};
const CALLS = [
  { id: "toolu_1", name: "weather", input: { city: "Rome" } },
  { id: "toolu_2", name: "now", input: {} },
];
const THOUGHT = "Rome is south, so I ask";

function sdk(url: string, options: Record<string, unknown> = {}): Anthropic {
  return new Anthropic({
    baseURL: url,
    apiKey: "key-of-the-caller-0000",
    authToken: null,
    maxRetries: 0,
    ...options,
  });
}

/** One answer, asked for whole and as a stream. */
async function both(url: string, ask: Params): Promise<Anthropic.Message[]> {
  const { messages } = sdk(url);
  return [
    await messages.create(ask),
    await messages.stream(ask).finalMessage(),
  ];
}

/** A gateway before one speaker, while `use` runs. */
function before(
  speaker: Speaker,
  turns: readonly Said[],
  use: (running: Running, ask: Params) => Promise<void>,
): Promise<void> {
  return withGateway(
    { answer: says(speaker, ...turns), provider: speaker.entry },
    (running) => use(running, { ...ASK, model: speaker.model }),
  );
}

for (const speaker of SPEAKERS) {
  const { name } = speaker;

  Deno.test(`C20, C24, C35: a Messages client gets ${name}'s text, stop reason and usage, whole and streamed`, async () => {
    await before(speaker, [{ text: "28 degrees" }], async ({ url }, ask) => {
      for (const message of await both(url, ask)) {
        assertEquals([message.type, message.role], ["message", "assistant"]);
        assert(message.id !== "" && message.model !== "");
        const [block, ...others] = message.content;
        assertEquals(block?.type === "text" && block.text, "28 degrees");
        assertEquals(others, []);
        assertEquals(message.stop_reason, "end_turn");
        assertEquals(message.stop_sequence, null);
        const { usage } = message;
        const written = usage.cache_creation_input_tokens ?? 0;
        assertEquals(
          usage.input_tokens + COUNTED.cached + written,
          COUNTED.input,
        );
        assertEquals(usage.cache_read_input_tokens, COUNTED.cached);
        assertEquals(usage.output_tokens, COUNTED.output);
      }
    });
  });

  Deno.test(`C20, C22: a Messages client is told of ${name}'s limits and refusals`, async () => {
    const ends = { length: "max_tokens", filter: "refusal" } as const;
    for (const end of ["length", "filter"] as const) {
      await before(speaker, [{ text: "Half", end }], async ({ url }, ask) => {
        for (const { stop_reason: reason } of await both(url, ask)) {
          assertEquals(reason, ends[end]);
        }
      });
    }
  });

  for (const stream of [false, true]) {
    const how = stream ? "streamed" : "whole";
    Deno.test(`C5, C6, C12, C25: a Messages client goes a tool loop with thought at ${name}, ${how}`, async () => {
      const turns = [{ thought: THOUGHT, text: "I look.", calls: CALLS }, {
        text: "28 at noon",
      }];
      await before(speaker, turns, async ({ url, upstream }, plain) => {
        const { messages } = sdk(url);
        const ask: Params = {
          ...plain,
          tools: [WEATHER, { name: "now", input_schema: { type: "object" } }],
          thinking: { type: "enabled", budget_tokens: 2_048 },
        };
        const say = (params: Params): Promise<Anthropic.Message> =>
          stream
            ? messages.stream(params).finalMessage()
            : messages.create(params);
        const first = await say(ask);
        assertEquals(first.stop_reason, "tool_use");
        const calls = first.content.filter(({ type }) => type === "tool_use");
        assertEquals(
          calls.map((call) =>
            call.type === "tool_use" && [call.id, call.name, call.input]
          ),
          CALLS.map(({ id, name, input }) => [id, name, input]),
        );
        assertEquals(
          first.content.map((block) =>
            block.type === "thinking" ? block.thinking : ""
          ).join(""),
          THOUGHT,
        );
        const second = await say({
          ...ask,
          messages: [QUESTION, { role: "assistant", content: first.content }, {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "toolu_1", content: "28" },
              {
                type: "tool_result",
                tool_use_id: "toolu_2",
                content: [{ type: "text", text: "noon" }],
              },
              { type: "text", text: "In short." },
            ],
          }],
        });
        const [block] = second.content;
        assertEquals(block?.type === "text" && block.text, "28 at noon");
        assertEquals(second.stop_reason, "end_turn");
        checkLoop(speaker, upstream.asked);
      });
    });
  }

  Deno.test(`A28: a Messages client asks ${name} for an object of a schema`, async () => {
    const city = z.object({ name: z.string(), people: z.number() });
    const text = '{"name":"Rome","people":2800000}';
    await before(speaker, [{ text }], async ({ url, upstream }, ask) => {
      const { messages } = sdk(url);
      const asks = { ...ask, output_config: { format: zodOutputFormat(city) } };
      const whole = await messages.parse(asks);
      const streamed = await messages.stream(asks).finalMessage();
      for (const { parsed_output: parsed } of [whole, streamed]) {
        assertEquals<unknown>(parsed, { name: "Rome", people: 2_800_000 });
      }
      assert(upstream.asked[0]?.text.includes('"people"'));
    });
  });

  Deno.test(`C38, C39, O7: errors of ${name} are Anthropic's for a Messages client`, async () => {
    const cases = [
      [400, Anthropic.BadRequestError, 400, "invalid_request_error"],
      [401, Anthropic.AuthenticationError, 401, "authentication_error"],
      [404, Anthropic.NotFoundError, 404, "not_found_error"],
      [429, Anthropic.RateLimitError, 429, "rate_limit_error"],
      [500, Anthropic.InternalServerError, 502, "api_error"],
      [503, Anthropic.OverloadedError, 529, "overloaded_error"],
    ] as const;
    const answer = (_: Asked, number: number): Response => {
      const [status] = cases[number >> 1] ?? [500];
      return json(speaker.error(status, "Not now"), {
        status,
        headers: { "retry-after": "3" },
      });
    };
    const provider = speaker.entry;
    await withGateway({ answer, provider }, async ({ url }) => {
      for (const [index, [, type, status, word]] of cases.entries()) {
        for (const stream of [false, true]) {
          const error = await assertRejects(
            () =>
              sdk(url).messages.create({
                ...ASK,
                // What cools is one model.
                model: `${speaker.model}-${index}${stream}`,
                stream,
              }),
            Anthropic.APIError,
          );
          assertEquals<unknown>(error.constructor, type);
          assertEquals([error.status, error.type], [status, word]);
          const body = error.error as Record<string, unknown>;
          assertEquals(body.type, "error");
          assertMatch(error.requestID ?? "", /^req_[0-9a-f]{32}$/);
          assertEquals(body.request_id, error.requestID);
          assertEquals(
            (error.headers as unknown as Headers).get("retry-after"),
            "3",
          );
        }
      }
    });
  });

  Deno.test(`C29, L4: a stream of ${name} that fails half-way is an error for a Messages client`, async () => {
    const half = speaker.start + speaker.more("Half ") + speaker.more("way");
    const ends: [string, string, RegExp][] = [
      [half + speaker.broken, "overloaded_error", /overloaded/],
      [half, "api_error", /^upstream_stream_truncated$/],
    ];
    for (const [text, type, code] of ends) {
      const answer = () => eventStream(text);
      const provider = speaker.entry;
      await withGateway({ answer, provider }, async (gateway) => {
        const stream = await sdk(gateway.url).messages.create({
          ...ASK,
          model: speaker.model,
          stream: true,
        });
        let said = "";
        const error = await assertRejects(async () => {
          for await (const event of stream) {
            assert(event.type !== "message_stop");
            assert(event.type !== "message_delta");
            if (
              event.type === "content_block_delta" &&
              event.delta.type === "text_delta"
            ) said += event.delta.text;
          }
        }, Anthropic.APIError);
        assertEquals([said, error.type], ["Half way", type]);
        assertMatch(error.errorCode ?? "", code);
        assertEquals((await logLine(gateway)).error, error.errorCode);
      });
    }
  });

  Deno.test(`L5: a stream of ${name} that fails before its content is a plain error for a Messages client`, async () => {
    const answer = () => eventStream(speaker.start + speaker.broken);
    const provider = speaker.entry;
    await withGateway({ answer, provider }, async ({ url }) => {
      const error = await assertRejects(
        () =>
          sdk(url).messages.create({
            ...ASK,
            model: speaker.model,
            stream: true,
          }),
        Anthropic.InternalServerError,
      );
      assertEquals([error.status, error.type], [529, "overloaded_error"]);
    });
  });

  Deno.test(`L1: a Messages client that leaves closes ${name}'s stream`, async () => {
    const gone = Promise.withResolvers<void>();
    const answer = () => eventStream(talk(speaker, gone.resolve));
    const provider = speaker.entry;
    await withGateway({ answer, provider }, async (gateway) => {
      const stream = sdk(gateway.url).messages.stream({
        ...ASK,
        model: speaker.model,
      });
      const failed = assertRejects(
        () => stream.done(),
        Anthropic.APIUserAbortError,
      );
      stream.once("text", () => stream.abort());
      await failed;
      await gone.promise;
      assertEquals((await logLine(gateway)).error, "client_closed");
    });
  });
}

/** What the provider was asked in the second turn of a tool loop. */
function checkLoop({ name }: Speaker, asked: readonly Asked[]): void {
  const [one, two] = asked.map(({ body }) => body);
  if (name === CHAT.name) {
    assertEquals(one.tools[0].function.parameters, WEATHER.input_schema);
    const [, turn, ...rest] = two.messages;
    assertEquals(turn.content, "I look.");
    assertEquals(
      turn.tool_calls.map((call: { id: string; function: object }) => [
        call.id,
        call.function,
      ]),
      [
        ["toolu_1", { name: "weather", arguments: '{"city":"Rome"}' }],
        ["toolu_2", { name: "now", arguments: "{}" }],
      ],
    );
    assertEquals(rest, [
      { role: "tool", tool_call_id: "toolu_1", content: "28" },
      { role: "tool", tool_call_id: "toolu_2", content: "noon" },
      { role: "user", content: "In short." },
    ]);
  } else if (name === ANTHROPIC.name) {
    assertEquals(one.thinking, { type: "enabled", budget_tokens: 2_048 });
    assertEquals(two.messages[1].content, [
      { type: "thinking", thinking: THOUGHT, signature: PROOF },
      { type: "text", text: "I look." },
      ...CALLS.map((call) => ({ type: "tool_use", ...call })),
    ]);
    assertEquals(two.messages[2].content.length, 3);
  } else {
    assertEquals(
      one.generationConfig.thinkingConfig.thinkingBudget,
      2_048,
    );
    const [, turn, ...rest] = two.contents;
    const calls = turn.parts.filter((part: object) => "functionCall" in part);
    assertEquals(
      calls.map((part: Record<string, unknown>) => part.thoughtSignature),
      [PROOF, undefined],
    );
    assertEquals(
      calls.map((part: { functionCall: { name: string; args: object } }) => [
        part.functionCall.name,
        part.functionCall.args,
      ]),
      CALLS.map(({ name, input }) => [name, input]),
    );
    const results = rest.flatMap(({ parts }: { parts: object[] }) => parts)
      .filter((part: object) => "functionResponse" in part);
    assertEquals(
      results.map((part: { functionResponse: { name: string } }) =>
        part.functionResponse.name
      ),
      ["weather", "now"],
    );
  }
}

Deno.test("C24: a Messages client's helper goes through the mock's answer event by event", async () => {
  await withMock(async ({ url }) => {
    for (const message of await both(url, PING)) {
      const [block] = message.content;
      assertEquals(block?.type === "text" && block.text, "ping one two");
      assertEquals(message.stop_reason, "end_turn");
      assert(message.usage.output_tokens > 0);
    }
    const { data, response, request_id: id } = await sdk(url).messages
      .create(PING).withResponse();
    assertEquals(data.model, "echo");
    assertMatch(id ?? "", /^req_[0-9a-f]{32}$/);
    assertEquals(response.headers.get("x-request-id"), id ?? null);
    assertEquals(response.headers.get("x-llm-proxy-provider"), "mock");
  });
});

Deno.test("C5: the tool runner of Anthropic's SDK goes a whole tool loop at the mock", async () => {
  await withMock(async ({ url }) => {
    for (const stream of [false, true]) {
      const runner = sdk(url).beta.messages.toolRunner({
        ...PING,
        model: "mock/tool",
        stream,
        tools: [RUNNABLE],
      });
      const { content, stop_reason: reason } = await runner.runUntilDone();
      const [block] = content;
      assertEquals(
        block?.type === "text" && block.text,
        "The tool answered: sunny for string",
      );
      assertEquals(reason, "end_turn");
    }
  });
});

Deno.test("C38: the tool runner of Anthropic's SDK sends the whole history again where the provider has lost the thread", async () => {
  const lost = {
    type: "error",
    error: {
      type: "not_found_error",
      message: "No such thread",
      details: { error_code: "thread_not_found" },
    },
  };
  const answer = ({ body }: Asked, number: number): Response => {
    if (body.thread?.type === "continue") return json(lost, { status: 404 });
    return ANTHROPIC.whole(
      number === 0 ? { calls: CALLS.slice(0, 1) } : { text: "28" },
    );
  };
  const provider = ANTHROPIC.entry;
  await withGateway({ answer, provider }, async ({ url, upstream }) => {
    const runner = sdk(url).beta.messages.toolRunner({
      ...ASK,
      model: ANTHROPIC.model,
      tools: [RUNNABLE],
    });
    const { content } = await runner.runUntilDone();
    const [block] = content;
    assertEquals(block?.type === "text" && block.text, "28");
    assertEquals(
      upstream.asked.map((
        { body },
      ) => [body.thread.type, body.messages.length]),
      [["create", 1], ["continue", 1], ["create", 3]],
    );
    assertMatch(
      upstream.asked[0]?.headers["anthropic-beta"] ?? "",
      /message-threads/,
    );
  });
});

Deno.test("C12: thought that nobody signed, and thought of another provider, don't reach Anthropic", async () => {
  await before(ANTHROPIC, [{ text: "Yes" }], async ({ url, upstream }, ask) => {
    await sdk(url).messages.create({
      ...ask,
      messages: [QUESTION, {
        role: "assistant",
        content: [
          { type: "redacted_thinking", data: `llm-proxy.call.${PROOF}` },
          { type: "thinking", thinking: "Hm", signature: "" },
          { type: "text", text: "28" },
        ],
      }, QUESTION],
    });
    assertEquals(upstream.asked[0]?.body.messages[1].content, [
      { type: "text", text: "28" },
    ]);
  });
});

Deno.test("C40, K21: features and version of a Messages client reach Anthropic, its key does not", async () => {
  await before(ANTHROPIC, [{ text: "Yes" }], async ({ url, upstream }, ask) => {
    await sdk(url).beta.messages.create({
      ...ask,
      betas: ["interleaved-thinking-2025-05-14"],
    });
    const headers = upstream.asked[0]?.headers ?? {};
    assertEquals(headers["anthropic-beta"], "interleaved-thinking-2025-05-14");
    assertEquals(headers["anthropic-version"], "2023-06-01");
    assertEquals(headers["x-api-key"], "key-of-the-gateway-0000");
    assert(!JSON.stringify(headers).includes("key-of-the-caller"));
  });
});

Deno.test("C43, K3: a Messages client is let in by x-api-key and by a bearer, and no other way", async () => {
  const config = "auth: {api_keys: [{name: t, key: key-of-the-caller-0000}]}\n";
  const options = {
    answer: says(CHAT, { text: "Yes" }),
    provider: CHAT.entry,
    config,
  };
  await withGateway(options, async ({ url, upstream }) => {
    const ask = { ...ASK, model: CHAT.model };
    await sdk(url).messages.create(ask);
    const authToken = "key-of-the-caller-0000";
    await sdk(url, { apiKey: null, authToken }).messages.create(ask);
    assertEquals(upstream.asked.length, 2);
    for (const { headers } of upstream.asked) {
      assert(!JSON.stringify(headers).includes("key-of-the-caller"));
    }
    const wrong = sdk(url, { apiKey: "another-key-000000" }).messages;
    for (
      const refused of [() => wrong.create(ask), () => wrong.countTokens(ask)]
    ) {
      const error = await assertRejects(
        refused,
        Anthropic.AuthenticationError,
      );
      assertEquals(error.type, "authentication_error");
      assertEquals(error.errorCode, "invalid_api_key");
      assertMatch(error.requestID ?? "", /^req_/);
    }
    assertEquals(upstream.asked.length, 2);
  });
});

Deno.test("K17, C38: a Messages client is told which field is wrong, and of unknown models and bad JSON", async () => {
  await withMock(async ({ url }) => {
    const { messages } = sdk(url);
    const unknown = await assertRejects(
      () => messages.create({ ...PING, model: "nobody/none" }),
      Anthropic.NotFoundError,
    );
    assertEquals(unknown.type, "not_found_error");
    assertEquals(unknown.errorCode, "model_not_found");
    const wrong: [Record<string, unknown>, string][] = [
      [{ max_tokens: undefined }, "max_tokens"],
      [{ max_tokens: "5" }, "max_tokens"],
      [{ messages: [] }, "messages"],
      [{ messages: [{ role: "user", content: 5 }] }, "messages[0]"],
      [{ temperature: "hot" }, "temperature"],
      [{ tools: [{ name: 5 }] }, "tools"],
      [{ model: null }, "model"],
    ];
    for (const [change, field] of wrong) {
      const error = await assertRejects(
        () => messages.create({ ...PING, ...change } as unknown as Params),
        Anthropic.BadRequestError,
      );
      assertEquals(error.type, "invalid_request_error");
      assert(error.message.includes(field), error.message);
    }
    const bodies: [string, string, number][] = [
      ['{"model":', "application/json", 400],
      ["[]", "application/json", 400],
      ["null", "application/json", 400],
      ["{}", "text/plain", 415],
    ];
    for (const path of ["/v1/messages", "/v1/messages/count_tokens"]) {
      for (const [body, type, status] of bodies) {
        const answer = await fetch(url + path, {
          method: "POST",
          headers: { "content-type": type },
          body,
        });
        assertEquals(answer.status, status);
        const told = await answer.json();
        assertEquals(
          [told.type, told.error.type],
          ["error", "invalid_request_error"],
        );
        assertEquals(told.request_id, answer.headers.get("request-id"));
      }
    }
  });
});

Deno.test("C37: count_tokens asks providers that count, and estimates for any other", async () => {
  const ask = {
    messages: [QUESTION],
    system: "Be brief.",
    tools: [WEATHER],
  };
  const answer = () => json({ input_tokens: 2_095 });
  const provider = ANTHROPIC.entry;
  await withGateway({ answer, provider }, async ({ url, upstream }) => {
    const { data, response } = await sdk(url).messages
      .countTokens({ ...ask, model: ANTHROPIC.model }).withResponse();
    assertEquals<unknown>({ ...data }, { input_tokens: 2_095 });
    assertEquals(response.headers.get("x-llm-proxy-loss"), null);
    const [asked] = upstream.asked;
    assertEquals(asked?.path, "/v1/messages/count_tokens");
    assertEquals(asked?.body, { ...ask, model: "claude-sonnet-4-5" });
  });
  const counted = {
    answer: () => json({ totalTokens: 31 }),
    provider: GEMINI.entry,
  };
  await withGateway(counted, async ({ url, upstream }) => {
    const { input_tokens: count } = await sdk(url).messages
      .countTokens({ ...ask, model: GEMINI.model });
    assertEquals(count, 31);
    const { path, body } = upstream.asked[0]!;
    assertEquals(path, "/v1/models/gemini-2.5-flash:countTokens");
    const { model, contents, tools } = body.generateContentRequest;
    assertEquals(model, "models/gemini-2.5-flash");
    assertEquals([contents.length, tools.length], [1, 1]);
  });
  await before(CHAT, [], async ({ url, upstream }) => {
    const { data, response } = await sdk(url).messages
      .countTokens({ ...ask, model: CHAT.model }).withResponse();
    assert(data.input_tokens > 10 && data.input_tokens < 1_000);
    assertEquals(
      response.headers.get("x-llm-proxy-loss"),
      "approximated: input_tokens (estimated)",
    );
    assertEquals(upstream.asked.length, 0);
  });
});

Deno.test("C37, C38: count_tokens tells a provider's error and a wrong field", async () => {
  const answer = () =>
    json(ANTHROPIC.error(529, "Overloaded"), { status: 529 });
  const provider = ANTHROPIC.entry;
  await withGateway({ answer, provider }, async ({ url }) => {
    const { messages } = sdk(url);
    const ask = { messages: [QUESTION], model: ANTHROPIC.model };
    const error = await assertRejects(
      () => messages.countTokens(ask),
      Anthropic.InternalServerError,
    );
    assertEquals([error.status, error.type], [529, "overloaded_error"]);
    const wrong = await assertRejects(
      () =>
        messages.countTokens({ ...ask, model: "claude/other", messages: [] }),
      Anthropic.BadRequestError,
    );
    assert(wrong.message.includes("messages"));
  });
});

Deno.test("C41: a hosted tool that the provider lacks is refused by name for a Messages client", async () => {
  for (const speaker of [CHAT, GEMINI]) {
    await before(speaker, [{ text: "Yes" }], async ({ url, upstream }, ask) => {
      const tools: Anthropic.ToolUnion[] = [{
        type: "bash_20250124",
        name: "bash",
      }];
      const error = await assertRejects(
        () => sdk(url).messages.create({ ...ask, tools }),
        Anthropic.BadRequestError,
      );
      assert(error.message.includes("bash"), error.message);
      assertEquals(upstream.asked.length, 0);
    });
  }
});

Deno.test("C44: a body over the cap is request_too_large for a Messages client", async () => {
  const config = "server: {max_body_mb: 1}\n";
  const provider = ANTHROPIC.entry;
  const answer = () => json({});
  await withGateway({ answer, provider, config }, async ({ url, upstream }) => {
    const error = await assertRejects(
      () =>
        sdk(url).messages.create({
          model: ANTHROPIC.model,
          max_tokens: 9,
          messages: [{ role: "user", content: "x".repeat(2_000_000) }],
        }),
      Anthropic.APIError,
    );
    assertEquals([error.status, error.type], [413, "request_too_large"]);
    assertEquals(upstream.asked.length, 0);
  });
});
