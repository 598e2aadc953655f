import type { AnswerEvent } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { CitationList } from "../_citations.ts";
import { BLOCK_KINDS, reportBlock, reportDelta } from "./_answer_losses.ts";
import { readCitation } from "./_block_citations.ts";
import { isBlank } from "./_encoding.ts";
import { asList, asText, isObject, type JsonObject } from "../_json.ts";
import { argumentsOf } from "./decode_answer.ts";

const NOTHING: readonly AnswerEvent[] = [];

/** How long the arguments of a tool call may be, in characters; models stay far below. */
const MAX_ARGUMENTS = 4 * 1024 * 1024;

/** A block of a streamed message between its start and its stop. */
export class OpenBlock {
  /** `undefined`: a block that the vocabulary has no word for. */
  readonly kind: "text" | "reasoning" | "tool_call" | undefined;
  readonly #part: number;
  readonly #block: JsonObject;
  readonly #losses: LossReport | undefined;
  readonly #citations: CitationList;
  #arguments = "";
  #signature = "";

  /** Opens a block as part number `part`. */
  constructor(part: number, block: JsonObject, losses?: LossReport) {
    this.kind = BLOCK_KINDS.get(block.type);
    this.#part = part;
    this.#block = block;
    this.#losses = losses;
    this.#citations = new CitationList(losses);
    reportBlock(block, losses);
    for (const source of asList(block.citations)) this.#cite(source);
  }

  /** The events of its start, with the content that some gateways put there. */
  start(): readonly AnswerEvent[] {
    const block = this.#block;
    const part = this.#part;
    switch (this.kind) {
      case "text":
        return [
          { type: "part_start", part, kind: "text" },
          ...this.#text(block.text),
        ];
      case "reasoning":
        this.#signature = asText(block.signature);
        return block.type === "redacted_thinking"
          ? [{
            type: "part_start",
            part,
            kind: "reasoning",
            redacted: asText(block.data),
          }]
          : [
            { type: "part_start", part, kind: "reasoning" },
            ...this.#text(block.thinking),
          ];
      case "tool_call": {
        const { id, name } = block;
        if (typeof id !== "string" || typeof name !== "string") {
          throw invalidAnswer("has a tool call without id or name");
        }
        return [{ type: "part_start", part, kind: "tool_call", id, name }];
      }
    }
    return NOTHING;
  }

  /** The events of a delta; kinds that came later than this code are ignored (C32). */
  delta(delta: unknown): readonly AnswerEvent[] {
    if (this.kind === undefined) return NOTHING;
    if (!isObject(delta)) throw invalidAnswer("has a delta without content");
    switch (delta.type) {
      case "text_delta":
        this.#require("text");
        return this.#text(delta.text);
      case "input_json_delta":
        this.#require("tool_call");
        return this.#argument(delta.partial_json);
      case "thinking_delta":
        this.#require("reasoning");
        return this.#text(delta.thinking);
      case "signature_delta":
        this.#require("reasoning");
        this.#signature += asText(delta.signature);
        break;
      case "citations_delta":
        this.#cite(delta.citation);
        break;
      default:
        reportDelta(delta.type, this.#losses);
    }
    return NOTHING;
  }

  /** Whether the arguments that have come are the whole of an object. */
  get hasWholeArguments(): boolean {
    if (isBlank(this.#arguments)) return true;
    try {
      return isObject(JSON.parse(this.#arguments));
    } catch {
      return false;
    }
  }

  /** The events of its stop. A tool call without argument text gets the input of its start, which is `{}` as a rule (A13). */
  stop(): readonly AnswerEvent[] {
    if (this.kind === undefined) return NOTHING;
    const part = this.#part;
    const end: AnswerEvent = this.#signature === ""
      ? { type: "part_end", part, ...this.#citations.take() }
      : { type: "part_end", part, signature: this.#signature };
    if (this.kind !== "tool_call" || !isBlank(this.#arguments)) return [end];
    const text = argumentsOf(this.#block.input);
    return [{ type: "part_delta", part, text }, end];
  }

  #cite(source: unknown): void {
    if (this.kind === "text") this.#citations.add(readCitation(source));
  }

  #text(text: unknown): readonly AnswerEvent[] {
    // Empty pieces say nothing (C27).
    if (typeof text !== "string" || text === "") return NOTHING;
    return [{ type: "part_delta", part: this.#part, text }];
  }

  /** Arguments go out as they come; they are kept to be judged at the stop. */
  #argument(text: unknown): readonly AnswerEvent[] {
    this.#arguments += asText(text);
    if (this.#arguments.length > MAX_ARGUMENTS) {
      throw invalidAnswer(
        `has a tool call with more than ${MAX_ARGUMENTS} characters of arguments`,
      );
    }
    return this.#text(text);
  }

  #require(kind: "text" | "reasoning" | "tool_call"): void {
    if (this.kind !== kind) {
      throw invalidAnswer("has a delta that does not fit its block");
    }
  }
}
