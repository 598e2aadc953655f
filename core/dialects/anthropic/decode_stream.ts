import { hasLongNumber, parseExactJson } from "../../_json_exact.ts";
import type { AnswerEvent } from "../../answer.ts";
import type { StreamDecoder } from "../../dialect.ts";
import type { LossReport } from "../../loss_report.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { cutStream, invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";
import { OpenBlock } from "./_open_block.ts";
import { decodeErrorObject } from "./errors.ts";
import { finishClass } from "./finish.ts";
import { readStopDetails } from "./_stop_details.ts";
import { UsageTally } from "./usage.ts";

const NOTHING: readonly AnswerEvent[] = [];
const PING: readonly AnswerEvent[] = [{ type: "ping" }];

/** The provider has one block open at a time; more than this is no message any more. */
const MAX_OPEN_BLOCKS = 16;

/**
 * Reads a streamed message (C24–C34).
 *
 * Why it ended is passed on with `message_stop` only, so that a stream that is
 * cut before never looks complete (L4). Tool arguments come through as they
 * are and are never completed (L7); a turn that ends well with a call whose
 * arguments are not whole is an error (A10).
 *
 * What the vocabulary has no word for, such as the blocks of the provider's own
 * tools, is left out and put on the report (C32).
 */
export class AnthropicStreamDecoder implements StreamDecoder {
  readonly #open = new Map<unknown, OpenBlock>();
  readonly #tally = new UsageTally();
  #parts = 0;
  #started = false;
  #done = false;
  #hasToolCalls = false;
  /** A tool call has no end, or its arguments are no JSON object. */
  #hasCutCall = false;
  #stopReason = "";
  #stopSequence = "";
  #refusal = "";
  readonly #losses: LossReport | undefined;

  /** Starts a stream. */
  constructor(losses?: LossReport) {
    this.#losses = losses;
  }

  /** Whether `message_stop` has come. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Takes one event of the stream. After the end all are ignored.
   *
   * @throws {UpstreamError} when the provider reports a failure or sends what is no message.
   */
  push({ event, data }: SseEvent): readonly AnswerEvent[] {
    // Some gateways add OpenAI's end mark behind the provider's own.
    if (this.#done || data === "" || data === "[DONE]") return NOTHING;
    return this.take(parseStreamEvent(data), { event, data });
  }

  /** Takes an event that {@linkcode parseStreamEvent} has parsed; see {@linkcode AnthropicStreamDecoder.push}. */
  take(
    message: JsonObject,
    { event, data }: SseEvent,
  ): readonly AnswerEvent[] {
    switch (message.type ?? event) {
      case "content_block_delta":
        return this.#block(message).delta(message.delta);
      case "content_block_start":
        return this.#startBlock(
          hasLongNumber(data) ? parseExactJson(data) as JsonObject : message,
        );
      case "content_block_stop":
        return this.#stopBlock(message);
      case "message_start":
        return this.#start(message.message);
      case "message_delta":
        return this.#change(message);
      case "message_stop":
        return this.#stop();
      case "ping":
        return PING;
      case "error":
        throw decodeErrorObject(message);
    }
    return NOTHING;
  }

  /**
   * Takes the end of the body.
   *
   * @throws {UpstreamError} when `message_stop` has not come (L4, U6).
   */
  end(): readonly AnswerEvent[] {
    if (this.#done) return NOTHING;
    throw cutStream();
  }

  #start(message: unknown): readonly AnswerEvent[] {
    if (!isObject(message)) throw invalidAnswer("starts without a message");
    const hasUsage = this.#tally.add(message.usage);
    const events = hasUsage ? this.#usage() : [];
    // A second start says nothing new (C33).
    if (this.#started) return events;
    this.#started = true;
    const { id, model } = message;
    return [{ type: "start", id: asText(id), model: asText(model) }, ...events];
  }

  #startBlock(
    { index, content_block: block }: JsonObject,
  ): readonly AnswerEvent[] {
    if (!this.#started) throw invalidAnswer("has content before its start");
    if (!isObject(block)) throw invalidAnswer("has a block without content");
    if (this.#open.has(index) || this.#open.size >= MAX_OPEN_BLOCKS) {
      throw invalidAnswer("starts a block twice or too many at once");
    }
    const open = new OpenBlock(this.#parts, block, this.#losses);
    this.#open.set(index, open);
    if (open.kind === undefined) return NOTHING;
    this.#parts++;
    if (open.kind === "tool_call") this.#hasToolCalls = true;
    return open.start();
  }

  #stopBlock(message: JsonObject): readonly AnswerEvent[] {
    const block = this.#block(message);
    this.#open.delete(message.index);
    if (block.kind === "tool_call" && !block.hasWholeArguments) {
      this.#hasCutCall = true;
    }
    return block.stop();
  }

  #block({ index }: JsonObject): OpenBlock {
    const block = this.#open.get(index);
    if (block === undefined) {
      throw invalidAnswer("continues a block that is not open");
    }
    return block;
  }

  #change({ delta, usage }: JsonObject): readonly AnswerEvent[] {
    if (!this.#started) throw invalidAnswer("ends before its start");
    if (isObject(delta)) {
      this.#stopReason = asText(delta.stop_reason) || this.#stopReason;
      this.#stopSequence = asText(delta.stop_sequence) || this.#stopSequence;
      this.#refusal = readStopDetails(delta.stop_details, this.#losses) ||
        this.#refusal;
    }
    return this.#tally.add(usage) ? this.#usage() : NOTHING;
  }

  #stop(): readonly AnswerEvent[] {
    if (this.#stopReason === "") throw cutStream();
    const events: AnswerEvent[] = [];
    for (const block of this.#open.values()) {
      if (block.kind === "tool_call") this.#hasCutCall = true;
      events.push(...block.stop());
    }
    this.#open.clear();
    if (this.#refusal !== "") {
      const part = this.#parts++;
      events.push(
        { type: "part_start", part, kind: "refusal" },
        { type: "part_delta", part, text: this.#refusal },
        { type: "part_end", part },
      );
    }
    const finish = finishClass(
      this.#stopReason,
      this.#hasToolCalls,
      this.#losses,
    );
    // An answer that says that it was cut may end within a call.
    if (finish === "tool" && this.#hasCutCall) {
      throw invalidAnswer("has a tool call whose arguments are not whole");
    }
    this.#done = true;
    const stopSequence = this.#stopSequence;
    events.push(
      stopSequence === ""
        ? { type: "finish", finish }
        : { type: "finish", finish, stopSequence },
    );
    return events;
  }

  #usage(): readonly AnswerEvent[] {
    const { usage } = this.#tally;
    return usage === undefined ? NOTHING : [{ type: "usage", usage }];
  }
}

/**
 * Parses the data of an event.
 *
 * @throws {UpstreamError} when it is no JSON object (M13).
 */
export function parseStreamEvent(data: string): JsonObject {
  const value = parseAnswer(data, "has an event that is no valid JSON");
  if (!isObject(value)) throw invalidAnswer("has an event that is no object");
  return value;
}
