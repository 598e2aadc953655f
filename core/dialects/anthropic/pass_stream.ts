import type { AnswerEvent, FinishClass, Usage } from "../../answer.ts";
import type { StreamTranslator } from "../../dialect.ts";
import type { ThoughtCollector } from "../../_thought_collector.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";
import { AnthropicStreamDecoder, parseStreamEvent } from "./decode_stream.ts";
import { mendMessage, type PassMessageOptions } from "./pass_answer.ts";

/** What comes between the reason to stop and the stop is a ping, if anything. */
const MAX_HELD = 1024 * 1024;
/** What the type of an event may look like. */
const TYPE = /^\w{1,64}$/;

/**
 * Takes the stream of a provider for a client of the same dialect. Each event
 * is parsed once and watched by the decoder, which knows a stream that breaks
 * the rules; it is mended where clients would stumble, and else handed on as
 * the provider wrote it. Types that nobody knows yet pass as well (C32).
 *
 * The reason to stop is held until the stream has come to its proper end, so
 * that a stream that was cut never looks complete (L4, U6).
 */
export class MessagesPassStream implements StreamTranslator {
  readonly #decoder = new AnthropicStreamDecoder();
  readonly #fallbackModel: string | undefined;
  readonly #thought: ThoughtCollector | undefined;
  #progress = 0;
  #hasStarted = false;
  #hasToolCalls = false;
  #held = "";
  #usage: Usage | undefined;
  #finish: FinishClass | undefined;
  #model: string | undefined;

  /** Starts a stream; see {@linkcode PassMessageOptions}. */
  constructor(options: PassMessageOptions = {}) {
    this.#thought = options.thought;
    this.#fallbackModel = options.model;
  }

  /** Takes one event; see {@linkcode StreamTranslator.push}. */
  push({ event, data }: SseEvent): string {
    // Some gateways add OpenAI's end mark behind the provider's own.
    if (this.done || data === "" || data === "[DONE]") return "";
    const message = parseStreamEvent(data);
    const told = this.#decoder.take(message, { event, data });
    for (const each of told) this.#note(each);
    const type = asText(message.type) || event;
    switch (type) {
      case "content_block_delta":
        if (told.length === 0 && saysSomething(message.delta)) this.#progress++;
        return this.#pass(frame(type, data));
      case "content_block_start":
        // A block that has no canonical word, such as a search's results.
        if (told.length === 0) this.#progress++;
        return this.#pass(frame(type, data));
      case "message_start":
        return this.#start(message, data);
      case "message_delta":
        return this.#change(message, data);
      case "message_stop": {
        // Clients go by the name of the event, the decoder by its type.
        if (!this.done) throw invalidAnswer("has an event without a type");
        const text = this.#held + frame(type, data);
        this.#held = "";
        return text;
      }
      case "ping":
        return frame(type, data);
      default:
        return TYPE.test(type) ? this.#pass(frame(type, data)) : "";
    }
  }

  /** Takes the end of the body; see {@linkcode StreamTranslator.end}. */
  end(): string {
    this.#decoder.end();
    return "";
  }

  /** How many content events have come. */
  get progress(): number {
    return this.#progress;
  }

  /** Whether the proper end has come. */
  get done(): boolean {
    return this.#decoder.done;
  }

  /** The counts so far. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Why the answer ended, once the stream is known to be whole. */
  get finish(): FinishClass | undefined {
    return this.#finish;
  }

  /** The model that answered, as the provider names it. */
  get model(): string | undefined {
    return this.#model;
  }

  #note(event: AnswerEvent): void {
    this.#thought?.take(event);
    switch (event.type) {
      case "part_delta":
      case "part_start": {
        const isCall = event.type === "part_start" &&
          event.kind === "tool_call";
        this.#hasToolCalls ||= isCall;
        // A text or thought that has only begun is no content yet.
        const isContent = event.type === "part_delta" || isCall ||
          "redacted" in event;
        if (isContent) this.#progress++;
        break;
      }
      case "usage":
        this.#usage = event.usage;
        break;
      case "finish":
        this.#finish = event.finish;
        this.#progress++;
    }
  }

  /** A second start says nothing new (C33). */
  #start(event: JsonObject, data: string): string {
    const { message } = event;
    if (this.#hasStarted || !isObject(message)) return "";
    this.#hasStarted = true;
    const mends = mendMessage(message, this.#fallbackModel);
    this.#model = asText(mends.model ?? message.model);
    if (Object.keys(mends).length === 0) return frame("message_start", data);
    return frame(
      "message_start",
      JSON.stringify({ ...event, message: { ...message, ...mends } }),
    );
  }

  /** Clients want counts in each of these, and a call to end as one (A16). */
  #change(event: JsonObject, data: string): string {
    const delta = isObject(event.delta) ? event.delta : {};
    const { stop_reason: reason } = delta;
    const mends: Record<string, unknown> = {};
    if (!isObject(event.delta)) mends.delta = delta;
    if (!isObject(event.usage)) {
      mends.usage = { output_tokens: this.#usage?.output ?? 0 };
    }
    if (reason === "end_turn" && this.#hasToolCalls) {
      mends.delta = { ...delta, stop_reason: "tool_use" };
    }
    const isWhole = Object.keys(mends).length === 0;
    const text = frame(
      "message_delta",
      isWhole ? data : JSON.stringify({ ...event, ...mends }),
    );
    return asText(reason) === "" ? this.#pass(text) : this.#hold(text);
  }

  /** What follows the reason to stop waits with it. */
  #pass(text: string): string {
    return this.#held === "" ? text : this.#hold(text);
  }

  #hold(text: string): string {
    this.#held += text;
    if (this.#held.length <= MAX_HELD) return "";
    throw invalidAnswer("goes on behind its end");
  }
}

/** The lines of one event are joined with LF, which JSON has between its tokens only. */
function frame(type: string, data: string): string {
  const line = data.includes("\n") ? data.replaceAll("\n", " ") : data;
  return `event: ${type}\ndata: ${line}\n\n`;
}

/** Empty pieces say nothing (C27). */
function saysSomething(delta: unknown): boolean {
  return isObject(delta) && delta.partial_json !== "" && delta.text !== "" &&
    delta.thinking !== "";
}
