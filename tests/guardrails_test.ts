// What guardrails let pass, change and refuse, before the clients that programs have.
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createHmac } from "node:crypto";
import {
  type Asked,
  eventStream,
  json,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { ANTHROPIC, logLine, withGateway } from "./_with_gateway.ts";

const KEY = "key-of-the-client-0000";

const openai = (url: string) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 0 });
const anthropic = (url: string) =>
  new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 0 });

/** An answer of OpenAI's, whole or in pieces of so many letters. */
function say(text: string, { body }: Asked, size = 3): Response {
  const head = { id: "c1", created: 1, model: "m" };
  if (!body.stream) {
    return json({
      ...head,
      object: "chat.completion",
      system_fingerprint: "fp_kept",
      choices: [{
        index: 0,
        finish_reason: "stop",
        message: { role: "assistant", content: text },
      }],
      usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 },
    });
  }
  const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
  const event = (delta: object, finish: string | null = null): string =>
    `data: ${
      JSON.stringify({
        ...head,
        object: "chat.completion.chunk",
        choices: [{ index: 0, delta, finish_reason: finish }],
      })
    }\n\n`;
  return eventStream(
    event({ role: "assistant", content: "" }) +
      pieces.map((content) => event({ content })).join("") +
      event({}, "stop") + "data: [DONE]\n\n",
  );
}

/** Answers with the last words of the question. */
const echo = (asked: Asked): Response =>
  say(String(asked.body.messages.at(-1).content), asked);

const CONFIG = `
guardrails:
  - {name: privacy, type: pii}
  - {name: words, type: deny, phrases: [project falcon]}
  - {name: filter, type: deny, phrases: [project eagle], on: output, mid_stream: content_filter}
  - {name: tickets, type: patterns, patterns: ['TICKET-\\d{6}'], on: output, window: 32}
  - {name: size, type: max, input_chars: 4000, output_chars: 3000}
default_guardrails: [privacy, words, filter, tickets, size]
`;

async function streamed(
  client: OpenAI,
  content: string,
): Promise<{ text: string; finish: string | null; error?: unknown }> {
  let text = "";
  let finish: string | null = null;
  try {
    const stream = await client.chat.completions.create({
      model: "up/m",
      stream: true,
      messages: [{ role: "user", content }],
    });
    for await (const { choices: [choice] } of stream) {
      text += choice?.delta.content ?? "";
      finish = choice?.finish_reason ?? finish;
    }
    return { text, finish };
  } catch (error) {
    return { text, finish, error };
  }
}

Deno.test("personal data stays here and is put back, for both SDKs, streaming and not", async () => {
  const said =
    "Write to ann@example.com or +49 30 901820, card 4111111111111111.";
  await withGateway({ answer: echo, config: CONFIG }, async (gateway) => {
    const { url, upstream } = gateway;
    const messages = [{ role: "user" as const, content: said }];
    const chat = await openai(url).chat.completions.create({
      model: "up/m",
      messages,
    });
    assertEquals(chat.choices[0]?.message.content, said);
    assertEquals((await streamed(openai(url), said)).text, said);
    const options = { model: "up/m", max_tokens: 100, messages };
    const message = await anthropic(url).messages.create(options);
    const [block] = message.content;
    assertEquals(block?.type === "text" && block.text, said);
    assertEquals(
      await anthropic(url).messages.stream(options).finalText(),
      said,
    );
    assertEquals(upstream.asked.length, 4);
    for (const { text } of upstream.asked) {
      for (const secret of ["ann@", "901820", "4111"]) {
        assert(!text.includes(secret), text);
      }
      assertStringIncludes(text, "[EMAIL_1] or [PHONE_1], card [CARD_1].");
    }
    const line = await logLine(gateway);
    assertEquals(
      line.guardrails,
      "privacy=masked, words=passed, filter=passed, tickets=passed, size=passed",
    );
    assert(!gateway.lines.join().includes("ann@"));
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assertStringIncludes(
      metrics,
      'proxy_api_guardrails_total{guardrail="privacy",outcome="masked"} 4',
    );
  });
});

Deno.test("what passes in its own dialect is masked in place and keeps what nobody knows", async () => {
  await withGateway(
    { answer: echo, config: CONFIG },
    async ({ url, upstream }) => {
      const body =
        '{"model":"up/m","x_new":{"a":1.50},"messages":[{"role":"user","x":12345678901234567890,"content":"ann@example.com"}], "seed":9007199254740993}';
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      const answer = await response.json();
      assertEquals(answer.choices[0].message.content, "ann@example.com");
      assertEquals(
        upstream.asked[0]?.text,
        body.replace("up/m", "m").replace("ann@example.com", "[EMAIL_1]"),
      );
      // Nothing had to be changed here: it is the provider's own answer.
      const plain = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: body.replace("ann@example.com", "hello"),
      });
      assertEquals((await plain.json()).system_fingerprint, "fp_kept");
    },
  );
});

Deno.test("a request that a guardrail refuses reaches nobody, and the words are not told", async () => {
  await withGateway({ answer: echo, config: CONFIG }, async (gateway) => {
    const { url, upstream } = gateway;
    const content = "Tell me of PROJECT\n  Fálcon";
    for (const stream of [false, true]) {
      const error = await assertRejects(
        () =>
          openai(url).chat.completions.create({
            model: "up/m",
            stream,
            messages: [{ role: "user", content }],
          }),
        OpenAI.BadRequestError,
        "The request was refused by the guardrail 'words'",
      );
      assertEquals(error.code, "content_policy_violation");
    }
    const error = await assertRejects(
      () =>
        anthropic(url).messages.create({
          model: "up/m",
          max_tokens: 9,
          messages: [{ role: "user", content }],
        }),
      Anthropic.BadRequestError,
    );
    assertStringIncludes(error.message, "'words'");
    await assertRejects(
      () =>
        openai(url).chat.completions.create({
          model: "up/m",
          messages: [{ role: "user", content: "x".repeat(5000) }],
        }),
      OpenAI.BadRequestError,
      "'size'",
    );
    assertEquals(upstream.asked.length, 0);
    const line = await logLine(gateway);
    assertEquals(line.status, 400);
    assertStringIncludes(String(line.guardrails), "words=refused");
    assert(!gateway.lines.join().toLowerCase().includes("falcon"));
  });
});

Deno.test("an answer that a guardrail refuses is a plain error, or ends its stream with one", async () => {
  let text = "";
  let size = 3;
  const answer = (asked: Asked): Response => say(text, asked, size);
  await withGateway({ answer, config: CONFIG }, async ({ url }) => {
    const ask = () =>
      openai(url).chat.completions.create({
        model: "up/m",
        messages: [{ role: "user", content: "hi" }],
      });
    text = `${"All is well. ".repeat(20)}This is Project Falcon.`;
    await assertRejects(ask, OpenAI.BadRequestError, "'words'");
    for (size of [1, 4, 1000]) {
      const { text: told, error } = await streamed(openai(url), "hi");
      assert(error instanceof OpenAI.APIError, String(error));
      assertStringIncludes(String(error), "'words'");
      assert(!/proj/i.test(told), told);
    }
    // The same before anything was told.
    text = "Project Falcon";
    size = 2;
    const early = await streamed(openai(url), "hi");
    assert(early.error instanceof OpenAI.BadRequestError);
    // And as the finish of a content filter.
    text = `${"All is well. ".repeat(20)}This is Project Eagle.`;
    const filtered = await streamed(openai(url), "hi");
    assertEquals(filtered.error, undefined);
    assertEquals(filtered.finish, "content_filter");
    assert(!/eagle/i.test(filtered.text));
    text = `${"All is well. ".repeat(20)}See TICKET-123456 and more.`;
    const matched = await streamed(openai(url), "hi");
    assertStringIncludes(String(matched.error), "'tickets'");
    assert(!matched.text.includes("TICKET"));
    const stream = anthropic(url).messages.stream({
      model: "up/m",
      max_tokens: 100,
      messages: [{ role: "user", content: "hi" }],
    });
    let told = "";
    stream.on("text", (delta) => told += delta);
    const error = await assertRejects(
      () => stream.finalMessage(),
      Anthropic.APIError,
    );
    assertStringIncludes(error.message, "'tickets'");
    assert(!told.includes("TICKET"));
    text = "word ".repeat(700);
    await assertRejects(ask, OpenAI.BadRequestError, "'size'");
    assert(
      (await streamed(openai(url), "hi")).error instanceof OpenAI.APIError,
    );
  });
});

Deno.test("a placeholder is put back in a tool's arguments, and what a request holds of its own stays", async () => {
  const answer = ({ body }: Asked): Response =>
    json({
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [{
        index: 0,
        finish_reason: "tool_calls",
        message: {
          role: "assistant",
          content: null,
          tool_calls: [{
            id: "call_1",
            type: "function",
            function: {
              name: "mail",
              arguments: JSON.stringify({ to: body.messages[0].content }),
            },
          }],
        },
      }],
    });
  await withGateway({ answer, config: CONFIG }, async ({ url }) => {
    const content = "[EMAIL_1] is not ann@example.com";
    const { choices: [choice] } = await openai(url).chat.completions.create({
      model: "up/m",
      messages: [{ role: "user", content }],
      tools: [{ type: "function", function: { name: "mail", parameters: {} } }],
    });
    const [call] = choice?.message.tool_calls ?? [];
    assert(call?.type === "function");
    assertEquals(JSON.parse(call.function.arguments), { to: content });
  });
});

Deno.test("an answer that does not fit its schema is repaired once, else refused", async () => {
  const config = `
guardrails:
  - {name: shape, type: json_schema, schema: {type: object, required: [name], properties: {name: {type: string}}}}
default_guardrails: [shape]
`;
  let answers: string[] = [];
  const answer = (asked: Asked, number: number): Response =>
    say(answers[number % answers.length] as string, asked);
  await withGateway({ answer, config }, async (gateway) => {
    const { url, upstream } = gateway;
    const ask = () =>
      openai(url).chat.completions.create({
        model: "up/m",
        messages: [{ role: "user", content: "hi" }],
      });
    answers = ["I think: {}", '{"name":"Ann"}'];
    const chat = await ask();
    assertEquals(chat.choices[0]?.message.content, '{"name":"Ann"}');
    assertEquals(chat.usage?.total_tokens, 20);
    const { messages } = upstream.asked[1]?.body ?? {};
    assertEquals(messages.map(({ role }: { role: string }) => role), [
      "user",
      "assistant",
      "user",
    ]);
    assertEquals((await streamed(openai(url), "hi")).text, '{"name":"Ann"}');
    const lines = [await logLine(gateway, 0), await logLine(gateway, 1)];
    assertEquals(lines.map(({ guardrails }) => guardrails), [
      undefined,
      "shape=repaired",
    ]);
    answers = ["no", "{}"];
    const error = await assertRejects(ask, OpenAI.APIError, "'shape'");
    assertEquals(error.status, 502);
    assertEquals(upstream.asked.length, 6);
    const late = await streamed(openai(url), "hi");
    assert(late.error instanceof OpenAI.APIError);
    assertEquals(late.text, "");
  });
});

Deno.test("a webhook is asked with signed texts, and decides", async () => {
  const secret = "secret-of-the-webhook-0001";
  let isWell = true;
  const webhook = startAnsweringUpstream(({ body, text, headers }) => {
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(
      headers["x-llm-proxy-signature"] ?? "",
    ) ?? [];
    const digest = createHmac("sha256", secret).update(`${t}.${text}`)
      .digest("hex");
    assertEquals(v1, digest);
    if (!isWell) return new Response(null, { status: 500 });
    return json({ allowed: !body.texts.join().includes("bad") });
  });
  const config = `
guardrails:
  - {name: privacy, type: pii}
  - {name: strict, type: webhook, url: "${webhook.origin}", secret: ${secret}, on: both}
  - {name: lax, type: webhook, url: "${webhook.origin}", secret: ${secret}, fail: open}
routes:
  - {match: strict, targets: [up/m], guardrails: [privacy, strict]}
  - {match: lax, targets: [up/m], guardrails: [lax]}
`;
  try {
    await withGateway({ answer: echo, config }, async (gateway) => {
      const ask = (model: string, content: string) =>
        openai(gateway.url).chat.completions.create({
          model,
          messages: [{ role: "user", content }],
        });
      const said = "fine, ann@example.com";
      assertEquals(
        (await ask("strict", said)).choices[0]?.message.content,
        said,
      );
      assertEquals(webhook.asked.length, 2);
      for (const { text } of webhook.asked) assert(!text.includes("ann@"));
      await assertRejects(
        () => ask("strict", "bad"),
        OpenAI.BadRequestError,
        "'strict'",
      );
      isWell = false;
      const error = await assertRejects(
        () => ask("strict", "fine"),
        OpenAI.APIError,
      );
      assertEquals(error.status, 503);
      assertEquals(error.code, "guardrail_unavailable");
      await ask("lax", "bad");
      assertEquals((await logLine(gateway, 3)).guardrails, "lax=failed_open");
      await ask("up/m", "bad");
      assertEquals((await logLine(gateway, 4)).guardrails, undefined);
    });
  } finally {
    await webhook.close();
  }
});

Deno.test("Anthropic's own streams pass guardrails as theirs", async () => {
  const events = (text: string) =>
    [
      {
        type: "message_start",
        message: {
          id: "msg_1",
          type: "message",
          role: "assistant",
          model: "c",
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 3, output_tokens: 1 },
        },
      },
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "text", text: "" },
      },
      ...[...text].map((letter) => ({
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text: letter },
      })),
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 9 },
      },
      { type: "message_stop" },
    ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join("");
  const answer = ({ body }: Asked): Response =>
    eventStream(
      events(body.messages[0].content[0]?.text ?? body.messages[0].content),
    );
  await withGateway(
    { answer, provider: ANTHROPIC, config: CONFIG },
    async ({ url, upstream }) => {
      const content = "Ask bob@example.org [now] 10.1.2.3";
      const message = await anthropic(url).messages.stream({
        model: "claude/c",
        max_tokens: 9,
        messages: [{ role: "user", content }],
      }).finalMessage();
      const [block] = message.content;
      assertEquals(block?.type === "text" && block.text, content);
      assertEquals(message.usage.output_tokens, 9);
      assert(!upstream.asked[0]?.text.includes("bob@"));
    },
  );
});

Deno.test("answers that are kept are put back to each caller's own words", async () => {
  const config = `${CONFIG}
caching: {response_cache: {enabled: true}}
`;
  await withGateway({ answer: echo, config }, async ({ url, upstream }) => {
    for (const name of ["ann", "bob"]) {
      const said = `Mail ${name}@example.com`;
      assertEquals((await streamed(openai(url), said)).text, said);
    }
    assertEquals(upstream.asked.length, 1);
  });
});
