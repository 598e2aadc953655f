import { isJsonObject, type JsonObject } from "./_decode_node.ts";

/** The members that all chunks of a streamed answer have in common (A8). */
export interface ChatHead {
  /** The answer's id. */
  readonly id: unknown;
  /** When it began, in seconds since 1970. */
  readonly created: unknown;
  /** The model that answers. */
  readonly model: unknown;
}

/** How much of an answer's words is kept, in UTF-16 units. */
const MAX_TEXT = 256 * 1024;
/** How many names of called tools are kept. */
const MAX_TOOLS = 128;
const MAX_NAME = 64;

/** What a delta has when it is more than words; thought is none of it. */
const NOT_PLAIN = ["refusal", "audio", "images", "function_call"] as const;

/**
 * What an answer in OpenAI's Chat Completions has said: its words and the
 * tools that it called. Takes what goes to the client, whole or piece by piece.
 *
 * Of the words 256 Ki units are kept and all are counted; of tools 128 names.
 *
 * @example The beginning of a stream
 * ```ts
 * import { ChatTranscript } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const transcript = new ChatTranscript();
 * transcript.take(`data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n`);
 * transcript.take(`data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}\n\n`);
 * assertEquals([transcript.text, transcript.isPlain], ["Hello", true]);
 * ```
 */
export class ChatTranscript {
  readonly #tools: string[] = [];
  #head: ChatHead | undefined;
  #text = "";
  #length = 0;
  #isPlain = true;

  /** Takes text of a stream, whole events of it; comments and errors say nothing. */
  take(text: string): void {
    for (const frame of text.split("\n\n")) {
      if (!frame.startsWith("data:")) continue;
      const data = frame.slice("data:".length).trim();
      if (data.startsWith("{")) this.takeAnswer(data);
    }
  }

  /** Takes a whole answer, or one chunk of a stream: JSON text. */
  takeAnswer(body: string): void {
    const { id, created, model, choices }: JsonObject = JSON.parse(body);
    if (!Array.isArray(choices)) return;
    if (choices.length > 0) this.#head ??= { id, created, model };
    for (const choice of choices) {
      if (isJsonObject(choice)) this.#takeChoice(choice);
    }
  }

  /** The words of the answer, as far as they are kept. */
  get text(): string {
    return this.#text;
  }

  /** How many words there were, in UTF-16 units. */
  get length(): number {
    return this.#length;
  }

  /** The names of the tools that were called, in their order. */
  get tools(): readonly string[] {
    return this.#tools;
  }

  /** Whether it is one choice of nothing but words, thought aside, and all of them are kept. */
  get isPlain(): boolean {
    return this.#isPlain && this.#length === this.#text.length;
  }

  /** What its chunks have in common; absent until the first has come. */
  get head(): ChatHead | undefined {
    return this.#head;
  }

  #takeChoice({ index, delta, message, logprobs }: JsonObject): void {
    const said = delta ?? message;
    if (isFilled(logprobs) || (index ?? 0) !== 0) this.#isPlain = false;
    if (!isJsonObject(said)) return;
    if (typeof said.content === "string") this.#add(said.content);
    else if (isFilled(said.content)) this.#isPlain = false;
    if (NOT_PLAIN.some((key) => isFilled(said[key]))) this.#isPlain = false;
    if (!Array.isArray(said.tool_calls) || said.tool_calls.length === 0) return;
    this.#isPlain = false;
    for (const call of said.tool_calls) this.#addTool(call);
  }

  #add(text: string): void {
    this.#length += text.length;
    if (this.#text.length < MAX_TEXT) {
      this.#text += text.slice(0, MAX_TEXT - this.#text.length);
    }
  }

  /** Only the first piece of a call has its name. */
  #addTool(call: unknown): void {
    if (!isJsonObject(call) || !isJsonObject(call.function)) return;
    const { name } = call.function;
    if (typeof name !== "string" || name === "") return;
    if (this.#tools.length < MAX_TOOLS) {
      this.#tools.push(name.slice(0, MAX_NAME));
    }
  }
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
