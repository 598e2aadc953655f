import type { FinishClass, Usage } from "../../answer.ts";
import type { StreamTranslator } from "../../dialect.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { cutStream, invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { isJsonObject } from "../openai_chat/_decode_node.ts";
import { carriesError } from "../openai_chat/_pass_json.ts";
import { decodeChatErrorObject } from "../openai_chat/decode_error.ts";
import { decodeChatFinish } from "../openai_chat/finish.ts";
import { decodeChatUsage, laterUsage } from "../openai_chat/usage.ts";

/** How a {@linkcode CompletionsPassStream} is set up. */
export interface CompletionsPassStreamOptions {
  /** The client wants token counts at the end. */
  readonly includeUsage: boolean;
  /** The provider never sends `[DONE]`. */
  readonly endsWithFinish: boolean;
}

/** How many choices may be finished at once, and how much of them is held. */
const MAX_HELD = 1024 * 1024;

/**
 * Takes the stream of completions of a provider for a client of the same
 * dialect: events as they came. From the first finish reason on they are held
 * until the stream has come to its proper end, so that one that was cut never
 * looks complete (A3, U6), unless another choice goes on.
 */
export class CompletionsPassStream implements StreamTranslator {
  readonly #includeUsage: boolean;
  readonly #endsWithFinish: boolean;
  #held = "";
  #progress = 0;
  #done = false;
  #usage: Usage | undefined;
  #finish: FinishClass | undefined;
  #model: string | undefined;

  /** Starts a stream. */
  constructor(options: CompletionsPassStreamOptions) {
    this.#includeUsage = options.includeUsage;
    this.#endsWithFinish = options.endsWithFinish;
  }

  /** Takes one event; see {@linkcode StreamTranslator.push}. */
  push({ event, data }: SseEvent): string {
    const word = data.trim();
    if (this.#done || word === "") return "";
    if (word === "[DONE]") return this.#complete();
    const chunk = parseAnswer(data, "has an event that is no valid JSON");
    if (!isJsonObject(chunk)) {
      throw invalidAnswer("has an event that is no JSON object");
    }
    if (event === "error" || carriesError(chunk)) {
      throw decodeChatErrorObject(chunk);
    }
    if (typeof chunk.model === "string") this.#model ??= chunk.model;
    this.#usage = laterUsage(this.#usage, decodeChatUsage(chunk.usage));
    const choices: readonly unknown[] = Array.isArray(chunk.choices)
      ? chunk.choices
      : [];
    if (choices.length === 0 && !this.#includeUsage) return "";
    const text = `data: ${data.replaceAll("\n", "")}\n\n`;
    const finish = choices.map(finishOf).find((it) => it !== undefined);
    if (choices.length > 0) this.#progress++;
    this.#finish ??= finish;
    if (finish === undefined && choices.length > 0) return text;
    this.#held += text;
    if (this.#held.length > MAX_HELD) throw invalidAnswer("has no end");
    return "";
  }

  /** Takes the end of the body; see {@linkcode StreamTranslator.end}. */
  end(): string {
    if (this.#done) return "";
    if (!this.#endsWithFinish) throw cutStream();
    return this.#complete();
  }

  /** How many content events have come. */
  get progress(): number {
    return this.#progress;
  }

  /** Whether the proper end has come. */
  get done(): boolean {
    return this.#done;
  }

  /** The counts so far. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Why the answer ended. */
  get finish(): FinishClass | undefined {
    return this.#finish;
  }

  /** The model that answered, as the provider names it. */
  get model(): string | undefined {
    return this.#model;
  }

  #complete(): string {
    if (this.#finish === undefined) throw cutStream();
    this.#done = true;
    return `${this.#held}data: [DONE]\n\n`;
  }
}

function finishOf(choice: unknown): FinishClass | undefined {
  return isJsonObject(choice)
    ? decodeChatFinish(choice.finish_reason)
    : undefined;
}
