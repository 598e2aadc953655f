import type { TranslatedAnswer } from "../../dialect.ts";
import { editJsonDocument, type JsonDocument } from "../../json_document.ts";
import type { PassOptions, Translation } from "../../translation.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { isJsonObject } from "../openai_chat/_decode_node.ts";
import { carriesError } from "../openai_chat/_pass_json.ts";
import {
  decodeChatError,
  decodeChatErrorObject,
} from "../openai_chat/decode_error.ts";
import { decodeChatFinish } from "../openai_chat/finish.ts";
import { decodeChatUsage } from "../openai_chat/usage.ts";
import { CompletionsPassStream } from "./pass_stream.ts";

/** A request for completions on its way to a provider that has them, with the smallest edit. */
export function passCompletions(
  document: JsonDocument,
  { target, stream, includeUsage }: PassOptions,
): Translation {
  const { model, quirks } = target;
  const { value } = document;
  const edits = new Map<string, string | undefined>();
  if (value.model !== model) edits.set("model", JSON.stringify(model));
  if (quirks.noStreamOptions) edits.set("stream_options", undefined);
  else if (stream && !includeUsage) {
    const told = isJsonObject(value.stream_options) ? value.stream_options : {};
    const asked = { ...told, include_usage: true };
    edits.set("stream_options", JSON.stringify(asked));
  }
  return {
    request: {
      path: "/completions",
      headers: {},
      body: editJsonDocument(document, edits),
    },
    answer: passAnswer,
    stream: () =>
      new CompletionsPassStream({
        includeUsage,
        endsWithFinish: quirks.streamEnd === "finish",
      }),
    error: decodeChatError,
  };
}

function passAnswer(body: Uint8Array): TranslatedAnswer {
  const text = new TextDecoder().decode(body);
  const value = parseAnswer(text, "is no valid JSON");
  if (!isJsonObject(value)) throw invalidAnswer("is no JSON object");
  if (carriesError(value)) throw decodeChatErrorObject(value);
  const [choice] = Array.isArray(value.choices) ? value.choices : [];
  if (!isJsonObject(choice) || typeof choice.text !== "string") {
    throw invalidAnswer("has no choice with a text");
  }
  const usage = decodeChatUsage(value.usage);
  return {
    body: text,
    ...(usage && { usage }),
    finish: decodeChatFinish(choice.finish_reason) ?? "stop",
    model: typeof value.model === "string" ? value.model : "",
  };
}
