import { EventStreamCodec } from "@smithy/eventstream-codec";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const codec = new EventStreamCodec(
  (bytes) => decoder.decode(bytes as Uint8Array),
  (text) => encoder.encode(text),
);

/** One event of a Bedrock stream, named by its type. */
export type Step = readonly [name: string, payload: object];

/** A frame as Amazon's own codec writes it, with the padding that Bedrock adds (E6). */
export function frame([name, payload]: Step): Uint8Array {
  const text = (value: string) => ({ type: "string", value } as const);
  const isException = name.endsWith("Exception");
  return codec.encode({
    headers: {
      [isException ? ":exception-type" : ":event-type"]: text(name),
      ":content-type": text("application/json"),
      ":message-type": text(isException ? "exception" : "event"),
    },
    body: encoder.encode(JSON.stringify({ ...payload, p: "abcdefghij" })),
  });
}

/** The frames of a stream, one behind the other. */
export function frames(steps: readonly Step[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(steps.flatMap((step) => [...frame(step)]));
}

/** An answer with thought, text and two calls, one of them without arguments. */
export const ANSWER: readonly Step[] = [
  ["messageStart", { role: "assistant" }],
  ["contentBlockDelta", {
    contentBlockIndex: 0,
    delta: { reasoningContent: { text: "Let me " } },
  }],
  ["contentBlockDelta", {
    contentBlockIndex: 0,
    delta: { reasoningContent: { text: "look" } },
  }],
  ["contentBlockDelta", {
    contentBlockIndex: 0,
    delta: { reasoningContent: { signature: "c2lnbmVk" } },
  }],
  ["contentBlockStop", { contentBlockIndex: 0 }],
  ["contentBlockDelta", { contentBlockIndex: 1, delta: { text: "Olá " } }],
  ["contentBlockDelta", { contentBlockIndex: 1, delta: { text: "🙂" } }],
  ["contentBlockStop", { contentBlockIndex: 1 }],
  ["contentBlockStart", {
    contentBlockIndex: 2,
    start: { toolUse: { toolUseId: "tooluse_1", name: "weather" } },
  }],
  ["contentBlockDelta", {
    contentBlockIndex: 2,
    delta: { toolUse: { input: '{"city":' } },
  }],
  ["contentBlockDelta", {
    contentBlockIndex: 2,
    delta: { toolUse: { input: '"Rome"}' } },
  }],
  ["contentBlockStop", { contentBlockIndex: 2 }],
  ["contentBlockStart", {
    contentBlockIndex: 3,
    start: { toolUse: { toolUseId: "tooluse_2", name: "now" } },
  }],
  ["contentBlockStop", { contentBlockIndex: 3 }],
  ["messageStop", { stopReason: "tool_use" }],
  ["metadata", {
    usage: {
      inputTokens: 10,
      outputTokens: 7,
      totalTokens: 122,
      cacheReadInputTokens: 100,
      cacheWriteInputTokens: 5,
      cacheDetails: [{ ttl: "1h", inputTokens: 2 }],
    },
    metrics: { latencyMs: 12 },
  }],
];

/** What {@linkcode ANSWER} is when it comes whole. */
export const WHOLE = {
  output: {
    message: {
      role: "assistant",
      content: [
        {
          reasoningContent: {
            reasoningText: { text: "Let me look", signature: "c2lnbmVk" },
          },
        },
        { text: "Olá 🙂" },
        {
          toolUse: {
            toolUseId: "tooluse_1",
            name: "weather",
            input: { city: "Rome" },
          },
        },
        { toolUse: { toolUseId: "tooluse_2", name: "now", input: {} } },
      ],
    },
  },
  stopReason: "tool_use",
  usage: {
    inputTokens: 10,
    outputTokens: 7,
    totalTokens: 122,
    cacheReadInputTokens: 100,
    cacheWriteInputTokens: 5,
    cacheDetails: [{ ttl: "1h", inputTokens: 2 }],
  },
  metrics: { latencyMs: 12 },
};
