import { assert, assertEquals, assertThrows } from "@std/assert";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { SseParser } from "../../sse_parser.ts";
import { checkStream } from "./_test_check_stream.ts";
import {
  hasRecordings,
  readRecordings,
  sseEvents,
} from "./_test_recordings.ts";
import { readAnswer, readEvents, readStream } from "./_test_sdk.ts";
import { decodeResponsesRequest } from "./decode_request.ts";
import { passResponsesAnswer } from "./pass_answer.ts";
import { ResponsesPassStream } from "./pass_stream.ts";
import { decodeResponsesUsage } from "./usage.ts";

const ignore = !hasRecordings();
const all = readRecordings();
const streams = all.filter(({ stream }) => stream);
const answers = all.filter(({ stream }) => !stream);

Deno.test({
  name: "recorded streams pass byte for byte",
  ignore,
  async fn() {
    assert(streams.length > 30);
    for (const { name, body } of streams) {
      const stream = new ResponsesPassStream();
      const passed = sseEvents(body).map((event) => stream.push(event)).join(
        "",
      );
      assertEquals(passed.trimEnd(), body.trimEnd(), name);
      const last = checkStream(passed).at(-1)?.response as {
        usage: unknown;
        model: string;
        output: { type: string }[];
      };
      const isCall = last.output.some(({ type }) => type === "function_call");
      assertEquals(
        [stream.done, stream.finish, stream.model, stream.usage, stream.end()],
        [
          true,
          isCall ? "tool" : "stop",
          last.model,
          decodeResponsesUsage(last.usage),
          "",
        ],
      );
      const { answer } = await readStream(passed);
      assertEquals(answer.id, (await readStream(body)).answer.id);
    }
  },
});

Deno.test({
  name: "M12: recorded streams that come one byte at a time pass the same",
  ignore,
  fn() {
    for (const { name, body } of streams.slice(0, 12)) {
      const stream = new ResponsesPassStream();
      const parser = new SseParser();
      let text = "";
      for (const byte of new TextEncoder().encode(body)) {
        for (const event of parser.push(new Uint8Array([byte]))) {
          text += stream.push(event);
        }
      }
      assertEquals(text.trimEnd(), body.trimEnd(), name);
    }
  },
});

Deno.test({
  name:
    "U6, L4: recorded streams that are cut at any event never look complete",
  ignore,
  async fn() {
    for (const [index, { name, body }] of streams.entries()) {
      const stream = new ResponsesPassStream();
      const events = sseEvents(body);
      let text = "";
      for (const [place, event] of events.entries()) {
        const { code } = assertThrows(() => stream.end(), UpstreamError);
        assertEquals(code, "upstream_stream_truncated", name);
        assert(!/event: response\.completed/.test(text), name);
        // The SDK's reading of the failure is dear: once in each stream.
        if (place === index + 1) await checkFailure(events.slice(0, place));
        text += stream.push(event);
      }
      assert(stream.done && stream.end() === "");
    }
  },
});

async function checkFailure(
  events: readonly { readonly event: string; readonly data: string }[],
): Promise<void> {
  const stream = new ResponsesPassStream();
  let text = events.map((event) => stream.push(event)).join("");
  const error = assertThrows(() => stream.end(), UpstreamError);
  text += stream.fail(error, "req_1");
  const last = JSON.parse(text.trimEnd().split("\ndata: ").at(-1)!);
  assertEquals(last.type, "response.failed");
  assertEquals(last.sequence_number, events.length + 1);
  assertEquals(last.response.status, "failed");
  const thrown = await readEvents(text).catch((error) => error);
  assertEquals(thrown.code, "upstream_stream_truncated");
}

Deno.test({
  name: "recorded answers pass byte for byte",
  ignore,
  async fn() {
    assert(answers.length > 30);
    for (const { name, body } of answers) {
      const passed = passResponsesAnswer(new TextEncoder().encode(body));
      assertEquals(passed.body, body, name);
      const told = await readAnswer(passed.body);
      assertEquals(passed.usage, decodeResponsesUsage(told.usage), name);
      assertEquals(passed.model, told.model);
      const isCall = told.output.some(({ type }) => type === "function_call");
      assertEquals(passed.finish, isCall ? "tool" : "stop", name);
    }
  },
});

Deno.test({
  name: "B22: recorded requests are decoded, those with hosted tools refused",
  ignore,
  fn() {
    let refused = 0;
    for (const { name, request } of all) {
      const bytes = new TextEncoder().encode(JSON.stringify(request));
      try {
        const decoded = decodeResponsesRequest(parseJsonDocument(bytes));
        assertEquals(decoded.unmapped, [], name);
        assert(decoded.messages.length > 0, name);
      } catch (error) {
        assert(error instanceof GatewayError, name);
        assertEquals(error.param, "tools[0].type", name);
        refused++;
      }
    }
    assertEquals(refused, 2);
  },
});
