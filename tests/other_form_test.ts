import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { assertEquals } from "@std/assert";
import OpenAI from "openai";
import { RESPONSES } from "./_responses_speaker.ts";
import { COUNTED, type Speaker, SPEAKERS } from "./_speakers.ts";
import { logLine, withGateway } from "./_with_gateway.ts";

const CALL = { id: "call_1", name: "weather", input: { city: "Rome" } };
const SAID = { text: "Let me look", calls: [CALL] };
const QUESTION = "Is it warm?";

/** What a client has read. */
interface Read {
  readonly text: string;
  /** The arguments of the calls. */
  readonly calls: readonly unknown[];
  readonly output: number;
}

type Reads = (url: string, model: string, stream: boolean) => Promise<Read>;

const CLIENTS: Readonly<Record<string, Reads>> = {
  async chat(url, model, stream) {
    const baseURL = `${url}/v1`;
    const client = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0 });
    const ask = {
      model,
      messages: [{ role: "user" as const, content: QUESTION }],
    };
    const options = { stream_options: { include_usage: true } };
    const { completions } = client.chat;
    const { choices: [choice], usage } = stream
      ? await completions.stream({ ...ask, ...options }).finalChatCompletion()
      : await completions.create(ask);
    return {
      text: choice?.message.content ?? "",
      calls: (choice?.message.tool_calls ?? []).map((it) =>
        it.type === "function" && JSON.parse(it.function.arguments)
      ),
      output: usage?.completion_tokens ?? 0,
    };
  },
  async messages(baseURL, model, stream) {
    const client = new Anthropic({ baseURL, apiKey: "unused", maxRetries: 0 });
    const ask = {
      model,
      max_tokens: 100,
      messages: [{ role: "user" as const, content: QUESTION }],
    };
    const { content, usage } = stream
      ? await client.messages.stream(ask).finalMessage()
      : await client.messages.create(ask);
    return {
      text: content.map((it) => it.type === "text" ? it.text : "").join(""),
      calls: content.flatMap((it) => it.type === "tool_use" ? [it.input] : []),
      output: usage.output_tokens,
    };
  },
  async responses(url, model, stream) {
    const baseURL = `${url}/v1`;
    const client = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0 });
    const ask = { model, input: QUESTION, store: false };
    const { output_text: text, output, usage } = stream
      ? await client.responses.stream(ask).finalResponse()
      : await client.responses.create(ask);
    return {
      text,
      calls: output.flatMap((it) =>
        it.type === "function_call" ? [JSON.parse(it.arguments)] : []
      ),
      output: usage?.output_tokens ?? 0,
    };
  },
  async gemini(baseUrl, model, stream) {
    const { models } = new GoogleGenAI({
      apiKey: "unused",
      httpOptions: { baseUrl },
    });
    const ask = { model, contents: QUESTION };
    const answers = stream
      ? await Array.fromAsync(await models.generateContentStream(ask))
      : [await models.generateContent(ask)];
    const parts = answers.flatMap((it) =>
      it.candidates?.[0]?.content?.parts ?? []
    );
    const usage = answers.at(-1)?.usageMetadata;
    return {
      text: parts.map(({ text }) => text ?? "").join(""),
      calls: parts.flatMap(({ functionCall: it }) => it ? [it.args] : []),
      output: usage?.candidatesTokenCount ?? 0,
    };
  },
};

const BY_CLIENT: readonly (readonly [string, readonly Speaker[]])[] = [
  ["chat", SPEAKERS],
  ["messages", SPEAKERS],
  ["gemini", SPEAKERS],
  ["responses", [RESPONSES, ...SPEAKERS]],
];

for (const [name, speakers] of BY_CLIENT) {
  for (const speaker of speakers) {
    for (const stream of [false, true]) {
      const how = stream ? "a whole answer for a stream" : "a stream for whole";
      Deno.test(`L12: ${name} gets ${how} from ${speaker.name} as it was asked for`, () =>
        withGateway({
          provider: speaker.entry,
          answer: () => stream ? speaker.whole(SAID) : speaker.stream(SAID),
        }, async ({ url, log }) => {
          const read = await CLIENTS[name]!(url, speaker.model, stream);
          assertEquals(read, {
            text: SAID.text,
            calls: [CALL.input],
            output: COUNTED.output,
          });
          const line = await logLine({ log });
          assertEquals(
            line.output_tokens,
            COUNTED.output,
            JSON.stringify(line),
          );
        }));
    }
  }
}

Deno.test("L12: a stream for whole that was cut is no answer", () => {
  const [speaker] = SPEAKERS;
  return withGateway({
    provider: speaker!.entry,
    answer: () =>
      new Response(speaker!.start + speaker!.more("Let me"), {
        headers: { "content-type": "text/event-stream" },
      }),
  }, async ({ url }) => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: speaker!.model,
        messages: [{ role: "user", content: QUESTION }],
      }),
    });
    const { error } = await response.json();
    assertEquals(response.status, 502);
    assertEquals(error.code, "upstream_stream_truncated");
  });
});
