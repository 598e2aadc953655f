/**
 * Upstreams of every provider dialect that say the same thing, for tests that
 * hold whichever of them answers.
 *
 * @module
 */

import { type Asked, eventStream, json } from "./_answering_upstream.ts";
import * as chat from "./_chat_answers.ts";
import * as messages from "./_message_answers.ts";

/** What a model says in one turn. */
export interface Said {
  readonly thought?: string;
  readonly text?: string;
  readonly calls?: readonly SaidCall[];
  /** @default {"stop"} */
  readonly end?: "stop" | "length" | "filter";
}

/** One call of a tool. */
export interface SaidCall {
  readonly id: string;
  readonly name: string;
  readonly input: object;
}

/** A provider's way to say things. */
export interface Speaker {
  readonly name: string;
  /** The entry in the config, without its address. */
  readonly entry: string;
  /** The model as a client names it. */
  readonly model: string;
  /** Whether a stream is asked for. */
  isStream(asked: Asked): boolean;
  whole(said: Said): Response;
  stream(said: Said): Response;
  /** The first events of a streamed text. */
  readonly start: string;
  /** A further piece of it. */
  more(text: string): string;
  /** An overload, told in a stream. */
  readonly broken: string;
  /** The body of an error answer. */
  error(status: number, message: string): object;
}

/** What every speaker counts: input of which cached, and output. */
export const COUNTED = { input: 60, cached: 20, output: 7 } as const;

/** The thought's proof, where a provider signs it. */
export const PROOF = "EqQBCkYIARgCKkDs";

/** Answers each request with what is to be said at its number, as it is asked for. */
export function says(
  speaker: Speaker,
  ...turns: readonly Said[]
): (asked: Asked, number: number) => Response {
  return (asked, number) => {
    const said = turns[Math.min(number, turns.length - 1)] ?? {};
    return speaker.isStream(asked) ? speaker.stream(said) : speaker.whole(said);
  };
}

/** Goes on talking until the gateway leaves; resolves `left` then. */
export async function* talk(
  speaker: Speaker,
  left: () => void,
): AsyncGenerator<string> {
  try {
    yield speaker.start;
    while (true) {
      yield speaker.more(".");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  } finally {
    left();
  }
}

const isStreamBody = ({ body }: Asked): boolean => body.stream === true;

const CHAT_COUNTS = {
  prompt_tokens: COUNTED.input,
  completion_tokens: COUNTED.output,
  total_tokens: COUNTED.input + COUNTED.output,
  prompt_tokens_details: { cached_tokens: COUNTED.cached },
};

function chatFinish({ calls, end = "stop" }: Said): string {
  if (calls !== undefined) return "tool_calls";
  return end === "filter" ? "content_filter" : end;
}

function chatCalls({ calls = [] }: Said): object[] {
  return calls.map(({ id, name, input }) =>
    chat.toolCall(id, name, JSON.stringify(input))
  );
}

/** A chat completion that says this, its thought in these members. */
export function chatWhole(said: Said, thought: object = {}): Response {
  return chat.completion(
    {
      content: said.text ?? null,
      ...thought,
      ...(said.calls && { tool_calls: chatCalls(said) }),
    },
    chatFinish(said),
    { usage: CHAT_COUNTS },
  );
}

/** A chat stream that says this, its thought in these deltas. */
export function chatStream(
  said: Said,
  thoughts: readonly object[] = [],
): Response {
  const calls = chatCalls(said).map((call, index) => ({
    tool_calls: [{ index, ...call }],
  }));
  const texts = halves(said.text).map((content) => ({ content }));
  return eventStream(
    [{ role: "assistant", content: "" }, ...thoughts, ...texts, ...calls]
      .map((delta) => chat.chunk(delta)).join("") +
      chat.chunk({}, chatFinish(said)) +
      chat.event({ id: "chatcmpl-up", choices: [], usage: CHAT_COUNTS }) +
      "data: [DONE]\n\n",
  );
}

/** Any provider of OpenAI's Chat Completions. */
export const CHAT: Speaker = {
  name: "openai_compatible",
  entry: "name: up, type: openai_compatible, max_retries: 0",
  model: "up/m-1",
  isStream: isStreamBody,
  whole: (said) =>
    chatWhole(said, said.thought ? { reasoning_content: said.thought } : {}),
  stream: (said) =>
    chatStream(said, said.thought ? [{ reasoning_content: said.thought }] : []),
  start: chat.chunk({ role: "assistant", content: "" }),
  more: (content) => chat.chunk({ content }),
  broken: chat.event({
    error: { message: "Overloaded", type: "overloaded_error", code: 503 },
  }),
  error: (status, message) => ({ error: { message, code: String(status) } }),
};

const MESSAGE_ENDS = {
  stop: "end_turn",
  length: "max_tokens",
  filter: "refusal",
} as const;

const MESSAGE_ERRORS = new Map([
  [400, "invalid_request_error"],
  [401, "authentication_error"],
  [404, "not_found_error"],
  [429, "rate_limit_error"],
  [503, "overloaded_error"],
  [529, "overloaded_error"],
]);

function blocks({ thought, text, calls = [] }: Said): messages.Block[] {
  return [
    ...(thought
      ? [{ type: "thinking", thinking: thought, signature: PROOF }]
      : []),
    ...(text === undefined ? [] : [{ type: "text", text }]),
    ...calls.map((call) => ({ type: "tool_use", ...call })),
  ];
}

function messageEnd({ calls, end = "stop" }: Said): string {
  return calls === undefined ? MESSAGE_ENDS[end] : "tool_use";
}

/** Anthropic. */
export const ANTHROPIC: Speaker = {
  name: "anthropic",
  entry:
    "name: claude, type: anthropic, api_key: key-of-the-gateway-0000, max_retries: 0",
  model: "claude/claude-sonnet-4-5",
  isStream: isStreamBody,
  whole: (said) => messages.message(blocks(said), messageEnd(said)),
  stream: (said) => messages.messageStream(blocks(said), messageEnd(said)),
  start: messages.messageEvents([]).split("event: message_delta")[0] +
    messages.event("content_block_start", {
      index: 0,
      content_block: { type: "text", text: "" },
    }),
  more: (text) =>
    messages.event("content_block_delta", {
      index: 0,
      delta: { type: "text_delta", text },
    }),
  broken: messages.event("error", {
    error: { type: "overloaded_error", message: "Overloaded" },
  }),
  error: (status, message) => ({
    type: "error",
    error: { type: MESSAGE_ERRORS.get(status) ?? "api_error", message },
  }),
};

const GENERATED_ENDS = {
  stop: "STOP",
  length: "MAX_TOKENS",
  filter: "SAFETY",
} as const;

const GOOGLE_STATUS = new Map([
  [400, "INVALID_ARGUMENT"],
  [401, "UNAUTHENTICATED"],
  [404, "NOT_FOUND"],
  [429, "RESOURCE_EXHAUSTED"],
  [503, "UNAVAILABLE"],
]);

function generated(parts: readonly object[], end?: Said["end"]): object {
  return {
    candidates: [{
      index: 0,
      content: { role: "model", parts },
      ...(end && { finishReason: GENERATED_ENDS[end] }),
    }],
    usageMetadata: {
      promptTokenCount: COUNTED.input,
      cachedContentTokenCount: COUNTED.cached,
      candidatesTokenCount: COUNTED.output,
      totalTokenCount: COUNTED.input + COUNTED.output,
    },
    modelVersion: "gemini-up",
    responseId: "resp-up",
  };
}

/** The parts of a turn; Google signs the first call of it. */
function generatedParts({ thought, text, calls = [] }: Said): object[] {
  return [
    ...(thought ? [{ text: thought, thought: true }] : []),
    ...halves(text).map((text) => ({ text })),
    ...calls.map(({ id, name, input }, index) => ({
      functionCall: { id, name, args: input },
      ...(index === 0 && { thoughtSignature: PROOF }),
    })),
  ];
}

/** Google Gemini. */
export const GEMINI: Speaker = {
  name: "gemini",
  entry:
    "name: gem, type: gemini, api_key: key-of-the-gateway-0000, max_retries: 0",
  model: "gem/gemini-2.5-flash",
  isStream: ({ path }) => path.includes(":streamGenerateContent"),
  whole: (said) => json(generated(generatedParts(said), said.end ?? "stop")),
  stream: (said) =>
    eventStream(
      generatedParts(said).map((part) => chat.event(generated([part])))
        .join("") + chat.event(generated([{ text: "" }], said.end ?? "stop")),
    ),
  start: "",
  more: (text) => chat.event(generated([{ text }])),
  broken: chat.event({
    error: { code: 503, message: "Overloaded", status: "UNAVAILABLE" },
  }),
  error: (code, message) => ({
    error: { code, message, status: GOOGLE_STATUS.get(code) ?? "INTERNAL" },
  }),
};

/** One of each provider dialect. */
export const SPEAKERS: readonly Speaker[] = [CHAT, ANTHROPIC, GEMINI];

function halves(text = ""): string[] {
  const middle = text.length >> 1;
  return [text.slice(0, middle), text.slice(middle)].filter((it) => it !== "");
}
