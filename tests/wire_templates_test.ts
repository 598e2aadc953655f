/**
 * What templates of models can't do, or do besides: thought between tags in
 * what is said, and no system messages.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Asked, json } from "./_answering_upstream.ts";
import { chatStream, completion } from "./_chat_answers.ts";
import { CLIENTS } from "./_replay_clients.ts";
import { logLine, withGateway } from "./_with_gateway.ts";

const SAID = "<think>\nTwo of them.\n</think>\n\nIt is 2.";

/** Says this, in pieces of one letter where a stream is asked for. */
function says(text: string): (asked: Asked) => Response {
  return ({ body }) =>
    body.stream
      ? chatStream([...text].map((content) => ({ content })))
      : completion({ content: text });
}

for (const client of CLIENTS) {
  for (const stream of [false, true]) {
    const how = stream ? "streamed" : "whole";
    Deno.test(`J27: ${client.name} clients get thought that a model writes between tags, ${how}`, async () => {
      const provider =
        "name: p, type: openai_compatible, think_tags: tagged, models: [m, {name: n, think_tags: open}]";
      for (const [model, text] of [["m", SAID], ["n", SAID.slice(7)]]) {
        await withGateway(
          { answer: says(text!), provider },
          async ({ url }) => {
            const answer = await client.read({
              url,
              model: `p/${model}`,
              stream,
            });
            assertEquals([answer.reasoning, answer.text], [
              "Two of them.",
              "It is 2.",
            ]);
          },
        );
      }
    });
  }

  Deno.test(`J27: ${client.name} clients get tags as they are where nothing says otherwise`, async () => {
    const provider = "name: p, type: openai_compatible";
    await withGateway({ answer: says(SAID), provider }, async ({ url }) => {
      for (const stream of [false, true]) {
        const answer = await client.read({ url, model: "p/m", stream });
        assertEquals([answer.reasoning, answer.text], ["", SAID]);
      }
    });
  });
}

/** A conversation with instructions at its head and within, by the client's dialect. */
const ASKS: readonly (readonly [path: string, body: object])[] = [
  ["/v1/chat/completions", {
    model: "p/m",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "developer", content: "Be kind." },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
      { role: "system", content: "In French." },
      { role: "user", content: "Bye" },
    ],
  }],
  ["/v1/messages", {
    model: "p/m",
    max_tokens: 16,
    system: [{ type: "text", text: "Be brief." }, {
      type: "text",
      text: "Be kind.",
    }],
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
      { role: "system", content: "In French." },
      { role: "user", content: "Bye" },
    ],
  }],
  ["/v1/responses", {
    model: "p/m",
    instructions: "Be brief.",
    input: [
      { role: "system", content: "Be kind." },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
      { role: "developer", content: "In French." },
      { role: "user", content: "Bye" },
    ],
  }],
];

for (const [path, body] of ASKS) {
  for (const type of ["openai_compatible", "gemini"]) {
    Deno.test(`A22: system messages at ${path} are the user's where a model of ${type} refuses them`, async () => {
      const answer = (): Response =>
        type === "gemini"
          ? json({
            candidates: [{
              content: { role: "model", parts: [{ text: "Au revoir" }] },
              finishReason: "STOP",
            }],
            usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 },
          })
          : completion({ content: "Au revoir" });
      const provider =
        `name: p, type: ${type}, api_key: key-of-p-000000, models: [{name: m, system_messages: false}]`;
      await withGateway({ answer, provider }, async (running) => {
        const response = await fetch(running.url + path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        await response.text();
        assertEquals(response.status, 200);
        const { body: sent } = running.upstream.asked[0]!;
        const told: [string, string][] = type === "gemini"
          ? sent.contents.map((
            { role, parts }: { role: string; parts: { text: string }[] },
          ) => [role, parts.map(({ text }) => text).join("|")])
          : sent.messages.map((
            { role, content }: { role: string; content: string },
          ) => [role, content]);
        assertEquals(sent.systemInstruction, undefined);
        assertEquals(told, [
          ["user", "Be brief.\n\nBe kind.\n\nHi"],
          [type === "gemini" ? "model" : "assistant", "Hello"],
          ["user", "In French.\n\nBye"],
        ]);
        const { loss } = await logLine(running);
        assert(String(loss).includes("the user's at p"), String(loss));
      });
    });
  }
}

Deno.test("A22: without system messages a chat passes as it is", async () => {
  const provider = "name: p, type: vllm, system_messages: false";
  const answer = () => completion({ content: "Hi" });
  await withGateway({ answer, provider }, async ({ url, upstream }) => {
    const body =
      `{"model":"p/m","x":1.0,"messages":[{"role":"user","content":"Hi"}]}`;
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    await response.text();
    assertEquals(upstream.asked[0]?.text, body.replace("p/m", "m"));
  });
});
