import { eventStream, json } from "./_answering_upstream.ts";

const HEAD = {
  id: "msg_up",
  type: "message",
  role: "assistant",
  model: "claude-up",
  stop_sequence: null,
};

/** Token counts as Anthropic tells them: 60 of input in all. */
const MESSAGE_USAGE = {
  input_tokens: 10,
  cache_read_input_tokens: 20,
  cache_creation_input_tokens: 30,
  output_tokens: 7,
};

/** A content block of a message. */
export type Block = Readonly<Record<string, unknown>> & {
  readonly type: string;
};

/** Answers whole. */
export function message(
  content: readonly Block[],
  reason = "end_turn",
): Response {
  return json({
    ...HEAD,
    content,
    stop_reason: reason,
    usage: MESSAGE_USAGE,
  }, { headers: { "request-id": "req_up" } });
}

/** Answers with the same message as a stream. */
export function messageStream(
  content: readonly Block[],
  reason = "end_turn",
): Response {
  return eventStream(messageEvents(content, reason), {
    "request-id": "req_up",
  });
}

/** The events of {@linkcode messageStream}. */
export function messageEvents(
  content: readonly Block[],
  reason = "end_turn",
): string {
  const start = { ...HEAD, content: [], stop_reason: null };
  return [
    event("message_start", {
      message: { ...start, usage: { ...MESSAGE_USAGE, output_tokens: 1 } },
    }),
    ...content.map(blockEvents),
    event("message_delta", {
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: MESSAGE_USAGE.output_tokens },
    }),
    event("message_stop", {}),
  ].join("");
}

/** One event, named as its type. */
export function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
}

/** A block from start to stop, its text in two pieces. */
function blockEvents(block: Block, index: number): string {
  const { empty, deltas } = pieces(block);
  return [
    event("content_block_start", { index, content_block: empty }),
    ...deltas.map((delta) => event("content_block_delta", { index, delta })),
    event("content_block_stop", { index }),
  ].join("");
}

function pieces(block: Block): { empty: Block; deltas: readonly object[] } {
  switch (block.type) {
    case "text":
      return {
        empty: { ...block, text: "" },
        deltas: halves(String(block.text)).map((text) => ({
          type: "text_delta",
          text,
        })),
      };
    case "thinking":
      return {
        empty: { ...block, thinking: "", signature: "" },
        deltas: [
          ...halves(String(block.thinking)).map((thinking) => ({
            type: "thinking_delta",
            thinking,
          })),
          { type: "signature_delta", signature: block.signature },
        ],
      };
    case "tool_use": {
      const text = JSON.stringify(block.input);
      return {
        empty: { ...block, input: {} },
        // A call without arguments has no more than one empty piece.
        deltas: (text === "{}" ? [""] : ["", ...halves(text)]).map((piece) => ({
          type: "input_json_delta",
          partial_json: piece,
        })),
      };
    }
    default:
      return { empty: block, deltas: [] };
  }
}

function halves(text: string): string[] {
  const middle = text.length >> 1;
  return [text.slice(0, middle), text.slice(middle)];
}
