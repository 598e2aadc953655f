import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import Anthropic from "@anthropic-ai/sdk";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { RecodedStream } from "../../recoded_stream.ts";
import type { StreamTranslator } from "../../dialect.ts";
import { bytewise, seen, withSdk } from "./_test_client.ts";
import { hasRecordings, readRecordings } from "./_test_recordings.ts";
import { anthropicClient } from "./client.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { AnthropicStreamDecoder } from "./decode_stream.ts";
import { passMessagesAnswer } from "./pass_answer.ts";
import { MessagesPassStream } from "./pass_stream.ts";

const ignore = !hasRecordings();
const note = ignore ? " (skipped: no recordings here)" : "";
const recordings = ignore ? [] : readRecordings();
const streams = recordings.filter(({ body }) => body.startsWith("event:"));
const answers = recordings.filter(({ body }) => !body.startsWith("event:"));
const encoder = new TextEncoder();

function recoded(): StreamTranslator {
  return new RecodedStream(
    new AnthropicStreamDecoder(),
    anthropicClient.streamEncoder({ includeUsage: true }),
  );
}

function passed(): StreamTranslator {
  return new MessagesPassStream();
}

function translate(body: string, translator: StreamTranslator): string {
  let text = "";
  for (const event of bytewise(body)) text += translator.push(event);
  return text + translator.end();
}

Deno.test({
  name:
    `C23, C24, C26, C35: Anthropic's SDK reads the same from a recorded stream and from what is written of it anew${note}`,
  ignore,
  async fn() {
    assert(streams.length >= 20);
    await withSdk(async (sdk) => {
      for (const { name, body } of streams) {
        const before = seen(await sdk.streamed(body));
        const after = seen(await sdk.streamed(translate(body, recoded())));
        assertEquals(after, before, name);
      }
    });
  },
});

Deno.test({
  name:
    `C11, C35, C36: Anthropic's SDK reads the same from a recorded answer and from what is written of it anew${note}`,
  ignore,
  async fn() {
    assert(answers.length >= 30);
    await withSdk(async (sdk) => {
      for (const { name, body } of answers) {
        const before = seen(await sdk.whole(body));
        const answer = decodeAnswer(encoder.encode(body));
        const after = await sdk.whole(anthropicClient.encodeAnswer(answer));
        assertEquals(seen(after), before, name);
      }
    });
  },
});

Deno.test({
  name:
    `C27, C28, C32: recorded streams pass as they are, whatever the chunks${note}`,
  ignore,
  async fn() {
    await withSdk(async (sdk) => {
      for (const { name, body } of streams) {
        const stream = passed();
        const text = translate(body, stream);
        assertEquals(text.trimEnd(), body.trimEnd(), name);
        assertEquals(
          translate(body.replaceAll("\n", "\r\n"), passed()),
          text,
          name,
        );
        const { content, usage, stop } = seen(await sdk.streamed(text));
        assert(content.length > 0 && stream.progress > 1, name);
        assertEquals(
          (usage as number[])[1],
          stream.usage?.output,
          name,
        );
        assertEquals(stream.finish, stop[0] === "tool_use" ? "tool" : "stop");
        assert(stream.model?.includes("claude"), name);
      }
    });
  },
});

Deno.test({
  name: `U7: recorded answers pass as they are${note}`,
  ignore,
  fn() {
    for (const { name, body } of answers) {
      const passed = passMessagesAnswer(encoder.encode(body));
      const raw = JSON.parse(body);
      assertEquals(passed.body, body, name);
      assertEquals(passed.model, raw.model, name);
      assertEquals(passed.usage?.output, raw.usage.output_tokens, name);
      assertEquals(
        passed.finish,
        raw.stop_reason === "tool_use" ? "tool" : "stop",
      );
      for (const cut of [1, body.length >> 1, body.trimEnd().length - 1]) {
        const bytes = encoder.encode(body.slice(0, cut));
        assertThrows(() => passMessagesAnswer(bytes), UpstreamError);
      }
    }
  },
});

Deno.test({
  name:
    `L4, U6: recorded streams that are cut at any event never look complete${note}`,
  ignore,
  fn() {
    for (const make of [recoded, passed]) {
      for (const { name, body } of streams) {
        const stream = make();
        let text = "";
        for (const event of bytewise(body)) {
          const error = assertThrows(() => stream.end(), UpstreamError, "");
          assertEquals(error.code, "upstream_stream_truncated");
          assert(!text.includes("message_stop"), name);
          assert(!/"stop_reason":\s*"/.test(text), name);
          text += stream.push(event);
        }
        assert(stream.done && stream.end() === "", name);
      }
    }
  },
});

Deno.test({
  name:
    `C29, L4: Anthropic's SDK takes every cut of a recorded stream for a failure${note}`,
  ignore,
  async fn() {
    const { body } = streams.find(({ body }) => body.includes("tool_use"))!;
    const events = bytewise(body);
    const error = new GatewayError("upstream", "The provider broke off", {
      code: "upstream_stream_truncated",
    });
    const end = anthropicClient.encodeStreamError(error, "req_1");
    await withSdk(async (sdk) => {
      for (const make of [recoded, passed]) {
        for (let cut = 1; cut < events.length; cut++) {
          const stream = make();
          const kept = events.slice(0, cut);
          const text = kept.map((event) => stream.push(event)).join("");
          const thrown = await assertRejects(
            () => sdk.streamed(text + end),
            Anthropic.APIError,
          );
          assertEquals(thrown.type, "api_error");
        }
      }
    });
  },
});
