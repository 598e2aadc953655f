import type { AnswerEvent, Usage } from "../../answer.ts";
import type { StreamEncoder } from "../../dialect.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { PartQueue } from "./_part_queue.ts";
import {
  messageId,
  refusalText,
  reportImage,
  usageJson,
} from "./encode_answer.ts";
import { encodeStopReason } from "./finish.ts";
import { stopDetailsJson } from "./_stop_details.ts";

/** How many words of a refusal wait for its reason, in UTF-16 units. */
const MAX_REFUSAL = 1024 * 1024;
const PING = `event: ping\ndata: {"type":"ping"}\n\n`;
const STOP = `event: message_stop\ndata: {"type":"message_stop"}\n\n`;

/**
 * Writes canonical events as a streamed message (C23–C26, C31).
 *
 * `message_start` waits for the first content, so that it can tell the counts
 * that some providers send behind their own start; others tell theirs at the
 * end, in `message_delta`. `finish` is the end: what follows is ignored, so a
 * usage must come before it.
 */
export class MessagesStreamEncoder implements StreamEncoder {
  readonly #losses: LossReport | undefined;
  readonly #queue = new PartQueue();
  #id = "";
  #model = "";
  #usage: Usage | undefined;
  #hasStarted = false;
  #hasToolCalls = false;
  /** The parts that are words of a refusal: they come with its reason (A26). */
  #refusals: Set<number> | undefined;
  #refusal = "";
  #done = false;

  /** Starts a stream. */
  constructor(losses?: LossReport) {
    this.#losses = losses;
  }

  /**
   * Takes one event and gives the text to send; often empty.
   *
   * @throws {UpstreamError} when the answer ended with an error, or overlaps itself too much.
   */
  push(event: AnswerEvent): string {
    if (this.#done) return "";
    switch (event.type) {
      case "part_delta":
        if (this.#refusals?.has(event.part)) {
          return this.#refuse(event.text);
        }
        return this.#send(this.#queue.delta(event.part, event.text));
      case "start":
        this.#id ||= event.id;
        this.#model ||= event.model;
        return "";
      case "part_start":
        if (event.kind === "image") {
          reportImage(this.#losses);
          return "";
        }
        if (event.kind === "tool_call") this.#hasToolCalls = true;
        if (event.kind === "refusal") {
          this.#refusals ??= new Set();
          this.#refusals.add(event.part);
          return "";
        }
        return this.#send(this.#queue.start(event));
      case "part_end":
        return this.#send(this.#queue.end(event.part, event));
      case "usage":
        this.#usage = event.usage;
        return "";
      case "finish":
        return this.#finish(event);
      case "ping":
        return this.#hasStarted ? PING : "";
    }
  }

  #send(text: string): string {
    if (this.#hasStarted || text === "") return text;
    this.#hasStarted = true;
    return this.#head() + text;
  }

  #head(): string {
    return `event: message_start\ndata: {"type":"message_start","message":{"id":${
      JSON.stringify(messageId(this.#id))
    },"type":"message","role":"assistant","model":${
      JSON.stringify(this.#model)
    },"content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":${
      usageJson(this.#usage)
    }}}\n\n`;
  }

  #refuse(text: string): string {
    this.#refusal += text;
    if (this.#refusal.length <= MAX_REFUSAL) return "";
    throw invalidAnswer(`has a refusal of more than ${MAX_REFUSAL} characters`);
  }

  /** The words of a refusal as text, where the answer ended for another reason. */
  #tellRefusal(): string {
    const { text } = refusalText({ text: this.#refusal }, this.#losses);
    const part = -1;
    const queue = this.#queue;
    return queue.start({ type: "part_start", part, kind: "text" }) +
      queue.delta(part, text) + queue.end(part, {});
  }

  #finish(
    { finish, stopSequence }: AnswerEvent & { readonly type: "finish" },
  ): string {
    const reason = encodeStopReason(finish, {
      hasToolCalls: this.#hasToolCalls,
      hasRefusal: this.#refusals !== undefined,
      stopSequence,
    });
    this.#done = true;
    let text = this.#queue.finish();
    if (reason !== "refusal" && this.#refusal !== "") {
      text += this.#tellRefusal();
    }
    const matched = reason === "stop_sequence" ? stopSequence : undefined;
    const delta = `{"stop_reason":"${reason}","stop_sequence":${
      JSON.stringify(matched ?? null)
    },"stop_details":${stopDetailsJson(reason, this.#refusal)}}`;
    return this.#send(
      `${text}event: message_delta\ndata: {"type":"message_delta","delta":${delta},"usage":${
        usageJson(this.#usage)
      }}\n\n${STOP}`,
    );
  }
}
