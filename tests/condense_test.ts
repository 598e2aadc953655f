// Conversations that are too long, on their way through the gateway.
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type Asked, eventStream, json } from "./_answering_upstream.ts";
import { CHAT_PIECES } from "./_wire_pieces.ts";
import { ANTHROPIC, logLine, withGateway } from "./_with_gateway.ts";

const KEY = "key-of-the-client-0000";

/** Words of some 1.3 tokens each. */
function long(word: string, count = 400): string {
  return `${word} `.repeat(count);
}

/** A conversation of questions and answers, each with a fact of its own. */
function turns(count: number): OpenAI.ChatCompletionMessageParam[] {
  return [
    { role: "system", content: "The code word is swordfish." },
    ...Array.from({ length: count }, (_, turn) => [
      { role: "user" as const, content: `fact-${turn} ${long("river")}` },
      { role: "assistant" as const, content: `noted-${turn} ${long("stone")}` },
    ]).flat(),
    { role: "user", content: "What is the code word?" },
  ];
}

/** Answers with all that it was told, so that a test sees what the model would. */
function echo({ body, text }: Asked): Response {
  const input = Math.ceil(text.length / 4.5);
  return json({
    id: "c",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{
      index: 0,
      finish_reason: "stop",
      message: { role: "assistant", content: JSON.stringify(body.messages) },
    }],
    usage: {
      prompt_tokens: input,
      completion_tokens: 5,
      total_tokens: input + 5,
    },
  });
}

/** As OpenAI says that a request is too long. */
function tooLong(limit: number): Response {
  const message =
    `This model's maximum context length is ${limit} tokens. However, your messages resulted in 30000 tokens. Please reduce the length of the messages.`;
  const error = {
    message,
    type: "invalid_request_error",
    param: "messages",
    code: "context_length_exceeded",
  };
  return json({ error }, { status: 400 });
}

const openai = (url: string) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 0 });

Deno.test("condense: a long conversation is shortened at a threshold, tells so, and keeps what is to be kept", async () => {
  await withGateway({
    answer: echo,
    config: "condensation: {enabled: true, truncation_threshold: 4000}",
  }, async ({ url, upstream, log }) => {
    const client = openai(url);
    const { data, response } = await client.chat.completions.create({
      model: "up/gpt-4o",
      messages: turns(30),
    }).withResponse();
    const answer = data.choices[0]?.message.content ?? "";
    for (const kept of ["swordfish", "What is the code word?", "fact-29"]) {
      assertStringIncludes(answer, kept);
    }
    assert(!answer.includes("fact-0 "));
    const header = response.headers.get("x-llm-proxy-condensed") ?? "";
    assert(
      /^before=\d+, after=\d+, dropped=\d+, reason=threshold$/.test(header),
      header,
    );
    assertStringIncludes(
      response.headers.get("x-llm-proxy-loss") ?? "",
      "changed: messages (condensed)",
    );
    const line = await logLine({ log });
    assertEquals(line.condensed_by, header);
    assertGreater(Number(line.condensed_from_tokens), 20_000);
    assertLess(Number(line.condensed_to_tokens), 4_000);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assertStringIncludes(
      metrics,
      'proxy_api_condensations_total{reason="threshold"} 1',
    );
    // A short one passes byte for byte.
    const short = await client.chat.completions.create({
      model: "up/gpt-4o",
      messages: turns(1),
    }).withResponse();
    assertEquals(short.response.headers.get("x-llm-proxy-condensed"), null);
    assertEquals(upstream.asked[1]?.body.messages, turns(1));
  });
});

Deno.test("condense: when a provider says that a request is too long it is shortened and sent once more", async () => {
  await withGateway({
    answer: (asked) =>
      asked.text.length > 24_000
        ? tooLong(8_192)
        : asked.body.stream
        ? eventStream(
          CHAT_PIECES.start + CHAT_PIECES.text("hi") + CHAT_PIECES.finish,
        )
        : echo(asked),
    config: "routes: [{match: m, targets: [up/gpt-4o], condense: {on: error}}]",
  }, async ({ url, upstream }) => {
    for (const stream of [false, true]) {
      const { length } = upstream.asked;
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "m",
          stream,
          max_tokens: 100,
          messages: turns(30),
        }),
      });
      await response.body?.cancel();
      assertEquals(upstream.asked.length, length + 2);
      assertEquals(response.status, 200);
      assertEquals(response.headers.get("x-llm-proxy-attempts"), "2");
      assertStringIncludes(
        response.headers.get("x-llm-proxy-condensed") ?? "",
        "reason=error",
      );
    }
  });
});

Deno.test("condense: it is sent once more and no oftener, and the error is the provider's", async () => {
  await withGateway({
    answer: () => tooLong(50),
    config: "condensation: {enabled: true}",
  }, async ({ url, upstream }) => {
    const error = await assertRejects(
      () =>
        openai(url).chat.completions.create({
          model: "up/gpt-4o",
          messages: turns(30),
        }),
      OpenAI.BadRequestError,
    );
    assertEquals(error.code, "context_length_exceeded");
    assertEquals(upstream.asked.length, 2);
  });
});

Deno.test("condense: a text of the config's tells it as well; other errors are nobody's length", async () => {
  for (const [message, sent] of [["Too many words here", 2], ["Odd", 1]]) {
    await withGateway({
      answer: (asked, number) =>
        number === 0
          ? json({ error: { message } }, { status: 400 })
          : echo(asked),
      config: "condensation: {enabled: true, error_patterns: [too many words]}",
    }, async ({ url, upstream }) => {
      await openai(url).chat.completions.create({
        model: "up/x",
        messages: turns(9),
      }).catch(() => {});
      assertEquals(upstream.asked.length, sent);
    });
  }
});

Deno.test("condense: what fits no window is shortened to the largest one", async () => {
  await withGateway({
    provider:
      "name: up, type: openai_compatible, models: [{name: small, context_window: 6000}]",
    answer: echo,
    config: "condensation: {enabled: true}",
  }, async ({ url, upstream, log }) => {
    const answer = await openai(url).chat.completions.create({
      model: "up/small",
      max_tokens: 1_000,
      messages: turns(30),
    });
    assertStringIncludes(
      answer.choices[0]?.message.content ?? "",
      "swordfish",
    );
    assertEquals(upstream.asked.length, 1);
    assertLess(Number((await logLine({ log })).condensed_to_tokens), 5_000);
  });
});

Deno.test("condense: Messages clients keep their calls with their results, in their own dialect and another", async () => {
  const messages: Anthropic.MessageParam[] = [
    { role: "user", content: "Read the files" },
    ...Array.from({ length: 20 }, (_, turn): Anthropic.MessageParam[] => [
      {
        role: "assistant",
        content: [{
          type: "tool_use",
          id: `toolu_${turn}`,
          name: "read",
          input: { turn },
        }],
      },
      {
        role: "user",
        content: [{
          type: "tool_result",
          tool_use_id: `toolu_${turn}`,
          content: `file-${turn} ${long("river")}`,
        }],
      },
    ]).flat(),
  ];
  const tools: Anthropic.Tool[] = [
    { name: "read", input_schema: { type: "object" } },
  ];
  const answers = {
    anthropic: () =>
      json({
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-x",
        content: [{ type: "text", text: "ok" }],
        stop_reason: "end_turn",
        stop_sequence: null,
        usage: { input_tokens: 9, output_tokens: 1 },
      }),
    openai: echo,
  };
  for (const kind of ["anthropic", "openai"] as const) {
    await withGateway({
      answer: answers[kind],
      ...(kind === "anthropic" && { provider: ANTHROPIC }),
      config: "condensation: {enabled: true, truncation_threshold: 4000}",
    }, async ({ url, upstream }) => {
      const client = new Anthropic({
        baseURL: url,
        apiKey: KEY,
        maxRetries: 0,
      });
      const { response } = await client.messages.create({
        model: kind === "anthropic" ? "claude/claude-x" : "up/x",
        max_tokens: 100,
        system: "Be careful",
        tools,
        messages,
      }).withResponse();
      assertStringIncludes(
        response.headers.get("x-llm-proxy-condensed") ?? "",
        "dropped=",
      );
      const sent = upstream.asked[0]?.text ?? "";
      assertStringIncludes(sent, "Be careful");
      assertStringIncludes(sent, "Read the files");
      assertStringIncludes(sent, "file-19");
      assert(!sent.includes("file-0 "));
      const ids = (name: string) =>
        [...sent.matchAll(new RegExp(`"${name}":"(toolu_\\d+)"`, "g"))]
          .map(([, id]) => id).sort();
      const calls = ids("id");
      assertGreater(calls.length, 0);
      assertEquals(
        calls,
        ids(kind === "anthropic" ? "tool_use_id" : "tool_call_id"),
      );
    });
  }
});

Deno.test("condense: a chosen model sums up, by tenant and piece by piece, and its failure costs the summary alone", async () => {
  let fails = false;
  const answer = (asked: Asked): Response => {
    if (asked.body.model !== "summer") return echo(asked);
    if (fails) return json({ error: { message: "down" } }, { status: 500 });
    const facts = asked.text.match(/fact-\d+/g) ?? [];
    return json({
      id: "s",
      object: "chat.completion",
      created: 1,
      model: "summer",
      choices: [{
        index: 0,
        finish_reason: "stop",
        message: { role: "assistant", content: `sum: ${facts.join(" ")}` },
      }],
      usage: { prompt_tokens: 70, completion_tokens: 7, total_tokens: 77 },
    });
  };
  await withGateway({
    answer,
    provider: "name: up, type: openai_compatible, max_retries: 0",
    config: `auth: {api_keys: [${KEY}, another-client-key-0000]}
condensation:
  enabled: true
  truncation_threshold: 8000
  strategies: [summarize]
  summary_model: up/summer
`,
  }, async ({ url, upstream, log }) => {
    const ask = async (count: number, key = KEY) => {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key });
      const { choices } = await client.chat.completions.create({
        model: "up/m",
        messages: turns(count),
      });
      return choices[0]?.message.content ?? "";
    };
    const summed = () =>
      upstream.asked.filter(({ body }) => body.model === "summer").length;
    const said = await ask(16);
    for (const fact of [0, 7, 15]) assertStringIncludes(said, `fact-${fact}`);
    // Each summary is a request with a line of its own, before that of its cause.
    const line = await logLine({ log }, summed());
    assertEquals(
      [line.summary_input_tokens, line.summary_output_tokens],
      [70 * summed(), 7 * summed()],
    );
    const first = summed();
    assertGreater(first, 0);
    // The same again, and a little longer: nothing new is summed up.
    await ask(16);
    assertEquals(summed(), first);
    // Another caller's are others.
    await ask(16, "another-client-key-0000");
    assertEquals(summed(), first * 2);
    fails = true;
    const without = await ask(40);
    assertStringIncludes(without, "swordfish");
    assertStringIncludes(without, "fact-39");
    assert(!without.includes("fact-0 "));
  });
});

Deno.test("condense: POST /v1/condense gives shorter messages back and sends nothing", async () => {
  await withGateway({ answer: echo }, async ({ url, upstream }) => {
    const condense = async (more: object) => {
      const response = await fetch(`${url}/v1/condense`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "up/gpt-4o",
          messages: turns(30),
          ...more,
        }),
      });
      return { status: response.status, body: await response.json() };
    };
    const { status, body } = await condense({ limit: 4_000 });
    assertEquals(status, 200);
    assertEquals(body.object, "condensation");
    assertEquals(body.messages[0], turns(0)[0]);
    assertEquals(body.messages.at(-1), turns(0)[1]);
    assert(body.fits && body.tokens.after < 4_000 && body.dropped > 10);
    assertEquals(body.tokens.estimated, true);
    for (
      const wrong of [
        { limit: 0 },
        { limit: "4000" },
        { strategies: [] },
        { strategies: ["guess"] },
        // No model sums up here.
        { strategies: ["summarize"] },
        { messages: [] },
      ]
    ) assertEquals((await condense(wrong)).status, 400, JSON.stringify(wrong));
    assertEquals(upstream.asked.length, 0);
  });
});

Deno.test("condense: a route can be left as it is", async () => {
  await withGateway({
    answer: echo,
    config: `condensation: {enabled: true, truncation_threshold: 4000}
routes: [{match: whole, targets: [up/m], condense: false}]
`,
  }, async ({ url, upstream }) => {
    await openai(url).chat.completions.create({
      model: "whole",
      messages: turns(30),
    });
    assertEquals(upstream.asked[0]?.body.messages, turns(30));
  });
});

Deno.test("condense: clients of Responses and of Gemini are served alike", async () => {
  const requests = [
    {
      path: "/v1/responses",
      body: {
        model: "up/m",
        instructions: "The code word is swordfish.",
        input: turns(30).slice(1),
      },
    },
    {
      path: "/v1beta/models/up%2Fm:generateContent",
      body: {
        systemInstruction: { parts: [{ text: "The code word is swordfish." }] },
        contents: turns(30).slice(1).map(({ role, content }) => ({
          role: role === "assistant" ? "model" : "user",
          parts: [{ text: content }],
        })),
      },
    },
  ];
  await withGateway({
    answer: echo,
    config: "condensation: {enabled: true, truncation_threshold: 4000}",
  }, async ({ url, upstream }) => {
    for (const { path, body } of requests) {
      const response = await fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      assertEquals(response.status, 200, text.slice(0, 300));
      assertStringIncludes(
        response.headers.get("x-llm-proxy-condensed") ?? "",
        "reason=threshold",
      );
      const sent = upstream.asked.at(-1)?.text ?? "";
      assertStringIncludes(sent, "swordfish");
      assertStringIncludes(sent, "What is the code word?");
      assert(!sent.includes("fact-0 "), path);
    }
  });
});

Deno.test("condense: what only its own dialect has words for passes as it is", async () => {
  const odd = { role: "user", content: [{ type: "hologram", hologram: 1 }] };
  await withGateway({
    answer: echo,
    config: "condensation: {enabled: true, truncation_threshold: 4000}",
  }, async ({ url, upstream }) => {
    const messages = [...turns(30), odd];
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "up/m", messages }),
    });
    await response.body?.cancel();
    assertEquals(response.status, 200);
    assertEquals(upstream.asked[0]?.body.messages, messages);
  });
});
