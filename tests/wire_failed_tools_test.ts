/**
 * That a tool failed reaches every provider, in its own word where it has one
 * and in the result's text where it has none.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { json } from "./_answering_upstream.ts";
import {
  BEDROCK,
  LOOP_SPEAKERS,
  VERTEX_CLAUDE,
  VERTEX_GEMINI,
} from "./_cloud_speakers.ts";
import { ANTHROPIC, GEMINI, type Said, says } from "./_speakers.ts";
import { logLine, withGateway } from "./_with_gateway.ts";

const TEXT = "No such city";
const SAID: Said = { text: "It failed." };
const CALL = { id: "call_1", name: "weather" };

/** What each client can say of a failed tool. */
const CLIENTS: Readonly<Record<string, (model: string) => [string, object]>> = {
  Messages: (model) => ["/v1/messages", {
    model,
    max_tokens: 16,
    tools: [{ name: "weather", input_schema: { type: "object" } }],
    messages: [
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        content: [{ type: "tool_use", ...CALL, input: {} }],
      },
      {
        role: "user",
        content: [{
          type: "tool_result",
          tool_use_id: CALL.id,
          content: TEXT,
          is_error: true,
        }],
      },
    ],
  }],
  Gemini: (model) => [`/v1beta/models/${model}:generateContent`, {
    tools: [{ functionDeclarations: [{ name: "weather" }] }],
    contents: [
      { role: "user", parts: [{ text: "Hi" }] },
      { role: "model", parts: [{ functionCall: { ...CALL, args: {} } }] },
      {
        role: "user",
        parts: [{ functionResponse: { ...CALL, response: { error: TEXT } } }],
      },
    ],
  }],
};

/** How each provider is told, where it has a word for it. */
const WORDS: ReadonlyMap<string, RegExp> = new Map([
  [ANTHROPIC.name, /"is_error":true/],
  [VERTEX_CLAUDE.name, /"is_error":true/],
  [BEDROCK.name, /"status":"error"/],
  [GEMINI.name, /"response":\{"error":"No such city"\}/],
  [VERTEX_GEMINI.name, /"response":\{"error":"No such city"\}/],
]);

for (const [client, request] of Object.entries(CLIENTS)) {
  for (const speaker of LOOP_SPEAKERS) {
    // There bytes pass by InvokeModel.
    if (client === "Messages" && speaker === BEDROCK) continue;
    Deno.test(`C10: a ${client} client's failed tool is one at ${speaker.name}`, async () => {
      await withGateway({
        answer: says(speaker as Parameters<typeof says>[0], SAID),
        provider: `name: p, ${speaker.entry}`,
      }, async (running) => {
        const [path, body] = request(`p/${speaker.model}`);
        const response = await fetch(running.url + path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        assertEquals(response.status, 200, await response.text());
        const { text } = running.upstream.asked[0]!;
        const word = WORDS.get(speaker.name);
        assert((word ?? /Error: No such city/).test(text), text);
        const { loss } = await logLine(running);
        const isTold = String(loss ?? "").includes("is_error");
        assertEquals(isTold, word === undefined, String(loss));
      });
    });
  }

  for (
    const [type, answer] of [
      ["ollama", {
        model: "m",
        message: { role: "assistant", content: "Oh" },
        done: true,
        done_reason: "stop",
      }],
      ["cohere", {
        id: "1",
        finish_reason: "COMPLETE",
        message: { role: "assistant", content: [{ type: "text", text: "Oh" }] },
      }],
    ] as const
  ) {
    Deno.test(`C10: a ${client} client's failed tool is told in words at ${type}`, async () => {
      await withGateway({
        answer: () => json(answer),
        provider: `name: p, type: ${type}, api_key: key-of-p-000000`,
      }, async (running) => {
        const [path, body] = request("p/m");
        const response = await fetch(running.url + path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        assertEquals(response.status, 200, await response.text());
        const { text } = running.upstream.asked[0]!;
        assert(text.includes("Error: No such city"), text);
        assert(String((await logLine(running)).loss).includes("is_error"));
      });
    });
  }
}
