import type { JsonDocument } from "../../json_document.ts";
import type { PassOptions, Translation } from "../../translation.ts";
import { isJsonObject } from "./_decode_node.ts";
import { decodeChatError } from "./decode_error.ts";
import { passChatAnswer } from "./pass_answer.ts";
import { passChatRequest } from "./pass_request.ts";
import { ChatPassStream } from "./pass_stream.ts";

/**
 * A chat request on its way to an OpenAI-compatible provider, with the smallest
 * edit. A JSON schema for a provider that knows none has to be asked for in
 * other words, so that such a request does not pass (J28).
 */
export function passChat(
  document: JsonDocument,
  { target, stream, includeUsage }: PassOptions,
): Translation | undefined {
  const { model, quirks } = target;
  const { response_format: format } = document.value;
  if (
    quirks.noJsonSchema && isJsonObject(format) && format.type === "json_schema"
  ) return undefined;
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
