import type { JsonDocument } from "../../json_document.ts";
import type { PassOptions, Translation } from "../../translation.ts";
import { decodeChatError } from "../openai_chat/decode_error.ts";
import { passResponsesAnswer } from "./pass_answer.ts";
import { passResponsesRequest } from "./pass_request.ts";
import { ResponsesPassStream } from "./pass_stream.ts";

/** A Responses request on its way to a provider of the same dialect, with the smallest edit. */
export function passResponses(
  document: JsonDocument,
  { target, stream, keeping }: PassOptions,
): Translation {
  const { model } = target;
  return {
    request: {
      path: "/responses",
      headers: {},
      body: passResponsesRequest(document, target, { stream }),
    },
    answer: (body) => passResponsesAnswer(body, { model }),
    stream: () =>
      new ResponsesPassStream({ model, thought: keeping?.collector() }),
    error: decodeChatError,
  };
}
