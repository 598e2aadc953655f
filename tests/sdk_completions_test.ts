import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { eventStream, json } from "./_answering_upstream.ts";
import { ANTHROPIC, logLine, withGateway, withMock } from "./_with_gateway.ts";

function sdk(url: string): OpenAI {
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "key-of-the-caller-0000",
    maxRetries: 0,
  });
}

Deno.test("a completions client gets a conversation's words, whole and streamed", async () => {
  await withMock(async (gateway) => {
    const { completions } = sdk(gateway.url);
    const ask = { model: "mock/echo", prompt: "ping one two", logprobs: 1 };
    const { data: whole, response } = await completions.create(ask)
      .withResponse();
    assertEquals(whole.object, "text_completion");
    const [choice] = whole.choices;
    assertEquals([choice?.text, choice?.finish_reason], [
      "ping one two",
      "stop",
    ]);
    assertEquals(whole.usage?.completion_tokens, 3);
    assertMatch(response.headers.get("x-llm-proxy-loss") ?? "", /logprobs/);
    const stream = await completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    const finishes: unknown[] = [];
    let total = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.text ?? "";
      finishes.push(chunk.choices[0]?.finish_reason);
      total = chunk.usage?.total_tokens ?? total;
    }
    assertEquals(text, "ping one two");
    assertEquals(finishes.filter(Boolean), ["stop"]);
    assertEquals(total, 6);
    const line = await logLine(gateway);
    assertEquals([line.route, line.dialect, line.output_tokens], [
      "/v1/completions",
      "openai_completions",
      3,
    ]);
  });
});

Deno.test("A7: what only real completions have is refused where a provider has none", async () => {
  await withMock(async ({ url }) => {
    const { completions } = sdk(url);
    for (
      const more of [
        { n: 2 },
        { suffix: "end" },
        { echo: true },
        {
          prompt: ["a", "b"],
        },
        { prompt: [1, 2] },
        { prompt: "" },
      ]
    ) {
      const error = await assertRejects(
        () => completions.create({ model: "mock/echo", prompt: "a", ...more }),
        OpenAI.BadRequestError,
      );
      assertEquals(error.param, Object.keys(more)[0]);
    }
  });
});

const DELTA = { id: "cmpl-1", object: "text_completion", model: "m" };
const EVENTS = [
  { ...DELTA, choices: [{ text: "pi", index: 0, finish_reason: null }] },
  { ...DELTA, choices: [{ text: "ng", index: 0, finish_reason: "stop" }] },
  {
    ...DELTA,
    choices: [],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  },
].map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

Deno.test("a provider that has completions gets the request as it is", async () => {
  const answer = {
    ...DELTA,
    choices: [{ text: "ping", index: 0, finish_reason: "length" }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  };
  await withGateway({
    answer: ({ body }) =>
      body.stream
        ? eventStream(
          `${EVENTS}${body.prompt === "cut" ? "" : "data: [DONE]\n\n"}`,
        )
        : json(answer),
  }, async (gateway) => {
    const { completions } = sdk(gateway.url);
    const ask = { model: "up/m", prompt: "a", suffix: "z", echo: true };
    assertEquals(await completions.create(ask) as unknown, answer);
    const [{ path, body } = {}] = gateway.upstream.asked;
    assertEquals([path, body], ["/v1/completions", { ...ask, model: "m" }]);
    const chunks = await Array.fromAsync(
      await completions.create({ ...ask, stream: true }),
    );
    assertEquals(chunks.map(({ choices }) => choices[0]?.text), ["pi", "ng"]);
    const line = await logLine(gateway, 1);
    assertEquals([line.output_tokens, line.finish], [2, "stop"]);
    const cut = await completions.create({
      ...ask,
      prompt: "cut",
      stream: true,
    });
    const seen: unknown[] = [];
    await assertRejects(async () => {
      for await (const { choices } of cut) seen.push(choices[0]?.finish_reason);
    }, OpenAI.APIError);
    assertEquals(seen, [null]);
  });
});

Deno.test("a completions client reaches Anthropic", async () => {
  await withGateway({
    provider: ANTHROPIC,
    answer: () =>
      json({
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-x",
        content: [
          { type: "thinking", thinking: "hm", signature: "s" },
          { type: "text", text: "ping" },
        ],
        stop_reason: "max_tokens",
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 2 },
      }),
  }, async ({ url, upstream }) => {
    const { data, response } = await sdk(url).completions.create({
      model: "claude/claude-x",
      prompt: "say ping",
      max_tokens: 5,
    }).withResponse();
    assertEquals([data.choices[0]?.text, data.choices[0]?.finish_reason], [
      "ping",
      "length",
    ]);
    assertMatch(response.headers.get("x-llm-proxy-loss") ?? "", /reasoning/);
    assertEquals(upstream.asked[0]?.path, "/v1/messages");
    assertEquals(upstream.asked[0]?.body.messages[0].role, "user");
  });
});
