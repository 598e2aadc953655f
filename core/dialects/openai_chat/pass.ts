import type { JsonDocument } from "../../json_document.ts";
import type {
  EncodedRequest,
  StreamTranslator,
  TranslatedAnswer,
} from "../../dialect.ts";
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
  options: PassOptions,
): Translation | undefined {
  const { quirks } = options.target;
  const { response_format: format, messages } = document.value;
  if (
    quirks.noJsonSchema && isJsonObject(format) && format.type === "json_schema"
  ) return undefined;
  if (quirks.textResults && hasShownResult(messages)) return undefined;
  return new PassedChat(document, options);
}

const NO_HEADERS = {};

/** The way there and back of a chat request that passes. */
class PassedChat implements Translation {
  readonly request: EncodedRequest;
  readonly error = decodeChatError;
  readonly #options: PassOptions;
  readonly #hasTools: boolean;

  constructor(document: JsonDocument, options: PassOptions) {
    const body = passChatRequest(document, options.target, options);
    this.request = { path: "/chat/completions", headers: NO_HEADERS, body };
    this.#options = options;
    this.#hasTools = Array.isArray(document.value.tools);
  }

  answer(body: Uint8Array): TranslatedAnswer {
    return passChatAnswer(body, this.#options.target);
  }

  stream(): StreamTranslator {
    const { target: { model, quirks }, includeUsage, keeping } = this.#options;
    // Without tools no thought leads to a call.
    const mayCall = this.#hasTools && wantsThought(quirks);
    return new ChatPassStream({
      model,
      includeUsage,
      streamEnd: quirks.streamEnd ?? "done",
      ...(mayCall && { thought: keeping?.collector() }),
    });
  }
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
