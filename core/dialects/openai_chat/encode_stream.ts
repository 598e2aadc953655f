import type { AnswerEvent, Usage } from "../../answer.ts";
import type { StreamEncoder, StreamOptions } from "../../dialect.ts";
import type { Citation } from "../../citation.ts";
import type { LossReport } from "../../loss_report.ts";
import { PartOrder } from "../_part_order.ts";
import {
  encodeAnnotations,
  encodeImage,
  encodeReasoningDetail,
  generateChatId,
  reportStopSequence,
} from "./encode_answer.ts";
import { encodeThoughtSignature } from "./_thought_signature.ts";
import { encodeChatFinish } from "./finish.ts";
import { encodeChatUsage, laterUsage } from "./usage.ts";

/**
 * How much thought is held back for its signature, in UTF-16 units. What is
 * longer is told in several details of the same index.
 */
const MAX_HELD_THOUGHT = 65_536;

/** A part of the answer that has started. */
interface OpenPart {
  readonly kind: "text" | "refusal" | "reasoning" | "tool_call";
  /** What stands before and after a delta's JSON string in its chunk. */
  readonly before: string;
  readonly after: string;
  /** The number of the tool call or of the thought, from 0. */
  readonly index: number;
  /** How long its text is so far. */
  length: number;
  /** Thought that waits for its signature. */
  held: string;
  /** Arguments that are more than blank have come. */
  hasArguments: boolean;
}

/**
 * Writes canonical events as a chat completion stream (A1, A4, A5, A8-A11,
 * A13, A15-A17).
 *
 * `finish` is the end: it writes the finish chunk, the usage chunk where the
 * client asked for one and a usage has come, and `[DONE]`. What follows is
 * ignored, so a usage must come before it.
 */
export class ChatStreamEncoder implements StreamEncoder {
  readonly #includeUsage: boolean;
  readonly #losses: LossReport | undefined;
  readonly #order: PartOrder;
  readonly #parts = new Map<number, OpenPart>();
  /** The constant members of every chunk (A8). */
  #head = "";
  #beforeDelta = "";
  #afterDelta = "";
  /** The role's member, until the first delta has carried it (A9). */
  #role = '"role":"assistant",';
  #toolCalls = 0;
  #thoughts = 0;
  #images = 0;
  /** How much text the parts that have ended have. */
  #said = 0;
  #usage: Usage | undefined;
  #done = false;

  /** Starts a stream; see {@linkcode StreamOptions}. */
  constructor({ includeUsage }: StreamOptions, losses?: LossReport) {
    this.#includeUsage = includeUsage;
    this.#losses = losses;
    this.#order = new PartOrder(losses);
  }

  /** Takes one event and gives the text to send; often empty. */
  push(event: AnswerEvent): string {
    if (this.#done) return "";
    switch (event.type) {
      case "part_delta":
        return this.#delta(event.part, event.text);
      case "start":
        if (this.#head === "") this.#start(event.id, event.model);
        return "";
      case "part_start":
        return this.#startPart(event);
      case "part_end":
        return this.#endPart(event.part, event);
      case "usage":
        this.#usage = laterUsage(this.#usage, event.usage);
        return "";
      case "finish":
        reportStopSequence(event.stopSequence, this.#losses);
        return this.#finish(event.finish);
      case "ping":
        return "";
    }
  }

  #start(id: string, model: string): void {
    this.#head = `data: {"id":${
      JSON.stringify(id || generateChatId())
    },"object":"chat.completion.chunk","created":${
      Math.floor(Date.now() / 1000)
    },"model":${JSON.stringify(model)},"choices":[`;
    this.#beforeDelta = `${this.#head}{"index":0,"delta":{`;
    this.#afterDelta = `},"finish_reason":null}]${this.#tail}`;
  }

  /** What ends every chunk but the one with the usage (A4). */
  get #tail(): string {
    return this.#includeUsage ? ',"usage":null}\n\n' : "}\n\n";
  }

  #startPart(event: AnswerEvent & { type: "part_start" }): string {
    if (this.#head === "") this.#start("", "");
    this.#order.add(event.kind);
    if (event.kind === "image") {
      const image = encodeImage(event, this.#images++);
      return this.#chunk(`"images":[${JSON.stringify(image)}]`);
    }
    const isCall = event.kind === "tool_call";
    const index = isCall
      ? this.#toolCalls++
      : event.kind === "reasoning"
      ? this.#thoughts++
      : 0;
    const [before, after] = isCall
      ? [`"tool_calls":[{"index":${index},"function":{"arguments":`, "}}]"]
      : [`"${MEMBERS[event.kind]}":`, ""];
    this.#parts.set(event.part, {
      kind: event.kind,
      before: this.#beforeDelta + before,
      after: after + this.#afterDelta,
      index,
      length: 0,
      held: "",
      hasArguments: false,
    });
    if (event.kind === "reasoning" && event.redacted !== undefined) {
      return this.#detail({ text: "", redacted: event.redacted }, index);
    }
    if (event.kind !== "tool_call") return "";
    const call = {
      index,
      id: event.id,
      type: "function",
      function: { name: event.name, arguments: "" },
      ...encodeThoughtSignature(event.signature),
    };
    // A turn that opens with a call has no words so far (A15).
    const content = this.#role === "" ? "" : '"content":null,';
    return this.#chunk(`${content}"tool_calls":[${JSON.stringify(call)}]`);
  }

  /** The hot path: two concatenations and the escaping of the text. */
  #delta(number: number, text: string): string {
    const part = this.#parts.get(number);
    if (part === undefined || text === "") return "";
    if (part.kind === "tool_call") {
      part.hasArguments ||= text.trim() !== "";
    } else if (part.kind === "reasoning") {
      part.held += text;
    } else part.length += text.length;
    let chunk = part.before + JSON.stringify(text) + part.after;
    if (this.#role !== "") {
      const member = part.before.slice(this.#beforeDelta.length);
      chunk = this.#beforeDelta + this.#role + member + JSON.stringify(text) +
        part.after;
      this.#role = "";
    }
    return part.held.length < MAX_HELD_THOUGHT
      ? chunk
      : chunk + this.#releaseThought(part);
  }

  #releaseThought(part: OpenPart): string {
    const text = part.held;
    part.held = "";
    return this.#detail({ text }, part.index);
  }

  #endPart(
    number: number,
    { signature, citations }: {
      readonly signature?: string;
      readonly citations?: readonly Citation[];
    },
  ): string {
    const part = this.#parts.get(number);
    if (part === undefined) return "";
    this.#parts.delete(number);
    if (part.kind === "tool_call" && !part.hasArguments) {
      return `${part.before}"{}"${part.after}`;
    }
    if (part.kind === "reasoning" && signature !== undefined) {
      return this.#detail({ text: part.held, signature }, part.index);
    }
    if (part.kind !== "text") return "";
    const { length } = part;
    const annotations = encodeAnnotations(citations, {
      length,
      offset: this.#said,
    });
    this.#said += length;
    if (annotations.length === 0 && signature === undefined) return "";
    const members = JSON.stringify({
      ...(annotations.length > 0 && { annotations }),
      ...encodeThoughtSignature(signature),
    });
    return this.#chunk(members.slice(1, -1));
  }

  #detail(
    detail: Parameters<typeof encodeReasoningDetail>[0],
    index: number,
  ): string {
    const entry = encodeReasoningDetail(detail, index);
    return this.#chunk(`"reasoning_details":[${JSON.stringify(entry)}]`);
  }

  #chunk(members: string): string {
    const role = this.#role;
    this.#role = "";
    return this.#beforeDelta + role + members + this.#afterDelta;
  }

  #finish(finish: Parameters<typeof encodeChatFinish>[0]): string {
    if (this.#head === "") this.#start("", "");
    let text = this.#role === "" ? "" : this.#chunk('"content":""');
    for (const number of [...this.#parts.keys()]) {
      text += this.#endPart(number, {});
    }
    this.#done = true;
    const reason = encodeChatFinish(finish, this.#toolCalls > 0);
    text += `${this.#beforeDelta}},"finish_reason":"${reason}"}]${this.#tail}`;
    if (this.#includeUsage && this.#usage) {
      text += `${this.#head}],"usage":${
        JSON.stringify(encodeChatUsage(this.#usage))
      }}\n\n`;
    }
    return `${text}data: [DONE]\n\n`;
  }
}

/** The member of a delta that carries a part's text. */
const MEMBERS = {
  text: "content",
  refusal: "refusal",
  reasoning: "reasoning_content",
} as const;
