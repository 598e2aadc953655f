import type { JsonDocument } from "../../json_document.ts";
import type { PassOptions, Translation } from "../../translation.ts";
import { isJsonObject } from "./_decode_node.ts";
import { decodeChatError } from "./decode_error.ts";
import { passChatAnswer } from "./pass_answer.ts";
import { passChatRequest } from "./pass_request.ts";
import { ChatPassStream } from "./pass_stream.ts";
import { wantsThought } from "./pass_thought.ts";

/**
 * A chat request on its way to an OpenAI-compatible provider, with the smallest
 * edit. A JSON schema for a provider that knows none has to be asked for in
 * other words (J28), and pictures in tools' results have to stand elsewhere for
 * one that takes text alone (A24), so that such requests do not pass.
 */
export function passChat(
  document: JsonDocument,
  { target, stream, includeUsage, collector }: PassOptions,
): Translation | undefined {
  const { model, quirks } = target;
  const { response_format: format, messages, tools } = document.value;
  if (
    quirks.noJsonSchema && isJsonObject(format) && format.type === "json_schema"
  ) return undefined;
  if (quirks.textResults && hasShownResult(messages)) return undefined;
  // Without tools no thought leads to a call.
  const mayCall = wantsThought(quirks) && Array.isArray(tools);
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
        ...(mayCall && { thought: collector?.() }),
      }),
    error: decodeChatError,
  };
}

/** Whether a tool's result holds anything but text. */
function hasShownResult(messages: unknown): boolean {
  if (!Array.isArray(messages)) return false;
  for (const message of messages) {
    if (!isJsonObject(message) || message.role !== "tool") continue;
    const { content } = message;
    if (Array.isArray(content) && !content.every(isText)) return true;
  }
  return false;
}

function isText(part: unknown): boolean {
  return isJsonObject(part) && part.type === "text";
}
