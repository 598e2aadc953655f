import type { AnswerEvent, FinishClass, Usage } from "../../answer.ts";
import type { Citation } from "../../citation.ts";
import type { StreamEncoder, StreamOptions } from "../../dialect.ts";
import { type GatewayError, UpstreamError } from "../../errors.ts";
import type { LossReport } from "../../loss_report.ts";
import { laterUsage } from "../openai_chat/usage.ts";
import { EventWriter } from "./_event_writer.ts";
import { ItemWriter, type StreamItem } from "./_item_writer.ts";
import type { WordKind } from "./_items.ts";
import { ResponseHead, type ResponseState } from "./_response_head.ts";
import { StreamCall } from "./_stream_call.ts";
import { StreamCustomCall } from "./_stream_custom.ts";
import { StreamImage } from "./_stream_image.ts";
import { StreamMessage } from "./_stream_message.ts";
import { StreamThought } from "./_stream_thought.ts";
import type { ThoughtSeal } from "./_thought_seal.ts";
import { ANSWER_FAULT, reportStopSequence } from "./encode_answer.ts";
import { encodeErrorEvent, responseFault } from "./encode_error.ts";
import { encodeResponsesFinish } from "./finish.ts";

/**
 * How much of an answer is kept, in UTF-16 units: the last event repeats all
 * of it. An answer that is longer fails.
 */
const MAX_KEPT = 32 * 1024 * 1024;
/** What an item without words counts for. */
const ITEM_SIZE = 512;

/** A part of the answer that has started. */
type OpenPart =
  | {
    readonly kind: WordKind;
    /** Its place, once it has words. */
    place?: { readonly message: StreamMessage; readonly number: number };
  }
  | { readonly kind: "reasoning"; readonly item: StreamThought }
  | {
    readonly kind: "tool_call";
    readonly item: StreamCall | StreamCustomCall;
  };

/**
 * Writes canonical events as a Responses stream (B1–B9, B12–B14).
 *
 * An item is closed when the next one begins or the answer ends, so that what
 * the answer was cut in can be told from what is whole. `finish` is the end and
 * writes the terminal event; what follows is ignored, so a usage must come
 * before it.
 */
export class ResponsesStreamEncoder implements StreamEncoder {
  readonly #losses: LossReport | undefined;
  readonly #head: ResponseHead;
  readonly #events = new EventWriter();
  readonly #items: StreamItem[] = [];
  /** Items that are not closed, oldest first. */
  #unclosed: StreamItem[] = [];
  readonly #parts = new Map<number, OpenPart>();
  #started = false;
  #hasRefusal = false;
  #kept = 0;
  #usage: Usage | undefined;
  #done = false;

  /** Starts a stream; `request` is what is answered, parts of it are repeated (B28). */
  constructor({ request }: Partial<StreamOptions> = {}, losses?: LossReport) {
    this.#head = new ResponseHead(request);
    this.#losses = losses;
  }

  /**
   * Takes one event and gives the text to send; often empty.
   *
   * @throws {UpstreamError} when the answer is too long to be repeated at its end.
   */
  push(event: AnswerEvent): string {
    if (this.#done) return "";
    switch (event.type) {
      case "part_delta":
        return this.#delta(event.part, event.text);
      case "start":
        return this.#start(event.model);
      case "part_start":
        // A part that starts anew has ended before.
        return this.#start("") + this.#endPart(event.part) +
          this.#startPart(event);
      case "part_end":
        return this.#endPart(event.part, event);
      case "usage":
        this.#usage = laterUsage(this.#usage, event.usage);
        return "";
      case "finish":
        reportStopSequence(event.stopSequence, this.#losses);
        return this.#start("") + this.#finish(event.finish);
      case "ping":
        return "";
    }
  }

  /** What ends a stream that has failed: an `error` event, and the failed response (B2, B11, L4). */
  fail(error: GatewayError, requestId: string): string {
    if (this.#done) return "";
    const opening = this.#start("");
    this.#done = true;
    const told = encodeErrorEvent(error, {
      requestId,
      sequence: this.#events.sequence++,
    });
    return opening + told +
      this.#tell("failed", { status: "failed", error: responseFault(error) });
  }

  #start(model: string): string {
    if (this.#started) return "";
    this.#started = true;
    this.#head.model = model;
    return this.#tell("created", { status: "in_progress" }) +
      this.#tell("in_progress", { status: "in_progress" });
  }

  #startPart(event: AnswerEvent & { type: "part_start" }): string {
    switch (event.kind) {
      case "text":
      case "refusal":
        this.#parts.set(event.part, { kind: event.kind });
        return "";
      case "image": {
        this.#keep(event.data.length);
        const closed = this.#closeEnded();
        const item = new StreamImage(this.#writer("ig"), event.data);
        return closed + this.#add(item);
      }
      case "reasoning": {
        if (event.redacted !== undefined) {
          return this.#seal({ kind: "redacted", data: event.redacted });
        }
        const { kind, part } = event;
        const [item, text] = this.#open(StreamThought, "rs");
        this.#parts.set(part, { kind, item });
        return text;
      }
      case "tool_call": {
        const { kind, part, id, name, signature } = event;
        const sealed = signature === undefined
          ? ""
          : this.#seal({ kind: "call", data: signature });
        const closed = this.#closeEnded();
        const item = this.#head.customNames?.has(name)
          ? new StreamCustomCall(this.#writer("ctc"), { id, name })
          : new StreamCall(this.#writer("fc"), { id, name });
        this.#parts.set(part, { kind, item });
        return sealed + closed + this.#add(item);
      }
    }
  }

  #delta(number: number, text: string): string {
    const part = this.#parts.get(number);
    if (part === undefined || text === "") return "";
    this.#keep(text.length);
    if ("item" in part) return part.item.grow(text);
    const opening = part.place ? "" : this.#openWords(part);
    const { message, number: place } = part.place!;
    return opening + message.grow(place, text);
  }

  /** Finds words a message: the last item if it is one, else a new one. */
  #openWords(part: OpenPart & { readonly kind: WordKind }): string {
    if (part.kind === "refusal") this.#hasRefusal = true;
    const last = this.#items.at(-1);
    const [message, opening] = last instanceof StreamMessage
      ? [last, ""]
      : this.#open(StreamMessage, "msg");
    const { number, text } = message.openPart(part.kind);
    part.place = { message, number };
    return opening + text;
  }

  #endPart(
    number: number,
    { signature, citations }: {
      readonly signature?: string;
      readonly citations?: readonly Citation[];
    } = {},
  ): string {
    const part = this.#parts.get(number);
    if (part === undefined) return "";
    this.#parts.delete(number);
    switch (part.kind) {
      case "tool_call":
        part.item.end();
        return "";
      case "reasoning":
        this.#keep(signature?.length ?? 0);
        return part.item.end(
          signature === undefined
            ? undefined
            : { kind: "signature", data: signature },
        );
    }
    const ended = part.place?.message.endPart(part.place.number, citations) ??
      "";
    if (signature === undefined) return ended;
    const kind = part.place ? "text" : "blank";
    return ended + this.#seal({ kind, data: signature });
  }

  /** An item of nothing but a proof. */
  #seal(seal: ThoughtSeal): string {
    this.#keep(seal.data.length);
    const [item, text] = this.#open(StreamThought, "rs");
    return text + item.end(seal);
  }

  #open<T extends StreamItem>(
    kind: new (writer: ItemWriter) => T,
    prefix: "msg" | "rs",
  ): readonly [T, string] {
    const closed = this.#closeEnded();
    const item = new kind(this.#writer(prefix));
    return [item, closed + this.#add(item)];
  }

  #writer(prefix: "msg" | "rs" | "fc" | "ctc" | "ig"): ItemWriter {
    return new ItemWriter(this.#events, {
      index: this.#items.length,
      id: this.#head.nextItemId(prefix),
    });
  }

  #add(item: StreamItem): string {
    this.#keep(ITEM_SIZE);
    this.#items.push(item);
    this.#unclosed.push(item);
    return item.open();
  }

  #closeEnded(): string {
    if (this.#unclosed.length === 0) return "";
    let text = "";
    const open: StreamItem[] = [];
    for (const item of this.#unclosed) {
      if (item.isEnded) text += item.close("completed");
      else open.push(item);
    }
    this.#unclosed = open;
    return text;
  }

  #finish(finish: FinishClass): string {
    let text = "";
    for (const number of [...this.#parts.keys()]) {
      text += this.#endPart(number);
    }
    const { status, reason } = encodeResponsesFinish(finish, this.#hasRefusal);
    const last = this.#items.at(-1);
    for (const item of this.#unclosed) {
      const isCut = item === last && status !== "completed";
      text += item.close(isCut ? "incomplete" : "completed");
    }
    this.#done = true;
    const fault = status === "failed" ? { error: ANSWER_FAULT } : {};
    return text + this.#tell(status, { status, reason, ...fault });
  }

  /** An event about the response as a whole. */
  #tell(
    what: "created" | "in_progress" | "completed" | "incomplete" | "failed",
    state: Omit<ResponseState, "output" | "usage">,
  ): string {
    const response = this.#head.write({
      ...state,
      output: this.#items.map((item) => item.text()).join(),
      usage: this.#usage,
    });
    return this.#events.write(`response.${what}`, `"response":${response}`);
  }

  #keep(size: number): void {
    this.#kept += size;
    if (this.#kept <= MAX_KEPT) return;
    throw new UpstreamError(
      "upstream",
      `The provider's answer has more than ${MAX_KEPT} characters`,
      { code: "upstream_response_too_large" },
    );
  }
}
