import type { Usage } from "../../answer.ts";
import type { Conversation, Message } from "../../conversation.ts";
import {
  editJsonDocument,
  type JsonDocument,
  parseJsonDocument,
} from "../../json_document.ts";
import {
  translateChat,
  type TranslateOptions,
  type Translation,
} from "../../translation.ts";
import { ContinuedChatStream } from "./_continued_stream.ts";
import { isJsonObject } from "./_decode_node.ts";
import type { ChatHead } from "./transcript.ts";

/** An answer that has broken off, as far as its client has it. */
export interface BegunAnswer {
  /** Its words. */
  readonly text: string;
  /** What its chunks have in common. */
  readonly head: ChatHead;
  /** What it came to, where that was told. */
  readonly usage?: Usage | undefined;
}

/** What going on with an answer needs. */
export interface ContinueOptions extends TranslateOptions {
  /** The answer that has broken off. */
  readonly begun: BegunAnswer;
}

/**
 * Said to the model behind what it is taken to have said. Providers that go on
 * with a message of the assistant that is left open are few, and the newer
 * models of those refuse it; this they all understand.
 */
const INSTRUCTION =
  "A technical fault has cut off your last message. Go on with it from exactly where it stops, as if nothing had happened: begin with the very next character, be it a space, a line break or the rest of a word. Repeat nothing of it and say nothing about the fault.";

/**
 * Whether the answer to a request may be gone on with elsewhere: it is to be
 * one text, with no form that two halves could break. Whether it has called a
 * tool so far, the {@linkcode ChatTranscript} tells.
 *
 * @example One text, and two
 * ```ts
 * import { parseJsonDocument } from "@llm-proxy/core";
 * import { canContinueChat } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * assertEquals(canContinueChat(parseJsonDocument(bytes("{}"))), true);
 * assertEquals(canContinueChat(parseJsonDocument(bytes('{"n": 2}'))), false);
 * ```
 */
export function canContinueChat(
  { value }: Pick<JsonDocument, "value">,
): boolean {
  const { n, logprobs, top_logprobs: top, response_format: format } = value;
  const { audio, modalities } = value;
  return (n ?? 1) === 1 && (logprobs ?? false) === false && !top &&
    (!format || isJsonObject(format) && format.type === "text") &&
    !audio && (!Array.isArray(modalities) ||
      modalities.every((modality) => modality === "text"));
}

/**
 * Prepares a chat completion request that has another deployment go on with an
 * answer whose stream has broken off, so that it is one answer for the client:
 * the conversation, what has been said, and the word to go on. What comes has
 * the id, the time and the model of the beginning, no role of its own, and at
 * its end the usage of both. Limits of its length count anew.
 *
 * The loss report has a notice of it.
 *
 * @throws {GatewayError} as {@linkcode translateChat} does.
 * @throws {TypeError} where a dialect that it needs was not loaded, as
 * `loadDialects` of `@llm-proxy/core/lazy` does.
 *
 * @example The rest of a sentence
 * ```ts
 * import { LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { continueChat } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const ask = `{"model":"m","messages":[{"role":"user","content":"Count"}],"stream":true}`;
 * const { request } = continueChat(parseJsonDocument(new TextEncoder().encode(ask)), {
 *   deployment: { provider, model: "echo" },
 *   stream: true,
 *   includeUsage: false,
 *   losses: new LossReport(),
 *   begun: {
 *     text: "One, two,",
 *     head: { id: "chatcmpl-1", created: 1700000000, model: "echo" },
 *   },
 * });
 * const { messages } = JSON.parse(request.body);
 * assertEquals(messages[1], { role: "assistant", content: "One, two," });
 * factory.close();
 * ```
 */
export function continueChat(
  document: JsonDocument,
  options: ContinueOptions,
): Translation {
  const { begun, losses, deployment: { provider, model } } = options;
  const { conversation } = options;
  const translation = conversation === undefined
    ? translateChat(withBegun(document, begun.text), options)
    : translateChat(document, {
      ...options,
      conversation: goneOn(conversation, begun.text),
    });
  losses.add(
    "approximated",
    "answer.content",
    `continued at ${provider.name}/${model}`,
  );
  const { request, reader, framing } = translation;
  // A whole answer has no form that goes on with another.
  return {
    request,
    reader,
    framing,
    answer: (body) => translation.answer(body),
    stream: () => new ContinuedChatStream(translation.stream(), begun),
    error: (status, headers, body) => translation.error(status, headers, body),
  };
}

/** A conversation with two more messages. */
function goneOn(conversation: Conversation, said: string): Conversation {
  const message = (role: "assistant" | "user", text: string): Message => ({
    role,
    parts: [{ type: "text", text }],
  });
  const messages = [
    ...conversation.messages,
    message("assistant", said),
    message("user", INSTRUCTION),
  ];
  return { ...conversation, messages };
}

/** The request with two more messages; all else is as it came. */
function withBegun(document: JsonDocument, text: string): JsonDocument {
  const { messages } = document.value;
  const [start, end] = document.spans.get("messages") ?? [0, 0];
  const before = Array.isArray(messages) && messages.length > 0
    ? `${document.text.slice(start, end - 1)},`
    : "[";
  const more = [
    { role: "assistant", content: text },
    { role: "user", content: INSTRUCTION },
  ].map((message) => JSON.stringify(message)).join();
  const edits = new Map([["messages", `${before}${more}]`]]);
  const edited = editJsonDocument(document, edits);
  return parseJsonDocument(new TextEncoder().encode(edited));
}
