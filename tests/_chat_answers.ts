import { eventStream, json } from "./_answering_upstream.ts";

const HEAD = { id: "chatcmpl-up", created: 1_700_000_000, model: "up-1" };

/** Token counts as OpenAI tells them. */
export const CHAT_USAGE = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
};

/** A tool call as a message has it. */
export function toolCall(id: string, name: string, args = "{}"): object {
  return { id, type: "function", function: { name, arguments: args } };
}

/** A whole answer with one choice. */
export function completion(
  message: object,
  finish = "stop",
  extra: object = {},
): Response {
  return json(completionBody(message, finish, extra));
}

/** The body of {@linkcode completion}. */
export function completionBody(
  message: object,
  finish = "stop",
  extra: object = {},
): object {
  return {
    ...HEAD,
    object: "chat.completion",
    choices: [{
      index: 0,
      message: { role: "assistant", content: null, ...message },
      finish_reason: finish,
    }],
    usage: CHAT_USAGE,
    ...extra,
  };
}

/** The event of one delta. */
export function chunk(
  delta: object,
  finish: string | null = null,
  extra: object = {},
): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return event({
    ...HEAD,
    object: "chat.completion.chunk",
    choices,
    ...extra,
  });
}

/** An event of JSON. */
export function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** The end of a stream: finish, counts, terminator. */
export function streamEnd(finish = "stop"): string {
  const counts = event({
    ...HEAD,
    object: "chat.completion.chunk",
    choices: [],
    usage: CHAT_USAGE,
  });
  return `${chunk({}, finish)}${counts}data: [DONE]\n\n`;
}

/** A whole stream of these deltas. */
export function chatStream(
  deltas: readonly object[],
  finish = "stop",
): Response {
  const chunks = deltas.map((delta, index) =>
    chunk(index === 0 ? { role: "assistant", ...delta } : delta)
  );
  return eventStream(chunks.join("") + streamEnd(finish));
}
