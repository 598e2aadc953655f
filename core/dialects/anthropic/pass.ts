import type { JsonDocument } from "../../json_document.ts";
import type { PassOptions, Translation } from "../../translation.ts";
import { decodeErrorAnswer } from "./errors.ts";
import { passMessagesAnswer } from "./pass_answer.ts";
import { passMessagesRequest } from "./pass_request.ts";
import { MessagesPassStream } from "./pass_stream.ts";

/** A Messages request on its way to a provider of the same dialect, with the smallest edit. */
export function passMessages(
  document: JsonDocument,
  options: PassOptions,
): Translation {
  const { target, keeping } = options;
  const { model } = target;
  return {
    request: passMessagesRequest(document, target, options),
    answer: (body) => passMessagesAnswer(body, { model }),
    stream: () =>
      new MessagesPassStream({ model, thought: keeping?.collector() }),
    error: (status, headers, body) =>
      decodeErrorAnswer({ status, headers, body }),
  };
}
