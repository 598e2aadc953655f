/**
 * The pieces of a streamed answer as each provider dialect writes them.
 *
 * @module
 */

/** One provider dialect, for tests that hold for both. */
export interface WirePieces {
  /** The provider's name in the test config. */
  readonly provider: "oa" | "an";
  /** What comes before content: a bare role, or a message without a block. */
  readonly start: string;
  /** A delta that says nothing. */
  readonly empty: string;
  /** A sign of life that is no content. */
  readonly ping: string;
  /** A piece of content. */
  text(text: string): string;
  /** Everything from the last content to the proper end. */
  readonly finish: string;
  /** An error in place of content: overloaded. */
  readonly error: string;
  /** A whole answer that is not streamed. */
  readonly whole: string;
}

function chunk(delta: unknown, finish: string | null = null): string {
  return `data: ${
    JSON.stringify({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      created: 1,
      model: "m-1",
      choices: [{ index: 0, delta, finish_reason: finish }],
    })
  }\n\n`;
}

/** An OpenAI-compatible provider. */
export const CHAT_PIECES: WirePieces = {
  provider: "oa",
  start: chunk({ role: "assistant", content: "" }),
  empty: chunk({}) + chunk({ content: "" }),
  ping: ": ping\n\n",
  text: (text) => chunk({ content: text }),
  finish: `${chunk({}, "stop")}data: {"id":"chatcmpl-1","object":` +
    `"chat.completion.chunk","created":1,"model":"m-1","choices":[],"usage":` +
    `{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\n` +
    "data: [DONE]\n\n",
  error: `data: {"error":{"message":"Overloaded","type":"overloaded_error",` +
    `"code":503}}\n\n`,
  whole: JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "m-1",
    choices: [{
      index: 0,
      message: { role: "assistant", content: "hello" },
      finish_reason: "stop",
    }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  }),
};

function event(
  value: { readonly type: string; readonly [key: string]: unknown },
): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}

function delta(text: string): string {
  return event({
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text },
  });
}

/** Anthropic. */
export const MESSAGES_PIECES: WirePieces = {
  provider: "an",
  start: event({
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m-1",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 1 },
    },
  }) + event({
    type: "content_block_start",
    index: 0,
    content_block: { type: "text", text: "" },
  }),
  empty: delta(""),
  ping: event({ type: "ping" }),
  text: delta,
  finish: event({ type: "content_block_stop", index: 0 }) +
    event({
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 2 },
    }) + event({ type: "message_stop" }),
  error: event({
    type: "error",
    error: { type: "overloaded_error", message: "Overloaded" },
  }),
  whole: JSON.stringify({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m-1",
    content: [{ type: "text", text: "hello" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 2 },
  }),
};

/** Both dialects. */
export const DIALECTS: readonly WirePieces[] = [CHAT_PIECES, MESSAGES_PIECES];
