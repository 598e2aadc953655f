import type { AnswerEvent } from "../../answer.ts";
import type { StreamDecoder } from "../../dialect.ts";
import type { LossReport } from "../../loss_report.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { CitationList } from "../_citations.ts";
import { cutStream, invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";
import { readCitations } from "./_citations.ts";
import { callId } from "./decode_answer.ts";
import { cohereFailure } from "./errors.ts";
import { readFinish, readUsage } from "./usage.ts";

const NONE: JsonObject = {};

/** Reads a streamed answer of `/v2/chat` (G1–G6, G12): content, plan and calls as parts in the order of their start. */
export class CohereStreamDecoder implements StreamDecoder {
  readonly #citations: CitationList;
  #parts = 0;
  /** The kind of the part that grows. */
  #open: "text" | "reasoning" | "tool_call" | undefined;
  #hasArguments = false;
  #hasCalls = false;
  #done = false;

  /** Starts a stream. */
  constructor(losses?: LossReport) {
    this.#citations = new CitationList(losses);
  }

  /** Whether `message-end` has come. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Takes one event; those that say nothing of the answer are passed over.
   *
   * @throws {UpstreamError} when it is no JSON, or tells an error.
   */
  push({ event, data }: SseEvent): readonly AnswerEvent[] {
    if (this.#done || data === "" || data.trim() === "[DONE]") return [];
    const value = parseAnswer(data, "has an event that is no valid JSON");
    if (!isObject(value)) {
      throw invalidAnswer("has an event that is no JSON object");
    }
    const { delta } = value;
    const told = isObject(delta) ? delta : NONE;
    const message = isObject(told.message) ? told.message : NONE;
    const type = asText(value.type) || event;
    switch (type) {
      case "message-start":
        return [{ type: "start", id: asText(value.id), model: "" }];
      case "content-start":
        return this.#begin(contentOf(message));
      case "content-delta":
        return this.#say(contentOf(message));
      case "tool-plan-delta":
        return this.#grow("reasoning", asText(message.tool_plan));
      case "tool-call-start":
        return this.#startCall(message);
      case "tool-call-delta":
        return this.#argue(callOf(message));
      case "content-end":
        // A text stays open for its sources, which may come behind it.
        return this.#open === "text" ? [] : this.#close();
      case "tool-call-end":
        return this.#close();
      case "citation-start":
        for (const source of readCitations(message.citations)) {
          this.#citations.add(source);
        }
        return [];
      case "message-end":
        return this.#end(told);
      case "":
        if (value.message !== undefined) throw cohereFailure(value);
    }
    return [];
  }

  /**
   * The end of the body.
   *
   * @throws {UpstreamError} when `message-end` has not come (L4, U6).
   */
  end(): readonly AnswerEvent[] {
    if (this.#done) return [];
    throw cutStream();
  }

  #begin(content: JsonObject): readonly AnswerEvent[] {
    const kind = content.type === "thinking" ? "reasoning" : "text";
    const before = this.#close();
    return [
      ...before,
      ...this.#open === kind ? [] : this.#start(kind),
      ...this.#say(content),
    ];
  }

  #say(content: JsonObject): readonly AnswerEvent[] {
    const thinking = asText(content.thinking);
    return thinking === ""
      ? this.#grow("text", asText(content.text))
      : this.#grow("reasoning", thinking);
  }

  #grow(kind: "text" | "reasoning", text: string): readonly AnswerEvent[] {
    if (text === "") return [];
    const start = this.#open === kind
      ? []
      : [...this.#close(), ...this.#start(kind)];
    return [...start, { type: "part_delta", part: this.#parts, text }];
  }

  #start(kind: "text" | "reasoning"): readonly AnswerEvent[] {
    this.#open = kind;
    return [{ type: "part_start", part: this.#parts, kind }];
  }

  #startCall(message: JsonObject): readonly AnswerEvent[] {
    const before = this.#close();
    const call = isObject(message.tool_calls) ? message.tool_calls : NONE;
    const made = callOf(message);
    const name = asText(made.name);
    if (name === "") throw invalidAnswer("has a tool call without a name");
    this.#open = "tool_call";
    this.#hasCalls = true;
    this.#hasArguments = false;
    const start: AnswerEvent = {
      type: "part_start",
      part: this.#parts,
      kind: "tool_call",
      id: callId(call.id),
      name,
    };
    return [...before, start, ...this.#argue(made)];
  }

  #argue(made: JsonObject): readonly AnswerEvent[] {
    const text = asText(made.arguments);
    if (text === "" || this.#open !== "tool_call") return [];
    this.#hasArguments ||= text.trim() !== "";
    return [{ type: "part_delta", part: this.#parts, text }];
  }

  #close(): readonly AnswerEvent[] {
    const open = this.#open;
    if (open === undefined) return [];
    this.#open = undefined;
    const part = this.#parts++;
    const isEmpty = open === "tool_call" && !this.#hasArguments;
    return [
      // A call without arguments has an empty object (G2, A13).
      ...(isEmpty ? [{ type: "part_delta" as const, part, text: "{}" }] : []),
      {
        type: "part_end",
        part,
        ...open === "text" ? this.#citations.take() : {},
      },
    ];
  }

  #end(delta: JsonObject): readonly AnswerEvent[] {
    const { finish_reason: reason, error } = delta;
    if (reason === "ERROR" || reason === "TIMEOUT" || asText(error) !== "") {
      throw cohereFailure({ message: error });
    }
    this.#done = true;
    const usage = readUsage(delta.usage);
    const closing = this.#close();
    this.#citations.end();
    return [
      ...closing,
      ...(usage ? [{ type: "usage" as const, usage }] : []),
      { type: "finish", finish: readFinish(reason, this.#hasCalls) },
    ];
  }
}

function contentOf({ content }: JsonObject): JsonObject {
  return isObject(content) ? content : NONE;
}

function callOf({ tool_calls: call }: JsonObject): JsonObject {
  const made = isObject(call) ? call.function : undefined;
  return isObject(made) ? made : NONE;
}
