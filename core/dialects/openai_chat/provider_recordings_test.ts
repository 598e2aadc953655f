import { assert, assertEquals, assertThrows } from "@std/assert";
import OpenAI from "openai";
import { UpstreamError } from "../../errors.ts";
import { RecodedStream } from "../../recoded_stream.ts";
import { SseParser } from "../../sse_parser.ts";
import { hasRecordings, isStream, readRecordings } from "./_test_recordings.ts";
import { decodeChatAnswer } from "./decode_answer.ts";
import { ChatStreamDecoder } from "./decode_stream.ts";
import { encodeChatAnswer } from "./encode_answer.ts";
import { ChatStreamEncoder } from "./encode_stream.ts";
import { decodeChatUsage } from "./usage.ts";

const ignore = !hasRecordings();
const note = ignore ? " (skipped: no recordings here)" : "";
const recordings = ignore ? [] : readRecordings();
const streams = recordings.filter(isStream);
const answers = recordings.filter((recording) => !isStream(recording));
const encoder = new TextEncoder();

/** What a client makes of an answer. */
interface Read {
  readonly id: string;
  readonly model: string;
  readonly content: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly calls: readonly unknown[];
  readonly finish: string | null | undefined;
  readonly usage: unknown;
}

/** What an SDK's completion says, in terms that don't depend on its shape. */
function reading(completion: OpenAI.ChatCompletion): Read {
  const [choice] = completion.choices;
  const message = choice?.message as OpenAI.ChatCompletionMessage & {
    reasoning?: string;
    reasoning_content?: string;
  };
  return {
    id: completion.id,
    model: completion.model,
    content: message.content ?? "",
    refusal: message.refusal ?? "",
    reasoning: message.reasoning_content ?? message.reasoning ?? "",
    calls: (message.tool_calls ?? []).map((call) =>
      call.type === "function" &&
      [call.id, call.function.name, call.function.arguments || "{}"]
    ),
    finish: choice?.finish_reason,
    usage: decodeChatUsage(completion.usage),
  };
}

/** The SDK, behind which a server gives this body to any request. */
function sdk(body: string, type: string): OpenAI {
  return new OpenAI({
    apiKey: "sk-test",
    maxRetries: 0,
    fetch: () =>
      Promise.resolve(
        new Response(body, { headers: { "content-type": type } }),
      ),
  });
}

async function readStream(body: string): Promise<Read> {
  const chunks = await sdk(body, "text/event-stream").chat.completions.create({
    model: "m",
    messages: [],
    stream: true,
  });
  const whole: Record<string, unknown> = {};
  const message: Record<string, unknown> = {};
  const calls: { id: string; function: { name: string; arguments: string } }[] =
    [];
  for await (const { choices, ...head } of chunks) {
    const [choice] = choices;
    whole.id ||= head.id;
    whole.model ||= head.model;
    whole.usage = head.usage ?? whole.usage;
    whole.finish ??= choice?.finish_reason;
    const delta = (choice?.delta ?? {}) as Record<string, unknown>;
    for (
      const key of ["content", "refusal", "reasoning", "reasoning_content"]
    ) {
      if (typeof delta[key] !== "string") continue;
      message[key] = `${message[key] ?? ""}${delta[key]}`;
    }
    for (
      const { index, id, function: called } of choice?.delta.tool_calls ?? []
    ) {
      const call = calls[index] ??= {
        id: "",
        function: { name: "", arguments: "" },
      };
      call.id ||= id ?? "";
      call.function.name += called?.name ?? "";
      call.function.arguments += called?.arguments ?? "";
    }
  }
  return reading({
    ...whole,
    choices: [{
      message: {
        ...message,
        tool_calls: calls.map((call) => ({ ...call, type: "function" })),
      },
      finish_reason: whole.finish,
    }],
  } as unknown as OpenAI.ChatCompletion);
}

async function readAnswer(body: string): Promise<Read> {
  return reading(
    await sdk(body, "application/json").chat.completions.create({
      model: "m",
      messages: [],
    }),
  );
}

/** A provider's stream in these chunks as a client of the same dialect gets it. */
function recode(chunks: Iterable<Uint8Array>): string {
  const parser = new SseParser();
  const stream = new RecodedStream(
    new ChatStreamDecoder(),
    new ChatStreamEncoder({ includeUsage: true }),
  );
  let text = "";
  for (const chunk of chunks) {
    for (const event of parser.push(chunk)) text += stream.push(event);
  }
  for (const event of parser.end()) text += stream.push(event);
  text += stream.end();
  assert(stream.done);
  return text;
}

function* bytesOf(text: string): Generator<Uint8Array> {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1);
}

/** Text without what another run makes anew. */
function withoutTime(text: string): string {
  return text.replaceAll(/"created":\d+/g, "");
}

Deno.test({
  name:
    `A8, A10, A16, A18, J4, J12, L12: the SDK reads the same of recorded streams that went through the vocabulary${note}`,
  ignore,
  async fn() {
    assert(streams.length >= 150);
    for (const { name, body } of streams) {
      const recoded = recode([encoder.encode(body)]);
      assertEquals(await readStream(recoded), await readStream(body), name);
    }
  },
});

Deno.test({
  name:
    `M1, M12: recorded streams say the same byte by byte, with CRLF and LF${note}`,
  ignore,
  fn() {
    for (const { name, body } of streams) {
      const expected = withoutTime(recode([encoder.encode(body)]));
      const lines = body.replaceAll(/\r?\n/g, "\r\n");
      for (const text of [body, lines]) {
        assertEquals(withoutTime(recode(bytesOf(text))), expected, name);
      }
    }
  },
});

Deno.test({
  name:
    `A3, L4, U6: recorded streams cut at any event never look complete${note}`,
  ignore,
  fn() {
    for (const { name, body } of streams) {
      const parser = new SseParser();
      const events = [
        ...parser.push(encoder.encode(body)),
        ...parser.end(),
      ];
      const stream = new RecodedStream(
        new ChatStreamDecoder(),
        new ChatStreamEncoder({ includeUsage: true }),
      );
      let text = "";
      for (const event of events) {
        const error = assertThrows(() => stream.end(), UpstreamError);
        assertEquals(error.code, "upstream_stream_truncated", name);
        assert(!/"finish_reason":"|\[DONE\]/.test(text), name);
        text += stream.push(event);
      }
      assert(stream.done && stream.end() === "", name);
    }
  },
});

Deno.test({
  name:
    `J18: recorded streams without [DONE] end with their finish reason, and not before${note}`,
  ignore,
  fn() {
    for (const { name, body } of streams) {
      const parser = new SseParser();
      const decoder = new ChatStreamDecoder(undefined, { streamEnd: "finish" });
      let isFinished = false;
      for (const event of parser.push(encoder.encode(body))) {
        if (event.data === "[DONE]") break;
        if (!isFinished) assertThrows(() => decoder.end(), UpstreamError);
        decoder.push(event);
        isFinished ||= /"finish_reason":\s*"/.test(event.data);
      }
      assertEquals(decoder.end().at(-1)?.type, "finish", name);
    }
  },
});

Deno.test({
  name: `J2: an error between the events of a recorded stream ends it${note}`,
  ignore,
  fn() {
    const data = JSON.stringify({
      error: { message: "Overloaded", code: 503 },
    });
    for (const { body } of streams) {
      const decoder = new ChatStreamDecoder();
      const parser = new SseParser();
      for (const event of parser.push(encoder.encode(body))) {
        if (event.data === "[DONE]") break;
        const error = assertThrows(
          () => decoder.push({ event: "", data }),
          UpstreamError,
        );
        assertEquals(error.kind, "overloaded");
        decoder.push(event);
      }
    }
  },
});

Deno.test({
  name:
    `A13, A15, A16, L12: the SDK reads the same of recorded answers that went through the vocabulary, and cut ones are none${note}`,
  ignore,
  async fn() {
    assert(answers.length >= 140);
    for (const { name, body } of answers) {
      const bytes = encoder.encode(body);
      const recoded = encodeChatAnswer(decodeChatAnswer(bytes));
      assertEquals(await readAnswer(recoded), await readAnswer(body), name);
      for (const cut of [0, 1, body.length >> 1, body.trimEnd().length - 1]) {
        const part = encoder.encode(body.slice(0, cut));
        assertThrows(() => decodeChatAnswer(part), UpstreamError);
      }
    }
  },
});
