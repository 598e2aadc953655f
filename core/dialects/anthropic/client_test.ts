import Anthropic from "@anthropic-ai/sdk";
import { assertEquals, assertRejects } from "@std/assert";
import type { AnswerEvent, Usage } from "../../answer.ts";
import { GatewayError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { encodeRequest as encodeGeminiRequest } from "../gemini/encode_request.ts";
import { seen, withSdk } from "./_test_client.ts";
import { decode } from "./_test_client_decode.ts";
import { anthropicClient } from "./client.ts";
import { messagesErrorStatus } from "./encode_error.ts";

const USAGE: Usage = {
  input: 60,
  cached: 20,
  cacheWrite: 30,
  cacheWrite1h: 5,
  output: 40,
  reasoning: 15,
  total: 100,
};
/** What a model of another provider might say. */
const EVENTS: readonly AnswerEvent[] = [
  { type: "start", id: "chatcmpl-1", model: "gemini-3-pro" },
  { type: "part_start", part: 0, kind: "reasoning" },
  { type: "part_delta", part: 0, text: "I think" },
  { type: "part_end", part: 0 },
  { type: "part_start", part: 1, kind: "text" },
  { type: "part_delta", part: 1, text: "Let me " },
  { type: "part_delta", part: 1, text: "look \u{1f440}" },
  { type: "part_end", part: 1, signature: "g1" },
  {
    type: "part_start",
    part: 2,
    kind: "tool_call",
    id: "c0",
    name: "now",
    signature: "g2",
  },
  { type: "part_end", part: 2 },
  { type: "part_start", part: 3, kind: "tool_call", id: "c1", name: "where" },
  { type: "part_delta", part: 3, text: '{"city"' },
  { type: "part_delta", part: 3, text: ":1}" },
  { type: "part_end", part: 3 },
  { type: "usage", usage: USAGE },
  { type: "finish", finish: "stop" },
];
const ANSWER = {
  id: "chatcmpl-1",
  model: "gemini-3-pro",
  parts: [
    { type: "reasoning", text: "I think" },
    { type: "text", text: "Let me look \u{1f440}", signature: "g1" },
    {
      type: "tool_call",
      id: "c0",
      name: "now",
      arguments: "",
      signature: "g2",
    },
    { type: "tool_call", id: "c1", name: "where", arguments: '{"city":1}' },
  ],
  finish: "stop",
  usage: USAGE,
} as const;

function streamOf(events: readonly AnswerEvent[]): string {
  const encoder = anthropicClient.streamEncoder({ includeUsage: false });
  return events.map((event) => encoder.push(event)).join("");
}

Deno.test("A13, A16, C24, C35: Anthropic's SDK reads an answer alike, whole and streamed", async () => {
  await withSdk(async (sdk) => {
    const whole = seen(await sdk.whole(anthropicClient.encodeAnswer(ANSWER)));
    assertEquals(whole, {
      id: "msg_chatcmpl-1",
      model: "gemini-3-pro",
      content: [
        ["thinking", "I think", ""],
        ["text", "Let me look \u{1f440}"],
        ["redacted_thinking", "llm-proxy.text.g1"],
        ["redacted_thinking", "llm-proxy.call.g2"],
        ["tool_use", "c0", "now", {}],
        ["tool_use", "c1", "where", { city: 1 }],
      ],
      stop: ["tool_use", null],
      usage: [10, 40, 20, 30, 5],
    });
    const { usage, ...streamed } = seen(await sdk.streamed(streamOf(EVENTS)));
    assertEquals({ ...streamed, usage: whole.usage }, whole);
    // The SDK takes the lifetimes of cache writes from the start alone.
    assertEquals(usage as unknown, [10, 40, 20, 30, 0]);
    const [start, ...others] = EVENTS;
    const early = [start!, { type: "usage", usage: USAGE } as const, ...others];
    assertEquals(seen(await sdk.streamed(streamOf(early))), whole);
  });
});

Deno.test("D9, D11: Gemini's signatures come back from a Messages client", async () => {
  await withSdk(async (sdk) => {
    const { content } = await sdk.streamed(streamOf(EVENTS));
    const results = ["c0", "c1"].map((id) => ({
      type: "tool_result",
      tool_use_id: id,
      content: "ok",
    }));
    const conversation = decode({
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", content },
        { role: "user", content: results },
      ],
    });
    assertEquals(conversation.messages[1]?.parts, [
      { type: "reasoning", text: "I think" },
      { type: "text", text: "Let me look \u{1f440}", signature: "g1" },
      {
        type: "tool_call",
        id: "c0",
        name: "now",
        arguments: "{}",
        signature: "g2",
      },
      { type: "tool_call", id: "c1", name: "where", arguments: '{"city":1}' },
    ]);
    const { body } = encodeGeminiRequest(conversation, {
      provider: "gemini",
      model: "gemini-3-pro",
      quirks: {},
      losses: new LossReport(),
    });
    const signatures = body.match(/"thoughtSignature":"[^"]*"/g);
    assertEquals(signatures, [
      '"thoughtSignature":"g1"',
      '"thoughtSignature":"g2"',
    ]);
  });
});

Deno.test("C38, C39: Anthropic's SDK reads an error", async () => {
  const error = new GatewayError("overloaded", "Overloaded", { code: "busy" });
  await withSdk(async (sdk) => {
    const body = anthropicClient.encodeError(error, "req_1");
    const thrown = await assertRejects(
      () => sdk.refused(body, messagesErrorStatus(error)),
      Anthropic.APIError,
    );
    assertEquals(
      [thrown.status, thrown.type, thrown.errorCode, thrown.requestID],
      [529, "overloaded_error", "busy", "req_1"],
    );
  });
});

Deno.test("C29, L4: Anthropic's SDK takes a failed stream for a failure", async () => {
  const error = new GatewayError("timeout", "Too late", { code: "late" });
  const body = streamOf(EVENTS.slice(0, 7)) +
    anthropicClient.encodeStreamError(error, "req_1");
  await withSdk(async (sdk) => {
    const thrown = await assertRejects(
      () => sdk.streamed(body),
      Anthropic.APIError,
    );
    assertEquals([thrown.type, thrown.apiMessage], [
      "timeout_error",
      "Too late",
    ]);
  });
});

Deno.test("anthropicClient decodes requests", () => {
  const { model } = anthropicClient.decodeRequest({
    text: "",
    value: {
      model: "m",
      max_tokens: 1,
      messages: [{ role: "user", content: "" }],
    },
    spans: new Map(),
  });
  assertEquals([anthropicClient.name, model], ["anthropic", "m"]);
});
