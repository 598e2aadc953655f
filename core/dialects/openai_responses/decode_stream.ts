import type { AnswerEvent } from "../../answer.ts";
import type { StreamDecoder } from "../../dialect.ts";
import type { LossReport } from "../../loss_report.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { cutStream, invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { isJsonObject, type JsonObject } from "../openai_chat/_decode_node.ts";
import { decodeChatErrorObject } from "../openai_chat/decode_error.ts";
import { OpenParts, type PartStart } from "./_open_parts.ts";
import {
  asText,
  readCall,
  readImage,
  readItem,
  readProof,
  reportItem,
} from "./_output_parts.ts";
import { readFinish } from "./decode_answer.ts";
import { failureOf, readResponse, toStreamError } from "./pass_answer.ts";
import { decodeResponsesUsage } from "./usage.ts";

const NOTHING: readonly AnswerEvent[] = [];

/**
 * Reads a streamed response (B1–B13, B26).
 *
 * Why it ended is passed on with the terminal event only, so that a stream that
 * is cut before never looks complete (L4). What the vocabulary has no word for
 * is left out and put on the report.
 */
export class ResponsesStreamDecoder implements StreamDecoder {
  readonly #losses: LossReport | undefined;
  readonly #parts: OpenParts;
  #started = false;
  #done = false;

  /** Starts a stream. */
  constructor(losses?: LossReport) {
    this.#losses = losses;
    this.#parts = new OpenParts(losses);
  }

  /** Whether the terminal event has come. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Takes one event of the stream. After the end all are ignored.
   *
   * @throws {UpstreamError} when the provider reports a failure or sends what is no answer.
   */
  push({ event, data }: SseEvent): readonly AnswerEvent[] {
    const word = data.length < 16 ? data.trim() : data;
    if (this.#done || word === "") return NOTHING;
    if (word === "[DONE]") throw cutStream();
    if (event === "error") throw toStreamError(data);
    const chunk = parseAnswer(data, "has an event that is no valid JSON");
    if (!isJsonObject(chunk)) {
      throw invalidAnswer("has an event that is no JSON object");
    }
    const type = chunk.type ?? event;
    switch (type) {
      case "response.output_text.delta":
        return this.#words(chunk, "text");
      case "response.refusal.delta":
        return this.#words(chunk, "refusal");
      case "response.function_call_arguments.delta":
        return this.#parts.grow(
          placeOf(chunk.output_index),
          asText(chunk.delta),
        );
      case "response.reasoning_text.delta":
      case "response.reasoning_summary_text.delta":
        return this.#thought(chunk);
      case "response.reasoning_summary_part.added":
        // The parts of a summary are paragraphs of one thought.
        return this.#parts.grow(
          `${placeOf(chunk.output_index)}.thought`,
          "\n\n",
        );
      case "response.output_text.done":
        return this.#endWords(chunk, { kind: "text", text: chunk.text });
      case "response.refusal.done":
        return this.#endWords(chunk, { kind: "refusal", text: chunk.refusal });
      case "response.output_item.added":
        return this.#add(chunk);
      case "response.output_item.done":
        return this.#end(chunk);
      case "response.output_text.annotation.added":
        this.#parts.cite(wordsPlace(chunk), chunk.annotation);
        return NOTHING;
      case "response.created":
      case "response.in_progress":
        return this.#start(chunk.response);
      case "response.completed":
      case "response.incomplete":
        return this.#finish(chunk.response);
      case "response.failed":
        throw failureOf(isJsonObject(chunk.response) ? chunk.response : {});
      case "error":
        throw decodeChatErrorObject(chunk);
    }
    if (typeof type !== "string") {
      throw invalidAnswer("has an event without a type");
    }
    return NOTHING;
  }

  /**
   * Takes the end of the body.
   *
   * @throws {UpstreamError} when the terminal event has not come (L4, U6).
   */
  end(): readonly AnswerEvent[] {
    if (this.#done) return NOTHING;
    throw cutStream();
  }

  #start(response: unknown): AnswerEvent[] {
    if (this.#started || !isJsonObject(response)) return [];
    this.#started = true;
    const { id, model } = response;
    return [{ type: "start", id: asText(id), model: asText(model) }];
  }

  #words(chunk: JsonObject, kind: "text" | "refusal"): AnswerEvent[] {
    const place = wordsPlace(chunk);
    return [
      ...this.#open(place, { kind }),
      ...this.#parts.grow(place, asText(chunk.delta)),
    ];
  }

  #endWords(
    chunk: JsonObject,
    { kind, text }: {
      readonly kind: "text" | "refusal";
      readonly text: unknown;
    },
  ): AnswerEvent[] {
    const place = wordsPlace(chunk);
    const whole = asText(text);
    const opening = whole === "" ? [] : this.#open(place, { kind });
    return [...opening, ...this.#parts.end(place, whole)];
  }

  #thought(chunk: JsonObject): AnswerEvent[] {
    const place = `${placeOf(chunk.output_index)}.thought`;
    return [
      ...this.#open(place, { kind: "reasoning" }),
      ...this.#parts.grow(place, asText(chunk.delta)),
    ];
  }

  #add({ output_index: at, item }: JsonObject): readonly AnswerEvent[] {
    const index = placeOf(at);
    if (!isJsonObject(item)) {
      throw invalidAnswer("has an item that is no object");
    }
    if (item.type !== "function_call") return NOTHING;
    const { id, name } = readCall(item);
    return this.#open(index, { kind: "tool_call", id, name });
  }

  #end({ output_index: at, item }: JsonObject): readonly AnswerEvent[] {
    const index = placeOf(at);
    if (!isJsonObject(item)) {
      throw invalidAnswer("has an item that is no object");
    }
    switch (item.type) {
      case "message":
        return this.#parts.endAll(`${index}.`);
      case "function_call": {
        const { id, name, arguments: whole } = readCall(item);
        return [
          ...this.#open(index, { kind: "tool_call", id, name }),
          ...this.#parts.end(index, whole),
        ];
      }
      case "reasoning": {
        const ended = this.#parts.endAll(`${index}.`);
        const redacted = readProof(item);
        if (redacted === undefined) return ended;
        const place = `${index}.proof`;
        return [
          ...ended,
          ...this.#open(place, { kind: "reasoning", redacted }),
          ...this.#parts.end(place),
        ];
      }
    }
    const image = readImage(item);
    if (image !== undefined) {
      const { type: kind, data, mediaType } = image;
      return [
        ...this.#open(index, { kind, data, mediaType }),
        ...this.#parts.end(index),
      ];
    }
    reportItem(item, this.#losses);
    return NOTHING;
  }

  #finish(value: unknown): AnswerEvent[] {
    const response = readResponse(value);
    const finish = readFinish(response);
    const events = this.#start(response);
    const output = response.output as readonly unknown[];
    events.push(...this.#parts.endAll());
    // Some tell the answer with the last event alone.
    if (this.#parts.count === 0) events.push(...this.#whole(output));
    const usage = decodeResponsesUsage(response.usage, response.service_tier);
    if (usage) events.push({ type: "usage", usage });
    this.#done = true;
    return [...events, { type: "finish", finish }];
  }

  #whole(output: readonly unknown[]): AnswerEvent[] {
    return output.flatMap((item) => readItem(item, this.#losses)).flatMap(
      (part, index) => {
        const place = `${index}`;
        const { type: kind } = part;
        const opening: PartStart = kind === "tool_call"
          ? { kind, id: part.id, name: part.name }
          : kind === "reasoning" && part.redacted !== undefined
          ? { kind, redacted: part.redacted }
          : kind === "image"
          ? { kind, data: part.data, mediaType: part.mediaType }
          : { kind };
        const text = kind === "tool_call"
          ? part.arguments
          : kind === "image"
          ? ""
          : part.text;
        const cited = kind === "text" && part.citations
          ? { citations: part.citations }
          : {};
        return [
          ...this.#parts.start(place, opening),
          ...this.#parts.end(place, text).map((event) =>
            event.type === "part_end" ? { ...event, ...cited } : event
          ),
        ];
      },
    );
  }

  #open(place: string, start: PartStart): AnswerEvent[] {
    if (!this.#started) throw invalidAnswer("has content before its start");
    return this.#parts.start(place, start);
  }
}

function wordsPlace(
  { output_index: index, content_index: part }: JsonObject,
): string {
  return `${placeOf(index)}.${placeOf(part)}`;
}

/** An index as the name of a place; what is none may be an object that has no text. */
function placeOf(index: unknown): string {
  return typeof index === "number" ? `${index}` : "?";
}
