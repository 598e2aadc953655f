import { assert, assertEquals } from "@std/assert";
import OpenAI from "openai";
import {
  BEDROCK,
  LOOP_SPEAKERS,
  type LoopSpeaker,
  VERTEX_CLAUDE,
  VERTEX_GEMINI,
} from "./_cloud_speakers.ts";
import {
  LAST_WORDS,
  PARAMETERS,
  proofOf,
  TOLD,
  withLoop,
} from "./_loop_route.ts";
import { messagesLoop, textOf } from "./_messages_loop.ts";
import { PROOF } from "./_speakers.ts";

const QUESTION = "How warm is it in Rome?";
function proofIn(speaker: LoopSpeaker, name: string, stream: boolean): string {
  return speaker === BEDROCK && stream ? PROOF : proofOf(name);
}

/** A program that keeps of an answer what it knows, and loses all else, unless it gives everything back. */
class ChatLoop {
  readonly messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: "user", content: QUESTION },
  ];
  readonly #client: OpenAI;
  readonly #stream: boolean;
  readonly #echoes: boolean;

  constructor(url: string, stream: boolean, echoes = false) {
    this.#echoes = echoes;
    this.#client = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: "unused",
      maxRetries: 0,
    });
    this.#stream = stream;
  }

  /** Asks, and answers the calls. */
  async turn(model: string): Promise<string | null> {
    const message = await this.#ask(model);
    const calls = message.tool_calls ?? [];
    if (this.#echoes) this.messages.push(message);
    else {this.messages.push({
        role: "assistant",
        content: message.content,
        ...(calls.length > 0 && {
          tool_calls: calls.map((call) => {
            assert(call.type === "function");
            const { id, type, function: { name, arguments: text } } = call;
            return { id, type, function: { name, arguments: text } };
          }),
        }),
      });}
    for (const { id } of calls) {
      this.messages.push({
        role: "tool",
        tool_call_id: id,
        content: TOLD,
      });
    }
    return message.content;
  }

  async #ask(model: string): Promise<OpenAI.ChatCompletionMessage> {
    const ask = {
      model,
      messages: this.messages,
      reasoning_effort: "medium" as const,
      max_completion_tokens: 16_000,
      tools: [{
        type: "function" as const,
        function: { name: "weather", parameters: PARAMETERS },
      }],
    };
    const { completions } = this.#client.chat;
    const completion = this.#stream
      ? await completions.stream(ask).finalChatCompletion()
      : await completions.create(ask);
    const [choice] = completion.choices;
    assert(choice !== undefined);
    return choice.message;
  }
}

for (const speaker of LOOP_SPEAKERS) {
  for (const stream of [false, true]) {
    const how = stream ? "streamed" : "whole";
    Deno.test(`C12, D9, E17: a chat client that loses all proofs goes a tool loop with thought at ${speaker.name}, ${how}`, () =>
      withLoop([speaker], async ({ url, last }) => {
        const chat = new ChatLoop(url, stream);
        const model = `p0/${speaker.model}`;
        await chat.turn(model);
        await chat.turn(model);
        assertEquals(await chat.turn(model), LAST_WORDS);
        const { text } = last("p0");
        const proof = proofIn(speaker, "p0", stream);
        // Both turns of the loop have their proof.
        const count = speaker.family === undefined ? 0 : 2;
        assertEquals(text.split(proof).length - 1, count, text);
      }));
  }
}

/** Vercel's gateway says and wants the same as OpenRouter. */
const OTHERS = LOOP_SPEAKERS.filter(({ name }) => name !== "vercel");

for (const [a, first] of OTHERS.entries()) {
  Deno.test(`C12, D9, E17: a conversation that begins at ${first.name} goes on anywhere else and comes back`, async () => {
    for (const [b, second] of OTHERS.entries()) {
      if (a === b) continue;
      const where = `${first.name} -> ${second.name}`;
      for (const echoes of [false, true]) {
        await withLoop([first, second], async ({ url, last, isDown }) => {
          const chat = new ChatLoop(url, false, echoes);
          await chat.turn("both");
          isDown.add("p0");
          await chat.turn("both");
          const { text } = last("p1");
          const isKin = first.family !== undefined &&
            first.family === second.family;
          assertEquals(
            text.includes(proofOf("p0")),
            isKin,
            `${where}: ${text}`,
          );
          assert(text.includes(TOLD), where);
          isDown.clear();
          const said = await chat.turn(`p0/${first.model}`);
          assertEquals(said, LAST_WORDS, where);
          const back = last("p0").text;
          const isSigned = first.family !== undefined;
          assertEquals(back.includes(proofOf("p0")), isSigned, where);
          assertEquals(
            back.includes(proofOf("p1")),
            isKin,
            `${where}: ${back}`,
          );
        });
      }
    }
  });
}

Deno.test("C12: nobody gets another caller's thought by naming its call", () =>
  withLoop([BEDROCK], async ({ url, last }) => {
    const chat = new ChatLoop(url, false);
    await chat.turn(`p0/${BEDROCK.model}`);
    const { messages } = chat;
    const other = new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused" });
    await other.chat.completions.create({
      model: `p0/${BEDROCK.model}`,
      messages: messages.map((message) =>
        "tool_call_id" in message
          ? { ...message, tool_call_id: "call_9" }
          : "tool_calls" in message && message.tool_calls
          ? {
            ...message,
            tool_calls: message.tool_calls.map((call) => ({
              ...call,
              id: "call_9",
            })),
          }
          : message
      ),
    });
    assertEquals(last("p0").text.includes(proofOf("p0")), false);
  }));

for (const speaker of [VERTEX_CLAUDE, VERTEX_GEMINI]) {
  for (const stream of [false, true]) {
    const how = stream ? "streamed" : "whole";
    Deno.test(`C12, D9: a Messages client goes a tool loop with thought at ${speaker.name}, ${how}`, () =>
      withLoop([speaker], async ({ url, last }) => {
        const content = await messagesLoop({
          url,
          model: `p0/${speaker.model}`,
          stream,
          question: QUESTION,
          tools: [{
            name: "weather",
            parameters: PARAMETERS,
            run: () => TOLD,
          }],
        });
        assertEquals(textOf(content), LAST_WORDS);
        const { text: asked } = last("p0");
        assertEquals(asked.split(proofOf("p0")).length - 1, 2, asked);
      }));
  }
}
