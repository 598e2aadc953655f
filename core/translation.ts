import { dialectRow, type Pass, passFor } from "./_dialect_table.ts";
import { FullTranslation } from "./_full_translation.ts";
import { restorePassed } from "./passed_thought.ts";
import { recode } from "./_recoded.ts";
import type { Conversation } from "./conversation.ts";
import type {
  ClientDialect,
  DecodeOptions,
  DialectTarget,
  EncodedRequest,
  ProviderDialect,
  Quirks,
  StreamOptions,
  StreamTranslator,
  TranslatedAnswer,
} from "./dialect.ts";
import { answerReader } from "./answer_reader.ts";
import { openAiChatClient } from "./dialects/openai_chat/client.ts";
import type { UpstreamError } from "./errors.ts";
import type { JsonDocument } from "./json_document.ts";
import type { LossReport } from "./loss_report.ts";
import type { Destination } from "./routing/route.ts";
import { ThoughtKeeping } from "./_thought_keeping.ts";
import type { ThoughtKeeper } from "./thought_store.ts";
import { withThinkTags } from "./_think_tags.ts";
import { isJsonObject } from "./dialects/openai_chat/_decode_node.ts";
import { isResponses, wireApiOf } from "./_wire_api.ts";
import { quirksOf } from "./quirks_of.ts";
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
   * @returns `undefined` where nothing reads it.
   * @throws {UpstreamError} when the body is no whole answer.
   */
  streamOf?(body: Uint8Array): StreamTranslator | undefined;
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
  readonly conversation?: Conversation | undefined;
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
export interface PassOptions
  extends Pick<StreamOptions, "includeUsage">, Pick<DecodeOptions, "header"> {
  readonly target: DialectTarget;
  readonly stream: boolean;
  /** Keeps the proofs of thought of the answer. @default {none are kept} */
  readonly keeping?: ThoughtKeeping | undefined;
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
 * import { LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { openAiChatClient, translateConversation } from "@llm-proxy/core/dialects";
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
 * import { LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { translateChat } from "@llm-proxy/core/dialects";
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
  const { losses, thoughts } = options;
  const { provider, model } = options.deployment;
  const quirks = quirksOf(options.deployment);
  const target = { provider: provider.name, model, quirks, losses };
  const wire = wireApiOf(client, options.deployment);
  const decoded = wire === "either" && client !== openAiChatClient
    ? options.conversation ?? client.decodeRequest(document, options)
    : options.conversation;
  const isAskedByResponses = isResponses(document, { wire, decoded, model });
  const row = dialectRow(
    isAskedByResponses ? "openai_responses" : provider.dialect,
    model,
  );
  // What was changed on its way is written anew.
  const pass = options.conversation === undefined &&
      mayPass(document, { client, quirks })
    ? passFor(client, { provider, row })
    : undefined;
  const speaker = quirks.thinkTags === undefined
    ? row.provider
    : withThinkTags(row.provider, quirks.thinkTags);
  const keeping = thoughts &&
    new ThoughtKeeping(thoughts, { target, provider, client, document });
  const passed = pass &&
    passThrough(document, { pass, keeping, target, options });
  const translation = passed ??
    recode(document, {
      client,
      provider: speaker,
      target,
      keeping,
      options: decoded === undefined
        ? options
        : { ...options, conversation: decoded },
    });
  const isPassed = passed !== undefined;
  return new FullTranslation(translation, {
    document,
    client,
    target,
    // What passes is in the client's own dialect.
    reader: isPassed ? answerReader(client) : speaker,
    keeping,
    isPassed,
    options,
  });
}

/** Has bytes pass, with the proofs of thought that their client has lost. */
function passThrough(
  document: JsonDocument,
  { pass, keeping, target, options }: {
    readonly pass: Pass;
    readonly keeping: ThoughtKeeping | undefined;
    readonly target: DialectTarget;
    readonly options: TranslateOptions;
  },
): Translation | undefined {
  const { stream, includeUsage, header } = options;
  const restored = keeping ? restorePassed(document, keeping) : document;
  return pass(restored, { target, stream, includeUsage, header, keeping });
}

/** Whether bytes may pass where the dialect has such a way: what a quirk changes has to be read. */
function mayPass(
  { value }: JsonDocument,
  { client, quirks }: {
    readonly client: ClientDialect;
    readonly quirks: Quirks;
  },
): boolean {
  const { thinkTags, noSystemRole } = quirks;
  if (thinkTags === undefined && !noSystemRole) return true;
  // The legacy API has no template, and so neither.
  if (client.name === "openai_completions") return true;
  return thinkTags === undefined && client === openAiChatClient &&
    Array.isArray(value.messages) && !value.messages.some(isSystem);
}

function isSystem(message: unknown): boolean {
  return isJsonObject(message) &&
    (message.role === "system" || message.role === "developer");
}
