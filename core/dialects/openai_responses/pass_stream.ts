import type { AnswerPart, FinishClass, Usage } from "../../answer.ts";
import type { StreamTranslator } from "../../dialect.ts";
import type { GatewayError } from "../../errors.ts";
import type { ThoughtCollector } from "../../_thought_collector.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { cutStream, invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import {
  carriesError,
  encodeJson,
  isMutableJson,
  type MutableJson,
} from "../openai_chat/_pass_json.ts";
import { decodeChatErrorObject } from "../openai_chat/decode_error.ts";
import { PassedIds } from "./_pass_ids.ts";
import { readItem } from "./_output_parts.ts";
import { ResponseHead } from "./_response_head.ts";
import { encodeErrorEvent, responseFault } from "./encode_error.ts";
import { decodeResponsesFinish } from "./finish.ts";
import { failureOf, readResponse, toStreamError } from "./pass_answer.ts";
import { decodeResponsesUsage } from "./usage.ts";

/** How a {@linkcode ResponsesPassStream} is set up. */
export interface ResponsesPassStreamOptions {
  /** The model to name where the provider names none. @default {"unknown"} */
  readonly model?: string;
  /** Keeps the proofs of thought. @default {none are kept} */
  readonly thought?: ThoughtCollector | undefined;
}

/** What may stand in an event's own line. */
const TYPE = /^[\w.:-]{1,128}$/;
/** More thoughts and calls than these are not looked at. */
const MAX_PARTS = 256;
/** The events that end a stream. */
const ENDS: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
]);
/** Items that say nothing before their first delta. */
const SILENT: ReadonlySet<unknown> = new Set(["message", "reasoning"]);

/**
 * Takes the stream of a provider that speaks Responses for a client of the
 * same dialect. Each event is parsed once and handed on as the provider wrote
 * it, unknown ones included (B26), unless its number (B3) or an id (B7) has to
 * be mended or a failure is told.
 */
export class ResponsesPassStream implements StreamTranslator {
  readonly #fallbackModel: string;
  readonly #thought: ThoughtCollector | undefined;
  readonly #ids = new PassedIds();
  /** The response as the last event that told it had it. */
  #response: MutableJson | undefined;
  /** Thought and calls so far, where they are kept. */
  readonly #parts: AnswerPart[] = [];
  #sequence = 0;
  #progress = 0;
  #usage: Usage | undefined;
  #finish: FinishClass | undefined;
  #done = false;

  /** Starts a stream; see {@linkcode ResponsesPassStreamOptions}. */
  constructor(options: ResponsesPassStreamOptions = {}) {
    this.#thought = options.thought;
    this.#fallbackModel = options.model ?? "unknown";
  }

  /** Takes one event; see {@linkcode StreamTranslator.push}. */
  push({ event, data }: SseEvent): string {
    // OpenRouter adds Chat's end mark (B1).
    if (this.#done) return "";
    if (data.length < 16) {
      const word = data.trim();
      if (word === "") return "";
      if (word === "[DONE]") throw cutStream();
    }
    if (event === "error") throw toStreamError(data);
    const chunk = parseAnswer(data, "has an event that is no valid JSON");
    if (!isMutableJson(chunk)) {
      throw invalidAnswer("has an event that is no JSON object");
    }
    const type = chunk.type ?? event;
    if (type === "error" || type === "" && carriesError(chunk)) {
      throw decodeChatErrorObject(chunk);
    }
    if (typeof type !== "string" || !TYPE.test(type)) {
      throw invalidAnswer("has an event without a type");
    }
    let changed = this.#ids.mend(chunk);
    if (isMutableJson(chunk.response)) {
      changed = this.#take(type, chunk.response) || changed;
    } else if (ENDS.has(type)) {
      throw invalidAnswer("has an end without a response");
    }
    if (chunk.sequence_number !== this.#sequence) {
      chunk.sequence_number = this.#sequence;
      changed = true;
    }
    if (chunk.type !== type) {
      chunk.type = type;
      changed = true;
    }
    this.#sequence++;
    if (this.#thought) this.#keep(type, chunk, this.#thought);
    if (isContent(type, chunk)) this.#progress++;
    // The lines of one event are joined with LF, which would end a line here.
    const text = changed || data.includes("\n") ? encodeJson(chunk) : data;
    return `event: ${type}\ndata: ${text}\n\n`;
  }

  /** Takes the end of the body; see {@linkcode StreamTranslator.end}. */
  end(): string {
    if (this.#done) return "";
    throw cutStream();
  }

  /** What ends a stream that has failed: an `error` event, and the failed response (B2, B11, L4). */
  fail(error: GatewayError, requestId: string): string {
    if (this.#done) return "";
    this.#done = true;
    const told = encodeErrorEvent(error, {
      requestId,
      sequence: this.#sequence++,
    });
    const type = "response.failed";
    const response = this.#failed(error);
    return `${told}event: ${type}\ndata: {"type":"${type}","response":${response},"sequence_number":${this.#sequence}}\n\n`;
  }

  /** Takes a response that an event tells. @returns Whether it was changed. */
  #take(type: string, response: MutableJson): boolean {
    this.#response = response;
    this.#usage = decodeResponsesUsage(response.usage, response.service_tier) ??
      this.#usage;
    switch (type) {
      case "response.failed":
        throw failureOf(response);
      case "response.completed":
      case "response.incomplete": {
        const { output } = readResponse(response);
        this.#finish = decodeResponsesFinish(response);
        this.#done = true;
        return Array.isArray(output) && this.#ids.mendOutput(output);
      }
    }
    return false;
  }

  /** Keeps the thought of whole items, with the end of the answer. */
  #keep(type: string, { item }: MutableJson, thought: ThoughtCollector): void {
    if (this.#done) thought.takeParts(this.#parts);
    if (type !== "response.output_item.done" || !isMutableJson(item)) return;
    if (item.type !== "reasoning" && item.type !== "function_call") return;
    if (this.#parts.length >= MAX_PARTS) return;
    try {
      this.#parts.push(...readItem(item, undefined));
    } catch {
      // It has passed: the client can read it.
    }
  }

  /** The failed response as JSON text: the provider's own, where it told one that can be written again. */
  #failed(error: GatewayError): string {
    const fault = responseFault(error);
    try {
      if (this.#response) {
        return encodeJson({
          ...this.#response,
          status: "failed",
          error: fault,
        });
      }
    } catch {
      // It nests too deep.
    }
    const head = new ResponseHead();
    head.model = this.#fallbackModel;
    return head.write({ status: "failed", output: "", error: fault });
  }

  /** How many content events have come. */
  get progress(): number {
    return this.#progress;
  }

  /** Whether the terminal event has come. */
  get done(): boolean {
    return this.#done;
  }

  /** The counts, once they are told. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Why the answer ended, once it has. */
  get finish(): FinishClass | undefined {
    return this.#finish;
  }

  /** The model that answers, as the provider names it. */
  get model(): string | undefined {
    const model = this.#response?.model;
    if (this.#response === undefined) return undefined;
    return typeof model === "string" && model !== ""
      ? model
      : this.#fallbackModel;
  }
}

/** Whether an event tells something of the answer: deltas, whole items, calls, the end. */
function isContent(type: string, chunk: MutableJson): boolean {
  if (type.endsWith(".delta")) return chunk.delta !== "";
  switch (type) {
    case "response.output_item.added":
      return isMutableJson(chunk.item) && !SILENT.has(chunk.item.type);
    case "response.output_item.done":
    case "response.completed":
    case "response.incomplete":
      return true;
  }
  return false;
}
