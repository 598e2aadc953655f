/**
 * Ends of answers for which dialects have words of their own, before each SDK.
 *
 * @module
 */

import "./_no_hostname.ts";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { assert, assertEquals } from "@std/assert";
import OpenAI from "openai";
import { type Asked, eventStream, json } from "./_answering_upstream.ts";
import * as chat from "./_chat_answers.ts";
import * as messages from "./_message_answers.ts";
import { logLine, withGateway } from "./_with_gateway.ts";

const KEY = "key-of-the-caller-0000";
const WORDS = "I can't help with that.";
const CLAUDE = "name: p, type: anthropic, api_key: ant-Vb6Nm5Zx";
const HI = [{ role: "user" as const, content: "Hi" }];

function openAi(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 0 });
}

Deno.test("A26, C22: a refusal in words explains the stop reason of a Messages client", async () => {
  const answer = ({ body }: Asked): Response =>
    body.stream
      ? eventStream(
        chat.chunk({ role: "assistant", content: null, refusal: "" }) +
          chat.chunk({ refusal: WORDS.slice(0, 9) }) +
          chat.chunk({ refusal: WORDS.slice(9) }) + chat.chunk({}, "stop") +
          "data: [DONE]\n\n",
      )
      : chat.completion({ content: null, refusal: WORDS }, "stop");
  const provider = "name: p, type: openai_compatible";
  await withGateway({ answer, provider }, async ({ url }) => {
    const client = new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 0 });
    const ask = { model: "p/m", max_tokens: 64, messages: HI };
    for (
      const message of [
        await client.messages.create(ask),
        await client.messages.stream(ask).finalMessage(),
      ]
    ) {
      assertEquals<unknown>(
        [message.stop_reason, message.content, message.stop_details],
        ["refusal", [], {
          type: "refusal",
          category: null,
          explanation: WORDS,
        }],
      );
    }
  });
});

Deno.test("A26, C22: an explained refusal of Claude is a refusal to Chat and Responses clients", async () => {
  const details = { type: "refusal", category: "bio", explanation: WORDS };
  const answer = ({ body }: Asked): Response =>
    body.stream
      ? eventStream(
        messages.messageEvents([]).replace(
          /"stop_reason":"[^"]*"/,
          `"stop_reason":"refusal","stop_details":${JSON.stringify(details)}`,
        ),
      )
      : json({
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-up",
        content: [],
        stop_reason: "refusal",
        stop_sequence: null,
        stop_details: details,
        usage: { input_tokens: 3, output_tokens: 0 },
      });
  await withGateway({ answer, provider: CLAUDE }, async ({ url }) => {
    const client = openAi(url);
    const ask = { model: "p/claude-sonnet-4-5", messages: HI };
    for (
      const { choices: [choice] } of [
        await client.chat.completions.create(ask),
        await client.chat.completions.stream(ask).finalChatCompletion(),
      ]
    ) {
      const { content, refusal } = choice!.message;
      assertEquals(
        [content ?? "", refusal, choice?.finish_reason],
        ["", WORDS, "content_filter"],
      );
    }
    const asked = { model: "p/claude-sonnet-4-5", input: "Hi" };
    for (
      const { output } of [
        await client.responses.create(asked),
        await client.responses.stream(asked).finalResponse(),
      ]
    ) {
      const [item] = output;
      assert(item?.type === "message");
      const [part] = item.content;
      assert(part?.type === "refusal" && item.content.length === 1);
      assertEquals(part.refusal, WORDS);
    }
  });
});

Deno.test("C21: a paused turn is one that is cut, and told as a loss, to all but Messages clients", async () => {
  const text = [{ type: "text", text: "I search." }];
  const answer = ({ body }: Asked): Response =>
    body.stream
      ? messages.messageStream(text, "pause_turn")
      : messages.message(text, "pause_turn");
  await withGateway({ answer, provider: CLAUDE }, async ({ url, log }) => {
    const client = openAi(url);
    const model = "p/claude-sonnet-4-5";
    for (
      const { choices: [choice] } of [
        await client.chat.completions.create({ model, messages: HI }),
        await client.chat.completions.stream({ model, messages: HI })
          .finalChatCompletion(),
      ]
    ) assertEquals(choice?.finish_reason, "length");
    for (
      const { status, incomplete_details: details } of [
        await client.responses.create({ model, input: "Hi" }),
        await client.responses.stream({ model, input: "Hi" }).finalResponse(),
      ]
    ) {
      assertEquals([status, details?.reason], [
        "incomplete",
        "max_output_tokens",
      ]);
    }
    const google = new GoogleGenAI({
      apiKey: KEY,
      httpOptions: { baseUrl: url },
    });
    const { candidates } = await google.models.generateContent({
      model,
      contents: "Hi",
    });
    assertEquals<unknown>(candidates?.[0]?.finishReason, "MAX_TOKENS");
    const own = new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 0 });
    const { stop_reason: reason } = await own.messages.create({
      model,
      max_tokens: 64,
      messages: HI,
    });
    assertEquals(reason, "pause_turn");
    for (let number = 0; number < 6; number++) {
      const { loss } = await logLine({ log }, number);
      const told = number === 5
        ? undefined
        : "approximated: answer.stop_reason (pause_turn)";
      assertEquals(loss, told);
    }
  });
});
