import type { JsonDocument } from "../json_document.ts";
import type { Capability } from "./capability.ts";
import type { Destination } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";
import { prefixHash } from "./sticky.ts";

/** What is read from a chat completion request. */
export type ChatRequestFacts = Pick<
  RouteRequest,
  | "model"
  | "needs"
  | "inputTokens"
  | "inputTokensAt"
  | "outputTokens"
  | "prefix"
>;

/** How long an input is, by whoever counts tokens. */
export interface InputSize {
  /** For a model of which nothing is known; read when it is needed, so it may be a getter. */
  readonly tokens: number;
  /** For one model, low enough to refuse by. */
  at(destination: Destination): number;
}

/** What {@linkcode chatRequestFacts} may be given besides. */
export interface ChatFactsOptions {
  /** How long the input is. @default {a rough and low estimate} */
  readonly size?: InputSize | undefined;
}

/** More tokens than any model answers with: what a caller allows beyond is no estimate. */
const MAX_OUTPUT = 1_000_000;
/** More letters than a token has on average in any language: the estimate must come out low. */
const LETTERS_PER_TOKEN = 6;

type Fields = Readonly<Record<string, unknown>>;

/** What the types of content parts need. Other types need nothing known. */
const PART_NEEDS: ReadonlyMap<unknown, Capability> = new Map([
  ["image_url", "vision"],
  ["image", "vision"],
  ["input_image", "vision"],
  ["input_audio", "audio"],
  ["file", "file"],
  ["document", "file"],
  ["input_file", "file"],
]);

/**
 * Reads from a request to a language model what routing has to know of it: from
 * OpenAI's Chat Completions and Responses, and from Anthropic's Messages, whose
 * names do not collide. Odd values are passed over: it is for others to refuse
 * them.
 *
 * @example A picture and a tool
 * ```ts
 * import { parseJsonDocument } from "@llm-proxy/core";
 * import { chatRequestFacts } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const document = parseJsonDocument(new TextEncoder().encode(JSON.stringify({
 *   model: "fast",
 *   max_tokens: 100,
 *   tools: [{ type: "function", function: { name: "look" } }],
 *   messages: [{
 *     role: "user",
 *     content: [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }],
 *   }],
 * })));
 * const { model, needs, outputTokens } = chatRequestFacts(document);
 * assertEquals({ model, needs, outputTokens }, {
 *   model: "fast",
 *   needs: ["tools", "vision"],
 *   outputTokens: 100,
 * });
 * ```
 */
export function chatRequestFacts(
  { value }: Pick<JsonDocument, "value">,
  { size }: ChatFactsOptions = {},
): ChatRequestFacts {
  const needs: Capability[] = [];
  if (isFilled(value.tools)) add(needs, "tools");
  if (value.stream === true) add(needs, "streaming");
  if (isSchema(value.response_format) || hasSchema(value)) {
    add(needs, "json_schema");
  }
  const { input } = value;
  const messages = isFilled(value.messages)
    ? value.messages
    : isFilled(input)
    ? input
    : [];
  let length = textLength(value.system) + textLength(value.instructions) +
    textLength(input);
  for (const message of messages) length += measure(message, needs);
  if (isFilled(value.modalities) && value.modalities.includes("audio")) {
    add(needs, "audio");
  }
  const limit = value.max_completion_tokens ?? value.max_tokens ??
    value.max_output_tokens;
  return new ChatFacts({
    model: typeof value.model === "string" ? value.model : "",
    needs,
    outputTokens: Number.isInteger(limit) && Number(limit) > 0
      ? Math.min(Number(limit), MAX_OUTPUT)
      : undefined,
    messages,
    length,
    size,
  });
}

/** The facts of one request. What few ask for is found out when they do. */
class ChatFacts implements ChatRequestFacts {
  readonly model: string;
  readonly needs: readonly Capability[];
  readonly outputTokens: number | undefined;
  readonly #messages: readonly unknown[];
  readonly #length: number;
  readonly #size: InputSize | undefined;

  constructor(
    { model, needs, outputTokens, messages, length, size }: {
      readonly model: string;
      readonly needs: readonly Capability[];
      readonly outputTokens: number | undefined;
      readonly messages: readonly unknown[];
      readonly length: number;
      readonly size: InputSize | undefined;
    },
  ) {
    this.model = model;
    this.needs = needs;
    this.outputTokens = outputTokens;
    this.#messages = messages;
    this.#length = length;
    this.#size = size;
  }

  get inputTokens(): number {
    return this.#size?.tokens ?? Math.floor(this.#length / LETTERS_PER_TOKEN);
  }

  inputTokensAt(destination: Destination): number {
    return this.#size?.at(destination) ?? this.inputTokens;
  }

  get prefix(): number | undefined {
    return prefixOf(this.#messages);
  }
}

/** Whether an answer in the form of a schema is asked for, in the words of Messages and Responses. */
function hasSchema(request: Fields): boolean {
  const { output_config: config, output_format: format, text } = request;
  return isSchema(format) || isFields(config) && isSchema(config.format) ||
    isFields(text) && isSchema(text.format);
}

function isSchema(format: unknown): boolean {
  return isFields(format) && format.type === "json_schema";
}

function textLength(text: unknown): number {
  return typeof text === "string" ? text.length : 0;
}

/** Each need once; there are a few at most. */
function add(needs: Capability[], need: Capability): void {
  if (!needs.includes(need)) needs.push(need);
}

/** The length of a message's text; what its parts need is noted. */
function measure(message: unknown, needs: Capability[]): number {
  if (!isFields(message)) return 0;
  const { content } = message;
  if (typeof content === "string") return content.length;
  if (!Array.isArray(content)) return 0;
  let length = 0;
  for (const part of content) {
    if (!isFields(part)) continue;
    if (typeof part.text === "string") length += part.text.length;
    const need = PART_NEEDS.get(part.type);
    if (need !== undefined) add(needs, need);
  }
  return length;
}

/** Everything up to the first words of the user, which later turns leave as they are. */
function prefixOf(messages: readonly unknown[]): number | undefined {
  const pieces: string[] = [];
  for (const message of messages) {
    if (!isFields(message)) return undefined;
    pieces.push(...textsOf(message.content));
    if (message.role === "user") return prefixHash(pieces);
  }
  return undefined;
}

function textsOf(content: unknown): readonly string[] {
  if (typeof content === "string") return [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part) =>
    isFields(part) && typeof part.text === "string" ? [part.text] : []
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}
