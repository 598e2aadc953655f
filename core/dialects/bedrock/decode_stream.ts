import { parseJsonText } from "../../parse_json_text.ts";
import type { AnswerEvent, FinishClass } from "../../answer.ts";
import type { StreamDecoder } from "../../dialect.ts";
import type { LossReport } from "../../loss_report.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { AnthropicStreamDecoder } from "../anthropic/decode_stream.ts";
import { cutStream, invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";
import { isServerCall, reportLeftOut } from "./_answer_block.ts";
import { messagesEvent } from "./_invoke_stream.ts";
import { OpenBlock } from "./_open_block.ts";
import { stopSequenceOf } from "./decode_answer.ts";
import { decodeException } from "./errors.ts";
import { finishClass } from "./finish.ts";
import { decodeUsage } from "./usage.ts";

const NOTHING: readonly AnswerEvent[] = [];
/** More than this is no answer any more. */
const MAX_OPEN_BLOCKS = 16;

/**
 * Reads the events of ConverseStream (E5–E11).
 *
 * Why the answer ended is passed on with the counts, which come behind it, or
 * at the end of the body where none come (E9). A call whose arguments are not
 * whole in an answer that ends well is an error (A10); nothing is completed
 * (L7). A Claude's own events, as InvokeModel has them, are read for what they
 * are (E23, M20): what stands in for Bedrock may know no other.
 */
export class ConverseStreamDecoder implements StreamDecoder {
  readonly #losses: LossReport | undefined;
  readonly #open = new Map<unknown, OpenBlock>();
  #parts = 0;
  #started = false;
  #hasToolCalls = false;
  #hasCutCall = false;
  #finish: FinishClass | undefined;
  #stopSequence: { readonly stopSequence?: string } = {};
  #hasMetadata = false;
  #done = false;
  #invoked: AnthropicStreamDecoder | undefined;

  /** Starts a stream. */
  constructor(losses?: LossReport) {
    this.#losses = losses;
  }

  /** Whether the reason to stop and the counts have come. */
  get done(): boolean {
    return this.#done || this.#invoked?.done === true;
  }

  /**
   * Takes one event. After the end all are ignored, and so are those that came
   * later than this code (M18).
   *
   * @throws {UpstreamError} when the provider reports a failure (E5) or sends
   * what is no answer.
   */
  push({ event, data }: SseEvent): readonly AnswerEvent[] {
    if (this.done) return NOTHING;
    const slash = event.indexOf("/");
    if (slash >= 0) {
      throw decodeException(event.slice(slash + 1), parseLoosely(data));
    }
    if (data === "") return NOTHING;
    const message = parseAnswer(data, "has an event that is no valid JSON");
    if (!isObject(message)) {
      throw invalidAnswer("has an event that is no object");
    }
    switch (event) {
      case "contentBlockDelta":
        return this.#delta(message);
      case "contentBlockStart":
        return this.#startBlock(message);
      case "contentBlockStop":
        return this.#stopBlock(message);
      case "messageStart":
        return this.#start();
      case "messageStop":
        return this.#stop(message);
      case "metadata":
        return this.#metadata(message);
      case "chunk":
        this.#invoked ??= new AnthropicStreamDecoder(this.#losses);
        return this.#invoked.push({ event: "", data: messagesEvent(message) });
    }
    return NOTHING;
  }

  /**
   * Takes the end of the body.
   *
   * @throws {UpstreamError} when no reason to stop has come (L4, U6).
   */
  end(): readonly AnswerEvent[] {
    if (this.#invoked !== undefined) return this.#invoked.end();
    if (this.#done) return NOTHING;
    if (this.#finish === undefined) throw cutStream();
    return this.#close();
  }

  #start(): readonly AnswerEvent[] {
    if (this.#started) return NOTHING;
    this.#started = true;
    return [{ type: "start", id: "", model: "" }];
  }

  #startBlock(
    { contentBlockIndex: index, start }: JsonObject,
  ): readonly AnswerEvent[] {
    if (this.#open.has(index)) throw invalidAnswer("starts a block twice");
    const block = this.#block(index);
    const call = isObject(start) ? start.toolUse : undefined;
    if (isObject(call) && !isServerCall(call)) {
      this.#hasToolCalls = true;
      return block.startCall(call);
    }
    // Text and thought may show themselves with their first delta (E7).
    for (const kind of Object.keys(isObject(start) ? start : {})) {
      reportLeftOut(kind, this.#losses);
    }
    return NOTHING;
  }

  #delta(
    { contentBlockIndex: index, delta }: JsonObject,
  ): readonly AnswerEvent[] {
    if (!isObject(delta)) throw invalidAnswer("has a delta without content");
    return this.#block(index).delta(delta);
  }

  #stopBlock({ contentBlockIndex: index }: JsonObject): readonly AnswerEvent[] {
    const block = this.#open.get(index);
    if (block === undefined) return NOTHING;
    this.#open.delete(index);
    if (block.isCall && !block.hasWholeArguments) this.#hasCutCall = true;
    return block.stop();
  }

  #block(index: unknown): OpenBlock {
    if (!this.#started) throw invalidAnswer("has content before its start");
    const open = this.#open.get(index);
    if (open !== undefined) return open;
    if (this.#finish !== undefined) {
      throw invalidAnswer("goes on behind its end");
    }
    if (this.#open.size >= MAX_OPEN_BLOCKS) {
      throw invalidAnswer("has too many blocks at once");
    }
    const block = new OpenBlock(() => this.#parts++, this.#losses);
    this.#open.set(index, block);
    return block;
  }

  #stop(message: JsonObject): readonly AnswerEvent[] {
    if (!this.#started) throw invalidAnswer("ends before its start");
    if (this.#finish !== undefined) return NOTHING;
    const stopReason = asText(message.stopReason);
    if (stopReason === "") throw cutStream();
    const events: AnswerEvent[] = [];
    for (const block of this.#open.values()) {
      if (block.isCall) this.#hasCutCall = true;
      events.push(...block.stop());
    }
    this.#open.clear();
    const finish = finishClass(stopReason, this.#hasToolCalls, this.#losses);
    // An answer that says that it was cut may end within a call.
    if (finish === "tool" && this.#hasCutCall) {
      throw invalidAnswer("has a tool call whose arguments are not whole");
    }
    this.#finish = finish;
    this.#stopSequence = stopSequenceOf(message.additionalModelResponseFields);
    if (this.#hasMetadata) events.push(...this.#close());
    return events;
  }

  #metadata(
    { usage: counts, serviceTier }: JsonObject,
  ): readonly AnswerEvent[] {
    this.#hasMetadata = true;
    const usage = decodeUsage(counts, serviceTier);
    const events: AnswerEvent[] = usage ? [{ type: "usage", usage }] : [];
    if (this.#finish !== undefined) events.push(...this.#close());
    return events;
  }

  #close(): readonly AnswerEvent[] {
    const finish = this.#finish;
    if (finish === undefined) return NOTHING;
    this.#done = true;
    return [{ type: "finish", finish, ...this.#stopSequence }];
  }
}

/** What an exception says; it need not say anything. */
function parseLoosely(data: string): unknown {
  try {
    return parseJsonText(data);
  } catch {
    return { message: data };
  }
}
