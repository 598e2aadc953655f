import type { AnswerEvent, FinishClass, Usage } from "../../answer.ts";
import type { StreamTranslator } from "../../dialect.ts";
import type { ThoughtCollector } from "../../_thought_collector.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { cutStream, invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { isObject } from "../_json.ts";
import { AnswerReader } from "./_answer_reader.ts";
import { frameEvent, SILENCE } from "./encode_stream.ts";
import { decodeErrorObject } from "./errors.ts";
import type { PassGeminiAnswerOptions } from "./pass_answer.ts";

/** What comes behind the reason to stop is little. */
const MAX_HELD = 4 * 1024 * 1024;

/**
 * Takes the stream of a provider for a client of the same dialect. Each event
 * is parsed once, watched by the reader of answers, and handed on as the
 * provider wrote it.
 *
 * The reason to stop is held until the body has come to its end, so that a
 * stream that was cut never looks complete (L4, U6).
 */
export class GeminiPassStream implements StreamTranslator {
  readonly #reader = new AnswerReader();
  readonly #fallbackModel: string | undefined;
  readonly #thought: ThoughtCollector | undefined;
  #progress = 0;
  #model: string | undefined;
  #held = "";
  #done = false;

  /** Starts a stream; see {@linkcode PassGeminiAnswerOptions}. */
  constructor(options: PassGeminiAnswerOptions = {}) {
    this.#thought = options.thought;
    this.#fallbackModel = options.model;
  }

  /** Takes one event; see {@linkcode StreamTranslator.push}. */
  push({ data }: SseEvent): string {
    // Some gateways add OpenAI's end mark.
    if (this.#done || data === "" || data === "[DONE]") return "";
    const response = parseAnswer(data, "is no valid JSON");
    if (Array.isArray(response)) throw decodeErrorObject(response);
    if (!isObject(response)) throw invalidAnswer("is no JSON object");
    const progress = this.#progress;
    for (const event of this.#reader.take(response)) this.#note(event);
    // A picture, or anything else that has no canonical word.
    if (progress === this.#progress && hasParts(response)) this.#progress++;
    // A line break that JSON allows would be the end of the event's line.
    const line = data.includes("\n") ? data.replaceAll("\n", " ") : data;
    const text = frameEvent(line);
    if (this.#reader.finish === undefined) return text;
    this.#held += text;
    if (this.#held.length > MAX_HELD) {
      throw invalidAnswer("goes on behind its finish");
    }
    return "";
  }

  /** Takes the end of the body; see {@linkcode StreamTranslator.end}. */
  end(): string {
    if (this.#done) return "";
    if (this.#reader.finish === undefined) throw cutStream();
    for (const event of this.#reader.close()) this.#note(event);
    this.#done = true;
    return this.#held;
  }

  /** What a client may hear while nothing comes. */
  get keepAlive(): string {
    return SILENCE;
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
    return this.#reader.usage;
  }

  /** Why the answer ended, once the stream is known to be whole. */
  get finish(): FinishClass | undefined {
    return this.#done ? this.#reader.finish : undefined;
  }

  /** The model that answered, as the provider names it. */
  get model(): string | undefined {
    return this.#model;
  }

  #note(event: AnswerEvent): void {
    this.#thought?.take(event);
    switch (event.type) {
      case "start":
        this.#model = event.model || this.#fallbackModel;
        break;
      case "part_start":
        // A text or thought that has only begun is no content yet.
        if (event.kind === "tool_call") this.#progress++;
        break;
      case "part_delta":
      case "finish":
        this.#progress++;
    }
  }
}

/** Whether an event holds content of any kind. */
function hasParts({ candidates }: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(candidates) && candidates.some((candidate: unknown) => {
    const content = isObject(candidate) ? candidate.content : undefined;
    return isObject(content) && Array.isArray(content.parts) &&
      content.parts.some((part: unknown) =>
        isObject(part) && !("text" in part)
      );
  });
}
