import { anthropicProvider } from "./dialects/anthropic/dialect.ts";
import { openAiChatClient } from "./dialects/openai_chat/client.ts";
import { decodeChatError } from "./dialects/openai_chat/decode_error.ts";
import { passChatAnswer } from "./dialects/openai_chat/pass_answer.ts";
import { passChatRequest } from "./dialects/openai_chat/pass_request.ts";
import { ChatPassStream } from "./dialects/openai_chat/pass_stream.ts";
import type {
  EncodedRequest,
  ProviderDialect,
  StreamOptions,
  StreamTranslator,
  TranslatedAnswer,
} from "./dialect.ts";
import {
  passEmbeddingsAnswer,
  passEmbeddingsRequest,
} from "./dialects/openai_chat/embeddings.ts";
import { GatewayError, type UpstreamError } from "./errors.ts";
import type { JsonDocument } from "./json_document.ts";
import type { LossReport } from "./loss_report.ts";
import { RecodedStream } from "./recoded_stream.ts";
import type { Destination } from "./routing/route.ts";

/** One request on its way to one provider, with the way back. */
export interface Translation {
  /** What goes to the provider. */
  readonly request: EncodedRequest;
  /**
   * Makes the client's whole answer of the provider's.
   *
   * @throws {UpstreamError} when the body is no valid, whole answer.
   */
  answer(body: Uint8Array): TranslatedAnswer;
  /** Makes the translator of one stream. */
  stream(): StreamTranslator;
  /** What an answer with an error status means. */
  error(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): UpstreamError;
}

/** What a translation needs besides the request. */
export interface TranslateOptions extends StreamOptions {
  /** Where the request goes. */
  readonly deployment: Destination;
  /** The client wants a stream. */
  readonly stream: boolean;
  /** Takes note of what could not be carried over. */
  readonly losses: LossReport;
}

/**
 * Prepares a chat completion request for a deployment.
 *
 * Where the provider speaks the caller's dialect, bytes pass with the smallest
 * edit; else the request goes through the canonical vocabulary.
 *
 * @throws {GatewayError} naming the field that is wrong or can't be carried.
 *
 * @example To a provider of the same dialect
 * ```ts
 * import { LossReport, parseJsonDocument, ProviderFactory, translateChat } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const body = `{"model":"mock/echo","messages":[{"role":"user","content":"hi"}]}`;
 * const { request } = translateChat(
 *   parseJsonDocument(new TextEncoder().encode(body)),
 *   {
 *     deployment: { provider, model: "echo" },
 *     stream: false,
 *     includeUsage: false,
 *     losses: new LossReport(),
 *   },
 * );
 * assertEquals(request.body, body.replace("mock/echo", "echo"));
 * factory.close();
 * ```
 */
export function translateChat(
  document: JsonDocument,
  options: TranslateOptions,
): Translation {
  const { provider, model } = options.deployment;
  const target = {
    provider: provider.name,
    model,
    quirks: provider.quirks,
    losses: options.losses,
  };
  if (provider.dialect !== "openai_chat") {
    return recode(anthropicProvider, document, { target, options });
  }
  return {
    request: {
      path: "/chat/completions",
      headers: {},
      body: passChatRequest(document, target, options),
    },
    answer: (body) => passChatAnswer(body, { model }),
    stream: () =>
      new ChatPassStream({
        model,
        includeUsage: options.includeUsage,
        streamEnd: provider.quirks.streamEnd ?? "done",
      }),
    error: decodeChatError,
  };
}

/** Caller's dialect → canonical vocabulary → provider's dialect, and back. */
function recode(
  dialect: ProviderDialect,
  document: JsonDocument,
  { target, options }: {
    readonly target: Parameters<ProviderDialect["encodeRequest"]>[1];
    readonly options: TranslateOptions;
  },
): Translation {
  const { losses } = options;
  const conversation = {
    ...openAiChatClient.decodeRequest(document),
    model: target.model,
  };
  return {
    request: dialect.encodeRequest(conversation, target),
    answer(body): TranslatedAnswer {
      const answer = dialect.decodeAnswer(body, losses);
      return {
        body: openAiChatClient.encodeAnswer(answer, losses),
        ...(answer.usage && { usage: answer.usage }),
        finish: answer.finish,
        model: answer.model,
      };
    },
    stream: () =>
      new RecodedStream(
        dialect.streamDecoder(losses),
        openAiChatClient.streamEncoder(options, losses),
      ),
    error: dialect.decodeError,
  };
}

/**
 * Prepares an embeddings request for a deployment. Only providers that speak
 * OpenAI's dialect have embeddings here.
 *
 * @throws {GatewayError} 400 when the provider has none or a field is wrong.
 *
 * @example To a provider of the same dialect
 * ```ts
 * import { parseJsonDocument, ProviderFactory, translateEmbeddings } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const body = `{"model":"mock/embed","input":"hi"}`;
 * const { request } = translateEmbeddings(
 *   parseJsonDocument(new TextEncoder().encode(body)),
 *   { provider, model: "embed" },
 * );
 * assertEquals(request.body, `{"model":"embed","input":"hi"}`);
 * factory.close();
 * ```
 */
export function translateEmbeddings(
  document: JsonDocument,
  { provider, model }: Destination,
): Omit<Translation, "stream"> {
  if (provider.dialect !== "openai_chat") {
    throw new GatewayError(
      "invalid_request",
      `Provider '${provider.name}' has no embeddings`,
      { code: "unsupported_endpoint", param: "model" },
    );
  }
  return {
    request: {
      path: "/embeddings",
      headers: {},
      body: passEmbeddingsRequest(document, model),
    },
    answer: passEmbeddingsAnswer,
    error: decodeChatError,
  };
}
