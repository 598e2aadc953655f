import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import * as z from "@zod/zod";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { type Asked, eventStream, json } from "./_answering_upstream.ts";
import { RESPONSES } from "./_responses_speaker.ts";
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

type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Answered = OpenAI.Responses.Response;
type Item = OpenAI.Responses.ResponseInputItem;

const QUESTION = "How warm is it in Rome?";
const PING: Params = { model: "mock/echo", input: "ping one two" };
const WEATHER: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "weather",
  description: "Tells the weather",
  strict: false,
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  },
};
const NOW: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "now",
  strict: false,
  parameters: { type: "object", properties: {} },
};
const CALLS = [
  { id: "call_1", name: "weather", input: { city: "Rome" } },
  { id: "call_2", name: "now", input: {} },
];
const THOUGHT = "Rome is south, so I ask";

function sdk(url: string, options: Record<string, unknown> = {}): OpenAI {
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "key-of-the-caller-0000",
    maxRetries: 0,
    ...options,
  });
}

/** One answer, asked for whole and as a stream. */
async function both(url: string, ask: Params): Promise<Answered[]> {
  const { responses } = sdk(url);
  return [
    await responses.create(ask),
    await responses.stream({ ...ask, stream: true }).finalResponse(),
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
    (running) =>
      use(running, { model: speaker.model, input: QUESTION, store: false }),
  );
}

/** An answer, and what events have told of the texts for custom tools. */
async function customTurn(
  responses: OpenAI.Responses,
  ask: Params,
  stream: boolean,
): Promise<{ response: Answered; said: string[] }> {
  if (!stream) return { response: await responses.create(ask), said: [] };
  const said: string[] = [];
  let response: Answered | undefined;
  for await (const event of await responses.create({ ...ask, stream })) {
    if (event.type === "response.custom_tool_call_input.delta") {
      said.push(event.delta);
    } else if (event.type === "response.custom_tool_call_input.done") {
      said.push(event.input);
    } else if (event.type === "response.completed") response = event.response;
  }
  assert(response !== undefined);
  const text = response.output.flatMap((item) =>
    item.type === "message" ? item.content : []
  ).map((part) => part.type === "output_text" ? part.text : "").join("");
  return { response: { ...response, output_text: text }, said };
}

for (const speaker of [RESPONSES, ...SPEAKERS]) {
  const { name } = speaker;

  Deno.test(`B1, B28: a Responses client gets ${name}'s text, status and usage, whole and streamed`, async () => {
    await before(speaker, [{ text: "28 degrees" }], async ({ url }, ask) => {
      for (const response of await both(url, ask)) {
        assertEquals([response.object, response.status], [
          "response",
          "completed",
        ]);
        assertMatch(response.id, /^resp_/);
        assertEquals(response.output_text, "28 degrees");
        assertEquals(response.output.map(({ type }) => type), ["message"]);
        const { usage } = response;
        assertEquals(
          [
            usage?.input_tokens,
            usage?.input_tokens_details.cached_tokens,
            usage?.output_tokens,
            usage?.total_tokens,
          ],
          [
            COUNTED.input,
            COUNTED.cached,
            COUNTED.output,
            COUNTED.input + COUNTED.output,
          ],
        );
      }
    });
  });

  Deno.test(`B2, B3: the events of ${name}'s answer are numbered without a gap for a Responses client`, async () => {
    const said = { text: "I look.", calls: CALLS };
    await before(speaker, [said], async ({ url }, ask) => {
      const stream = await sdk(url).responses.create({ ...ask, stream: true });
      const events: OpenAI.Responses.ResponseStreamEvent[] = [];
      for await (const event of stream) events.push(event);
      assertEquals(
        events.map(({ sequence_number: number }) => number),
        events.map((_, index) => index),
      );
      assertEquals(events[0]?.type, "response.created");
      assertEquals(events.at(-1)?.type, "response.completed");
      const added = events.filter(({ type }) =>
        type === "response.output_item.added"
      );
      const done = events.filter(({ type }) =>
        type === "response.output_item.done"
      );
      // A call that its provider signs has its proof in an item before it.
      const count = speaker === GEMINI ? 4 : 3;
      assertEquals([added.length, done.length], [count, count]);
    });
  });

  Deno.test(`O1: a Responses client is told of ${name}'s limits and refusals`, async () => {
    const reasons = { length: "max_output_tokens", filter: "content_filter" };
    for (const end of ["length", "filter"] as const) {
      await before(speaker, [{ text: "Half", end }], async ({ url }, ask) => {
        for (const response of await both(url, ask)) {
          assertEquals(response.status, "incomplete");
          assertEquals<unknown>(
            response.incomplete_details?.reason,
            reasons[end],
          );
        }
      });
    }
  });

  for (const stream of [false, true]) {
    const how = stream ? "streamed" : "whole";
    Deno.test(`B29: a Responses client goes a tool loop with thought at ${name}, ${how}`, async () => {
      const turns = [{ thought: THOUGHT, text: "I look.", calls: CALLS }, {
        text: "28 at noon",
      }];
      await before(speaker, turns, async ({ url, upstream }, plain) => {
        const { responses } = sdk(url);
        const ask: Params = {
          ...plain,
          instructions: "Be brief.",
          tools: [WEATHER, NOW],
          reasoning: { effort: "medium", summary: "auto" },
          include: ["reasoning.encrypted_content"],
        };
        const say = (params: Params): Promise<Answered> =>
          stream
            ? responses.stream({ ...params, stream: true }).finalResponse()
            : responses.create(params);
        const first = await say(ask);
        const thought = first.output.flatMap((item) =>
          item.type === "reasoning" ? item.summary : []
        );
        assertEquals(thought.map(({ text }) => text).join(""), THOUGHT);
        assertEquals(first.output_text, "I look.");
        assertEquals(
          first.output.flatMap((item) =>
            item.type === "function_call"
              ? [[item.call_id, item.name, JSON.parse(item.arguments)]]
              : []
          ),
          CALLS.map(({ id, name, input }) => [id, name, input]),
        );
        const second = await say({
          ...ask,
          input: [
            { role: "user", content: QUESTION },
            ...first.output as Item[],
            { type: "function_call_output", call_id: "call_1", output: "28" },
            {
              type: "function_call_output",
              call_id: "call_2",
              output: "noon",
            },
            { role: "user", content: "In short." },
          ],
        });
        assertEquals(second.output_text, "28 at noon");
        assertEquals(second.status, "completed");
        checkLoop(speaker, upstream.asked);
      });
    });
  }

  if (speaker !== RESPONSES) {
    Deno.test(`B6, B20: a Responses client goes a loop with a custom tool at ${name}, whole and streamed`, async () => {
      const turns = [
        { calls: [{ id: "call_1", name: "sh", input: { input: "ls -l" } }] },
        { text: "Two files" },
      ];
      for (const stream of [false, true]) {
        await before(speaker, turns, async ({ url, upstream }, plain) => {
          const { responses } = sdk(url);
          const ask: Params = {
            ...plain,
            tools: [{
              type: "custom",
              name: "sh",
              format: { type: "grammar", syntax: "regex", definition: ".*" },
            }, NOW],
          };
          const { response, said } = await customTurn(responses, ask, stream);
          const [call] = response.output.filter(({ type }) =>
            type === "custom_tool_call"
          );
          assert(call?.type === "custom_tool_call");
          assertEquals([call.call_id, call.name, call.input], [
            "call_1",
            "sh",
            "ls -l",
          ]);
          assertEquals(said, stream ? ["ls -l", "ls -l"] : []);
          const { response: second } = await customTurn(responses, {
            ...ask,
            input: [
              { role: "user", content: QUESTION },
              ...response.output as Item[],
              {
                type: "custom_tool_call_output",
                call_id: "call_1",
                output: "a b",
              },
            ],
          }, stream);
          assertEquals(second.output_text, "Two files");
          const { text } = upstream.asked[1]!;
          assert(text.includes("ls -l") && text.includes("a b"), text);
          assert(text.includes("must follow this regex grammar"), text);
        });
      }
    });
  }

  Deno.test(`A28: a Responses client asks ${name} for an object of a schema`, async () => {
    const city = z.object({ name: z.string(), people: z.number() });
    const text = '{"name":"Rome","people":2800000}';
    await before(speaker, [{ text }], async ({ url, upstream }, ask) => {
      const { responses } = sdk(url);
      const asks = { ...ask, text: { format: zodTextFormat(city, "city") } };
      const whole = await responses.parse(asks);
      const streamed = await responses.stream({ ...asks, stream: true })
        .finalResponse();
      for (const { output_parsed: parsed } of [whole, streamed]) {
        assertEquals<unknown>(parsed, { name: "Rome", people: 2_800_000 });
      }
      assert(upstream.asked[0]?.text.includes('"people"'));
    });
  });

  Deno.test(`K1, K5, O7: errors of ${name} are OpenAI's for a Responses client`, async () => {
    const cases = [
      [400, OpenAI.BadRequestError, 400],
      [401, OpenAI.AuthenticationError, 401],
      [404, OpenAI.NotFoundError, 404],
      [429, OpenAI.RateLimitError, 429],
      [500, OpenAI.InternalServerError, 502],
      [503, OpenAI.InternalServerError, 503],
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
      for (const [index, [, type, status]] of cases.entries()) {
        for (const stream of [false, true]) {
          const error = await assertRejects(
            () =>
              sdk(url).responses.create({
                // What cools is one model.
                model: `${speaker.model}-${index}${stream}`,
                input: QUESTION,
                stream,
              }),
            OpenAI.APIError,
          );
          assertEquals<unknown>(error.constructor, type);
          assertEquals(error.status, status);
          assert(error.code && error.type);
          assertMatch(error.requestID ?? "", /^req_[0-9a-f]{32}$/);
          assertEquals(
            (error.headers as unknown as Headers).get("retry-after"),
            "3",
          );
        }
      }
    });
  });

  Deno.test(`B11, L4: a stream of ${name} that fails half-way is an error for a Responses client`, async () => {
    const half = speaker.start + speaker.more("Half ") + speaker.more("way");
    for (const text of [half + speaker.broken, half]) {
      const answer = () => eventStream(text);
      const provider = speaker.entry;
      await withGateway({ answer, provider }, async (gateway) => {
        const ask = {
          model: speaker.model,
          input: QUESTION,
          stream: true,
        } as const;
        const { responses } = sdk(gateway.url);
        let said = "";
        const error = await assertRejects(async () => {
          for await (const event of await responses.create(ask)) {
            assert(event.type !== "response.completed");
            if (event.type === "response.output_text.delta") {
              said += event.delta;
            }
          }
        }, OpenAI.APIError);
        assertEquals(said, "Half way");
        const { error: code } = await logLine(gateway);
        assertEquals(error.code, code as string);
        if (text === half) assertEquals(code, "upstream_stream_truncated");
        // What the helper has collected is no answer either.
        await assertRejects(() => responses.stream(ask).finalResponse());
      });
    }
  });

  Deno.test(`L5: a stream of ${name} that fails before its content is a plain error for a Responses client`, async () => {
    const answer = () => eventStream(speaker.start + speaker.broken);
    const provider = speaker.entry;
    await withGateway({ answer, provider }, async ({ url }) => {
      const error = await assertRejects(
        () =>
          sdk(url).responses.create({
            model: speaker.model,
            input: QUESTION,
            stream: true,
          }),
        OpenAI.InternalServerError,
      );
      assert(error.status === 502 || error.status === 503);
    });
  });

  Deno.test(`L1: a Responses client that leaves closes ${name}'s stream`, async () => {
    const gone = Promise.withResolvers<void>();
    const answer = () => eventStream(talk(speaker, gone.resolve));
    const provider = speaker.entry;
    await withGateway({ answer, provider }, async (gateway) => {
      const stream = await sdk(gateway.url).responses.create({
        model: speaker.model,
        input: QUESTION,
        stream: true,
      });
      for await (const event of stream) {
        if (event.type === "response.output_text.delta") break;
      }
      stream.controller.abort();
      await gone.promise;
      assertEquals((await logLine(gateway)).error, "client_closed");
    });
  });
}

/** What the provider was asked in the second turn of a tool loop. */
function checkLoop({ name }: Speaker, asked: readonly Asked[]): void {
  const [one, two] = asked.map(({ body }) => body);
  if (name === RESPONSES.name) {
    assertEquals(asked.map(({ path }) => path), [
      "/v1/responses",
      "/v1/responses",
    ]);
    assertEquals(
      two.input.map((item: { type?: string }) => item.type),
      [
        undefined,
        "reasoning",
        "message",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
        undefined,
      ],
    );
    assertEquals(two.input[1].encrypted_content, PROOF);
  } else if (name === CHAT.name) {
    assertEquals(one.tools[0].function.parameters, WEATHER.parameters);
    const [system, , turn, ...rest] = two.messages;
    assertEquals(system.content, "Be brief.");
    assertEquals(turn.content, "I look.");
    assertEquals(
      turn.tool_calls.map((call: { id: string; function: object }) => [
        call.id,
        call.function,
      ]),
      [
        ["call_1", { name: "weather", arguments: '{"city":"Rome"}' }],
        ["call_2", { name: "now", arguments: "{}" }],
      ],
    );
    assertEquals(rest, [
      { role: "tool", tool_call_id: "call_1", content: "28" },
      { role: "tool", tool_call_id: "call_2", content: "noon" },
      { role: "user", content: "In short." },
    ]);
  } else if (name === ANTHROPIC.name) {
    assertEquals(one.thinking.type, "enabled");
    assertEquals(two.system, [{ type: "text", text: "Be brief." }]);
    assertEquals(two.messages[1].content, [
      { type: "thinking", thinking: THOUGHT, signature: PROOF },
      { type: "text", text: "I look." },
      ...CALLS.map((call) => ({ type: "tool_use", ...call })),
    ]);
    assertEquals(
      two.messages[2].content.map((block: { type: string }) => block.type),
      ["tool_result", "tool_result", "text"],
    );
  } else {
    const parts = two.contents.flatMap(({ parts }: { parts: object[] }) =>
      parts
    );
    const calls = parts.filter((part: object) => "functionCall" in part);
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
    assertEquals(
      parts.filter((part: object) => "functionResponse" in part).map((
        part: { functionResponse: { name: string } },
      ) => part.functionResponse.name),
      ["weather", "now"],
    );
  }
}

Deno.test("B1: a Responses client's helper goes through the mock's answer event by event", async () => {
  await withMock(async ({ url }) => {
    for (const response of await both(url, PING)) {
      assertEquals(response.output_text, "ping one two");
      assertEquals([response.status, response.model], ["completed", "echo"]);
      assert((response.usage?.output_tokens ?? 0) > 0);
    }
    const { data, response, request_id: id } = await sdk(url).responses
      .create(PING).withResponse();
    assertEquals<unknown>(Reflect.get(data, "store"), true);
    assertMatch(id ?? "", /^req_[0-9a-f]{32}$/);
    assertEquals(response.headers.get("x-llm-proxy-provider"), "mock");
  });
});

Deno.test("a Responses client goes a tool loop at the mock", async () => {
  await withMock(async ({ url }) => {
    const ask: Params = { ...PING, model: "mock/tool", tools: [WEATHER] };
    for (const first of await both(url, ask)) {
      const call = first.output.find(({ type }) => type === "function_call");
      assert(call?.type === "function_call");
      assertEquals(call.name, "weather");
      const second = await sdk(url).responses.create({
        ...ask,
        input: [
          { role: "user", content: "ping" },
          ...first.output as Item[],
          {
            type: "function_call_output",
            call_id: call.call_id,
            output: "sunny",
          },
        ],
      });
      assertEquals(second.output_text, "The tool answered: sunny");
    }
  });
});

Deno.test("thought that a client of Responses brings from one provider does not reach another", async () => {
  let output: Item[] = [];
  const said = { thought: THOUGHT, calls: CALLS.slice(0, 1) };
  const tools = [WEATHER];
  await before(ANTHROPIC, [said], async ({ url }, ask) => {
    const first = await sdk(url).responses.create({ ...ask, tools });
    output = first.output as Item[];
  });
  for (const speaker of [RESPONSES, CHAT, GEMINI]) {
    await before(speaker, [{ text: "28" }], async ({ url, upstream }, ask) => {
      const { output_text: text } = await sdk(url).responses.create({
        ...ask,
        tools,
        input: [
          { role: "user", content: QUESTION },
          ...output,
          { type: "function_call_output", call_id: "call_1", output: "28" },
        ],
      });
      assertEquals(text, "28");
      assert(!upstream.asked[0]?.text.includes(PROOF), speaker.name);
    });
  }
});

Deno.test("B17: a Responses client is told that the gateway keeps no answers", async () => {
  await before(CHAT, [{ text: "Yes" }], async ({ url, upstream }, ask) => {
    const error = await assertRejects(
      () =>
        sdk(url).responses.create({ ...ask, previous_response_id: "resp_1" }),
      OpenAI.BadRequestError,
    );
    assertEquals(error.param, "previous_response_id");
    assertEquals(upstream.asked.length, 0);
  });
});

Deno.test("K3: a Responses client is let in by a bearer and by x-api-key, and no other way", async () => {
  const config = "auth: {api_keys: [{name: t, key: key-of-the-caller-0000}]}\n";
  const options = {
    answer: says(CHAT, { text: "Yes" }),
    provider: CHAT.entry,
    config,
  };
  await withGateway(options, async ({ url, upstream }) => {
    const ask: Params = { model: CHAT.model, input: QUESTION };
    await sdk(url).responses.create(ask);
    await sdk(url, {
      apiKey: "made-up",
      defaultHeaders: { "x-api-key": "key-of-the-caller-0000" },
    }).responses.create(ask);
    assertEquals(upstream.asked.length, 2);
    const error = await assertRejects(
      () => sdk(url, { apiKey: "another-key-000000" }).responses.create(ask),
      OpenAI.AuthenticationError,
    );
    assertEquals(error.code, "invalid_api_key");
    assertEquals(upstream.asked.length, 2);
  });
});

Deno.test("K1, K17: a Responses client is told which field is wrong, and of unknown models and bad JSON", async () => {
  await withMock(async ({ url }) => {
    const { responses } = sdk(url);
    const unknown = await assertRejects(
      () => responses.create({ ...PING, model: "nobody/none" }),
      OpenAI.NotFoundError,
    );
    assertEquals([unknown.code, unknown.param], ["model_not_found", "model"]);
    const wrong: [Record<string, unknown>, string][] = [
      [{ input: undefined }, "input"],
      [{ input: 5 }, "input"],
      [{ input: [5] }, "input[0]"],
      [{ input: [{ role: "user", content: 5 }] }, "input[0].content"],
      [{ temperature: "hot" }, "temperature"],
      [{ max_output_tokens: "5" }, "max_output_tokens"],
      [{ tools: [{ type: "function", name: 5 }] }, "tools[0].name"],
      [{ tools: [{ type: "web_search" }] }, "tools[0].type"],
      [{ model: null }, "model"],
    ];
    for (const [change, param] of wrong) {
      const error = await assertRejects(
        () => responses.create({ ...PING, ...change } as Params),
        OpenAI.BadRequestError,
      );
      assertEquals([error.type, error.param], ["invalid_request_error", param]);
    }
    const bodies: [string, string, number][] = [
      ['{"model":', "application/json", 400],
      ["[]", "application/json", 400],
      ["{}", "text/plain", 415],
    ];
    for (const [body, type, status] of bodies) {
      const answer = await fetch(`${url}/v1/responses`, {
        method: "POST",
        headers: { "content-type": type },
        body,
      });
      assertEquals(answer.status, status);
      assertEquals((await answer.json()).error.type, "invalid_request_error");
    }
  });
});
