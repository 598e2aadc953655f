import type { ProviderDialect } from "../../dialect.ts";
import type { UpstreamError } from "../../errors.ts";
import { editJsonDocument, type JsonDocument } from "../../json_document.ts";
import type { PassOptions, Translation } from "../../translation.ts";
import { type ErrorAnswer, readErrorBody } from "../_error_answer.ts";
import { isObject } from "../_json.ts";
import { betasOf } from "../anthropic/_pass_headers.ts";
import { anthropicProvider } from "../anthropic/dialect.ts";
import { encodeBody } from "../anthropic/encode_request.ts";
import { decodeErrorAnswer as decodeAnthropicError } from "../anthropic/errors.ts";
import { passMessagesAnswer } from "../anthropic/pass_answer.ts";
import { editsFor } from "../anthropic/pass_request.ts";
import { MessagesPassStream } from "../anthropic/pass_stream.ts";
import { decodeErrorAnswer as decodeGoogleError } from "../gemini/errors.ts";
import { isClaude, modelPath } from "./_model_path.ts";

const VERSION = `"vertex-2023-10-16"`;

/** Claude on Vertex AI: the Messages API with the model in the path and the version in the body (D29). */
export const vertexClaudeProvider: ProviderDialect = {
  ...anthropicProvider,
  name: "vertex",
  encodeRequest(conversation, target) {
    const { model } = target;
    const { body, betas } = encodeBody(conversation, {
      target,
      head: `"anthropic_version":${VERSION}`,
    });
    return { path: pathOf(model, conversation.stream), ...head(betas), body };
  },
  decodeError: (status, headers, body) =>
    decodeError({ status, headers, body }),
};

/**
 * A Messages request on its way to a Claude on Vertex AI, with the smallest
 * edit; `undefined` for any other model.
 */
export function passRawPredict(
  document: JsonDocument,
  { target, stream, header, keeping }: PassOptions,
): Translation | undefined {
  const { model, losses } = target;
  if (!isClaude(model)) return undefined;
  const edits = editsFor(document, target);
  edits.set("model", undefined);
  edits.set("anthropic_version", VERSION);
  if (stream !== (document.value.stream === true)) {
    edits.set("stream", String(stream));
  }
  return {
    request: {
      path: pathOf(model, stream),
      ...head(betasOf(header, losses)),
      body: editJsonDocument(document, edits),
    },
    answer: (body) => passMessagesAnswer(body, { model }),
    stream: () =>
      new MessagesPassStream({ model, thought: keeping?.collector() }),
    error: (status, headers, body) => decodeError({ status, headers, body }),
  };
}

function pathOf(model: string, stream: boolean): string {
  return modelPath(model) + (stream ? ":streamRawPredict" : ":rawPredict");
}

function head(
  betas: readonly string[],
): { readonly headers: Readonly<Record<string, string>> } {
  return {
    headers: betas.length === 0 ? {} : { "anthropic-beta": betas.join() },
  };
}

/** An error is the model's own, or of the platform before it. */
function decodeError(answer: ErrorAnswer): UpstreamError {
  const { value } = readErrorBody(answer.body);
  return isObject(value) && value.type === "error"
    ? decodeAnthropicError(answer)
    : decodeGoogleError(answer);
}
