import type { JsonDocument } from "../../json_document.ts";
import type { PassOptions, Translation } from "../../translation.ts";
import { decodeChatError } from "./decode_error.ts";
import { passChatAnswer } from "./pass_answer.ts";
import { passChatRequest } from "./pass_request.ts";
import { ChatPassStream } from "./pass_stream.ts";

/** A chat request on its way to an OpenAI-compatible provider, with the smallest edit. */
export function passChat(
  document: JsonDocument,
  { target, stream, includeUsage }: PassOptions,
): Translation {
  const { model, quirks } = target;
  return {
    request: {
      path: "/chat/completions",
      headers: {},
      body: passChatRequest(document, target, { stream }),
    },
    answer: (body) => passChatAnswer(body, { model }),
    stream: () =>
      new ChatPassStream({
        model,
        includeUsage,
        streamEnd: quirks.streamEnd ?? "done",
      }),
    error: decodeChatError,
  };
}
