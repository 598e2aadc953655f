import { addressed } from "./_addressed.ts";
import { dialectRow, type Pass, passFor } from "./_dialect_table.ts";
import type { Conversation } from "./conversation.ts";
import type {
  ClientDialect,
  DecodeOptions,
  DialectTarget,
  EncodedRequest,
  ProviderDialect,
  StreamOptions,
  StreamTranslator,
  TranslatedAnswer,
} from "./dialect.ts";
import { answerReader } from "./answer_reader.ts";
import { openAiChatClient } from "./dialects/openai_chat/client.ts";
import type { UpstreamError } from "./errors.ts";
import type { JsonDocument } from "./json_document.ts";
import type { LossReport } from "./loss_report.ts";
import { otherForms } from "./_other_forms.ts";
import { RecodedStream } from "./recoded_stream.ts";
import type { Destination } from "./routing/route.ts";
import { keepPassed, restorePassed } from "./passed_thought.ts";
import { restoreThought } from "./_restored_thought.ts";
import { ThoughtCollector } from "./_thought_collector.ts";
import { thoughtFamily } from "./_thought_family.ts";
import type { ThoughtKeeper } from "./thought_store.ts";
import type { StreamFraming } from "./stream_framing.ts";

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
  /**
   * Makes a stream of a whole answer, where the provider gave that in its place
   * (L12): its `end` gives all of it.
   *
   * @throws {UpstreamError} when the body is no whole answer.
   */
  readonly streamOf?: (body: Uint8Array) => StreamTranslator;
  /**
   * Reads the provider's answer in no dialect's words: absent where nothing
   * does, and for what is no conversation.
   */
  readonly reader?: ProviderDialect | undefined;
  /** How the provider's stream is cut into events. @default {server-sent events} */
  readonly framing?: StreamFraming | undefined;
  /** What an answer with an error status means. */
  error(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): UpstreamError;
}

/** What a translation needs besides the request. */
export interface TranslateOptions extends StreamOptions, DecodeOptions {
  /** Where the request goes. */
  readonly deployment: Destination;
  /** The client wants a stream. */
  readonly stream: boolean;
  /** Takes note of what could not be carried over. */
  readonly losses: LossReport;
  /** What is sent in the place of what the request says, where that was changed on its way. */
  readonly conversation?: Conversation;
  /**
   * The proofs of thought that led to tool calls: kept of the answer, and
   * brought back where the request has lost them, also where bytes pass.
   * @default {none are kept}
   */
  readonly thoughts?: ThoughtKeeper;
}

/** A {@linkcode TranslateOptions} for clients of any dialect. */
export interface TranslateConversationOptions extends TranslateOptions {
  /** The dialect in which the client speaks. */
  readonly client: ClientDialect;
}

/** What a request needs that passes to a provider of its client's dialect. */
export interface PassOptions extends StreamOptions, DecodeOptions {
  readonly target: DialectTarget;
  readonly stream: boolean;
  /** Makes what keeps the proofs of thought of one answer. @default {none are kept} */
  readonly collector?: () => ThoughtCollector;
}

/**
 * Prepares a request to a language model for a deployment, from any client's
 * dialect to any provider's.
 *
 * Where the provider speaks the client's dialect, bytes pass with the smallest
 * edit if the dialect has such a way; else the request goes through the
 * canonical vocabulary, and so does the answer.
 *
 * @throws {GatewayError} naming the field that is wrong or can't be carried.
 *
 * @example From OpenAI's dialect to Google's
 * ```ts
 * import {
 *   LossReport,
 *   openAiChatClient,
 *   parseJsonDocument,
 *   ProviderFactory,
 *   translateConversation,
 * } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "gemini", type: "gemini" });
 * const body = `{"model":"gemini/x","messages":[{"role":"user","content":"hi"}]}`;
 * const { request } = translateConversation(
 *   parseJsonDocument(new TextEncoder().encode(body)),
 *   {
 *     client: openAiChatClient,
 *     deployment: { provider, model: "x" },
 *     stream: false,
 *     includeUsage: false,
 *     losses: new LossReport(),
 *   },
 * );
 * assertEquals(request.path, "/models/x:generateContent");
 * factory.close();
 * ```
 */
export function translateConversation(
  document: JsonDocument,
  options: TranslateConversationOptions,
): Translation {
  return translate(document, options.client, options);
}

/**
 * Prepares a chat completion request for a deployment:
 * {@linkcode translateConversation} for clients that speak OpenAI's Chat
 * Completions.
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
  return translate(document, openAiChatClient, options);
}

function translate(
  document: JsonDocument,
  client: ClientDialect,
  options: TranslateOptions,
): Translation {
  const { losses } = options;
  const { provider, model } = options.deployment;
  const { quirks } = provider;
  const target = { provider: provider.name, model, quirks, losses };
  const row = dialectRow(provider.dialect, model);
  // What was changed on its way is written anew.
  const pass = options.conversation === undefined
    ? passFor(client, { provider, row })
    : undefined;
  const passed = pass && passThrough(document, {
    client,
    pass,
    target,
    options,
  });
  const translation = passed ??
    recode(document, {
      client,
      provider: row.provider,
      target,
      options,
    });
  // What passes is in the client's own dialect.
  const reader = passed === undefined ? row.provider : answerReader(client);
  if (reader !== undefined) {
    const forms = { document, client, reader, options };
    Object.assign(translation, { reader }, otherForms(translation, forms));
  }
  if (quirks.apiVersion === undefined) return translation;
  return { ...translation, request: addressed(translation.request, target) };
}

/** Bytes pass, and the proofs of thought in them are kept and brought back. */
function passThrough(
  document: JsonDocument,
  { client, pass, target, options }: {
    readonly client: ClientDialect;
    readonly pass: Pass;
    readonly target: DialectTarget;
    readonly options: TranslateOptions;
  },
): Translation | undefined {
  const { thoughts: keeper, losses } = options;
  const reader = answerReader(client);
  if (keeper === undefined || reader === undefined) {
    return pass(document, { ...options, target });
  }
  const family = thoughtFamily(options.deployment.provider, target.model);
  const asked = { client: client.name, keeper, family, losses };
  const collector = () => new ThoughtCollector(keeper, family);
  const restored = restorePassed(document, asked);
  const passed = pass(restored, { ...options, target, collector });
  if (passed === undefined) return undefined;
  const { answer } = passed;
  return {
    ...passed,
    answer(body): TranslatedAnswer {
      const told = answer(body);
      keepPassed(body, { text: told.body, reader, collector });
      return told;
    },
  };
}

/** Client's dialect → canonical vocabulary → provider's dialect, and back. */
function recode(
  document: JsonDocument,
  { client, provider, target, options }: {
    readonly client: ClientDialect;
    readonly provider: ProviderDialect;
    readonly target: DialectTarget;
    readonly options: TranslateOptions;
  },
): Translation {
  const { losses, stream, includeUsage, thoughts: keeper } = options;
  const family = thoughtFamily(options.deployment.provider, target.model);
  const decoded = options.conversation ??
    client.decodeRequest(document, options);
  const conversation = {
    ...keeper ? restoreThought(decoded, { keeper, family, losses }) : decoded,
    model: target.model,
    stream,
  };
  return {
    request: provider.encodeRequest(conversation, target),
    answer(body): TranslatedAnswer {
      const told = provider.decodeAnswer(body, losses);
      const answer = told.model === ""
        ? { ...told, model: target.model }
        : told;
      if (keeper) new ThoughtCollector(keeper, family).takeParts(answer.parts);
      return {
        body: client.encodeAnswer(answer, losses, document),
        ...(answer.usage && { usage: answer.usage }),
        finish: answer.finish,
        model: answer.model,
      };
    },
    stream: () =>
      new RecodedStream(
        provider.streamDecoder(losses, target.quirks),
        client.streamEncoder({ includeUsage, request: document }, losses),
        {
          model: target.model,
          ...(keeper && { thought: new ThoughtCollector(keeper, family) }),
        },
      ),
    framing: provider.framing,
    error: provider.decodeError,
  };
}
