import type { AnswerEvent } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";
import { isBlank } from "../anthropic/_encoding.ts";
import { CitationList } from "../_citations.ts";
import { readCitation, reportLeftOut } from "./_answer_block.ts";
import { readToolName } from "./_names.ts";

const NOTHING: readonly AnswerEvent[] = [];
/** How long the arguments of a call, or thought that is not readable, may be, in characters. */
const MAX_HELD = 4 * 1024 * 1024;

type BlockKind = "text" | "reasoning" | "redacted" | "tool_call";

/** A block of a streamed answer, from its first delta or its start to its stop. */
export class OpenBlock {
  readonly #part: () => number;
  readonly #losses: LossReport | undefined;
  readonly #citations: CitationList;
  #kind: BlockKind | undefined;
  #number = -1;
  #held = "";
  #signature = "";

  /** Opens a block, which asks for its number when it shows itself. */
  constructor(part: () => number, losses?: LossReport) {
    this.#part = part;
    this.#losses = losses;
    this.#citations = new CitationList(losses);
  }

  /** Whether it is a call of one of the caller's tools. */
  get isCall(): boolean {
    return this.#kind === "tool_call";
  }

  /** Starts a call (E8). */
  startCall({ toolUseId: id, name }: JsonObject): readonly AnswerEvent[] {
    if (typeof id !== "string" || typeof name !== "string") {
      throw invalidAnswer("has a tool call without id or name");
    }
    const part = this.#show("tool_call");
    const tool = readToolName(name);
    return [{ type: "part_start", part, kind: "tool_call", id, name: tool }];
  }

  /** The events of a delta. Text and thought have no start of their own (E7). */
  delta(delta: JsonObject): readonly AnswerEvent[] {
    if (typeof delta.text === "string") return this.#text("text", delta.text);
    if (isObject(delta.toolUse)) return this.#argument(delta.toolUse.input);
    if (isObject(delta.reasoningContent)) {
      return this.#thought(delta.reasoningContent);
    }
    if (isObject(delta.citation)) {
      this.#citations.add(readCitation(delta.citation));
      return NOTHING;
    }
    for (const kind of Object.keys(delta)) reportLeftOut(kind, this.#losses);
    return NOTHING;
  }

  /** Whether the arguments that have come are the whole of an object. */
  get hasWholeArguments(): boolean {
    if (isBlank(this.#held)) return true;
    try {
      return isObject(JSON.parse(this.#held));
    } catch {
      return false;
    }
  }

  /** The events of its stop. A call without arguments gets `{}` (A13). */
  stop(): readonly AnswerEvent[] {
    const part = this.#number;
    switch (this.#kind) {
      case undefined:
        return NOTHING;
      case "redacted":
        return [
          {
            type: "part_start",
            part,
            kind: "reasoning",
            redacted: this.#held,
          },
          { type: "part_end", part },
        ];
      case "tool_call":
        return isBlank(this.#held)
          ? [
            { type: "part_delta", part, text: "{}" },
            { type: "part_end", part },
          ]
          : [{ type: "part_end", part }];
    }
    return this.#signature === ""
      ? [{ type: "part_end", part, ...this.#citations.take() }]
      : [{ type: "part_end", part, signature: this.#signature }];
  }

  #thought(thought: JsonObject): readonly AnswerEvent[] {
    if (typeof thought.redactedContent === "string") {
      this.#is("redacted");
      this.#hold(thought.redactedContent);
      return NOTHING;
    }
    const events = this.#text("reasoning", asText(thought.text));
    this.#signature += asText(thought.signature);
    return events;
  }

  #text(kind: "text" | "reasoning", text: string): readonly AnswerEvent[] {
    const isNew = this.#is(kind);
    const part = this.#number;
    const events: AnswerEvent[] = [];
    if (isNew) events.push({ type: "part_start", part, kind });
    if (text !== "") events.push({ type: "part_delta", part, text });
    return events;
  }

  #argument(input: unknown): readonly AnswerEvent[] {
    const text = asText(input);
    // The arguments of a call that is not the caller's go with it.
    if (this.#kind === undefined) return NOTHING;
    this.#is("tool_call");
    this.#hold(text);
    if (text === "") return NOTHING;
    return [{ type: "part_delta", part: this.#number, text }];
  }

  #hold(text: string): void {
    this.#held += text;
    if (this.#held.length <= MAX_HELD) return;
    throw invalidAnswer(`has a block of more than ${MAX_HELD} characters`);
  }

  /** Says of what kind the block is; whether that is news. */
  #is(kind: BlockKind): boolean {
    if (this.#kind === kind) return false;
    if (this.#kind !== undefined) {
      throw invalidAnswer("has a delta that does not fit its block");
    }
    this.#show(kind);
    return true;
  }

  #show(kind: BlockKind): number {
    this.#kind = kind;
    this.#number = this.#part();
    return this.#number;
  }
}
