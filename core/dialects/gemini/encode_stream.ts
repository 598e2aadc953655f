import type { AnswerEvent, FinishClass } from "../../answer.ts";
import type { StreamEncoder } from "../../dialect.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidInput } from "../_tool_input.ts";
import {
  imageJson,
  proofJson,
  textJson,
  thoughtJson,
} from "./_answer_parts.ts";
import { GroundingWriter } from "./_grounding_writer.ts";
import { HeldCalls } from "./_held_calls.ts";
import { type ResponsePiece, ResponseWriter } from "./_response_writer.ts";
import { reportCutCall, reportRefusal } from "./encode_answer.ts";

type PartStart = AnswerEvent & { readonly type: "part_start" };

/** What clients pass over in any form of the stream: some of Google's take a comment for data. */
export const SILENCE = "\r\n\r\n";

/** How much of a text is kept for the places of its sources, in UTF-16 units. */
const MAX_SAID = 65_536;

/** Frames an object of a stream as Google does (D2). */
export function frameEvent(json: string): string {
  return `data: ${json}\r\n\r\n`;
}

/**
 * Writes canonical events as the events of `streamGenerateContent` (D2, D4,
 * D9–D14).
 *
 * Calls of tools are told whole. `finish` is the end: what follows is ignored,
 * so a usage must come before it.
 */
export class GeminiStreamEncoder implements StreamEncoder {
  readonly #losses: LossReport | undefined;
  readonly #calls = new HeldCalls();
  /** Parts of thought that are open. */
  readonly #thoughts = new Set<number>();
  /** Texts that are open, whose sources come with their end. */
  readonly #texts = new Map<number, string>();
  readonly #sources = new GroundingWriter();
  #writer: ResponseWriter | undefined;
  #hasSaid = false;
  #done = false;

  /** Starts a stream. */
  constructor(losses?: LossReport) {
    this.#losses = losses;
  }

  /** What a client may hear while nothing comes. */
  get keepAlive(): string {
    return SILENCE;
  }

  /**
   * Takes one event and gives the text to send; often empty.
   *
   * @throws {UpstreamError} when the answer ended with an error, or has a call
   * that is no JSON object.
   */
  push(event: AnswerEvent): string {
    if (this.#done) return "";
    switch (event.type) {
      case "part_delta":
        return this.#delta(event.part, event.text);
      case "start":
        this.#writer ??= new ResponseWriter(event);
        return "";
      case "part_start":
        return this.#start(event);
      case "part_end":
        return this.#end(event);
      case "usage":
        this.#response.count(event.usage);
        return "";
      case "finish":
        return this.#finish(event.finish);
      case "ping":
        return "";
    }
  }

  get #response(): ResponseWriter {
    return this.#writer ??= new ResponseWriter({ id: "", model: "" });
  }

  #start(event: PartStart): string {
    switch (event.kind) {
      case "tool_call":
        this.#calls.start(event);
        return "";
      case "reasoning":
        this.#thoughts.add(event.part);
        return event.redacted === undefined
          ? ""
          : this.#say([proofJson("redacted", event.redacted)]);
      case "image":
        return this.#say([imageJson(event)]);
      case "text":
        this.#texts.set(event.part, "");
        break;
      case "refusal":
        reportRefusal(this.#losses);
    }
    return "";
  }

  #delta(part: number, text: string): string {
    if (text === "" || this.#calls.delta(part, text)) return "";
    const said = this.#texts.get(part);
    if (said !== undefined && said.length < MAX_SAID) {
      this.#texts.set(part, said + text);
    }
    return this.#say([
      this.#thoughts.has(part) ? thoughtJson(text) : textJson(text),
    ]);
  }

  #end(
    { part, signature, citations }: AnswerEvent & { readonly type: "part_end" },
  ): string {
    this.#sources.add(this.#texts.get(part) ?? "", citations);
    this.#texts.delete(part);
    const calls = this.#calls.end(part);
    if (calls.length > 0) return this.#say(calls);
    const isThought = this.#thoughts.delete(part);
    if (signature === undefined) return "";
    return this.#say([
      // D11: a signature may stand on an empty text.
      isThought ? proofJson("signature", signature) : textJson("", signature),
    ]);
  }

  #finish(finish: FinishClass): string {
    if (this.#calls.isOpen) {
      if (finish !== "length") throw invalidInput();
      reportCutCall(this.#losses);
    }
    this.#done = true;
    // Google's client forgets a turn of which a piece has no parts.
    const parts = this.#hasSaid ? [textJson("")] : [];
    const { grounding } = this.#sources;
    return this.#say(parts, { finish, grounding, isSilent: !this.#hasSaid });
  }

  #say(
    parts: readonly string[],
    more: Omit<ResponsePiece, "parts"> = {},
  ): string {
    this.#hasSaid = true;
    return frameEvent(this.#response.write({ parts, ...more }));
  }
}
