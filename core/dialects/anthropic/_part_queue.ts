import type { AnswerEvent } from "../../answer.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { BlockWriter } from "./_block_writer.ts";

/** How many parts may be open at once: no answer has more calls than this. */
const MAX_OPEN = 256;
/** How much may wait for a call to end, in UTF-16 units. */
const MAX_HELD = 4 * 1024 * 1024;

type PartStart = AnswerEvent & { readonly type: "part_start" };

/** A part that has started and not ended. */
interface Part {
  readonly start: PartStart;
  /** What its start alone tells has been written. */
  hasBegun: boolean;
  /** What came while another call was open. */
  held: string;
  hasEnded: boolean;
  proof: PartProof;
}

/** What the end of a part tells besides. */
type PartProof = Pick<
  AnswerEvent & { readonly type: "part_end" },
  "signature" | "citations"
>;

/**
 * Puts parts that may overlap into blocks that must not (C24).
 *
 * A tool call keeps its block until it ends, and what comes of other parts
 * meanwhile waits, 4 Mi characters at most. Text and thought give way to the
 * part that goes on; more of them gets a block of its own. A block of text or
 * thought opens with its first word, so that none is empty.
 */
export class PartQueue {
  readonly #writer = new BlockWriter();
  readonly #parts = new Map<number, Part>();
  /** The part whose block is open. */
  #current: Part | undefined;
  #held = 0;

  /** Takes the start of a part. */
  start(start: PartStart): string {
    if (this.#parts.size >= MAX_OPEN) {
      throw invalidAnswer(`has more than ${MAX_OPEN} open parts`);
    }
    const part: Part = {
      start,
      hasBegun: false,
      held: "",
      hasEnded: false,
      proof: {},
    };
    this.#parts.set(start.part, part);
    return this.#isCallOpen ? "" : this.#begin(part);
  }

  /** Takes a piece of a part. */
  delta(number: number, text: string): string {
    const part = this.#parts.get(number);
    if (part === undefined || text === "") return "";
    if (part === this.#current) return this.#writer.delta(text);
    if (!this.#isCallOpen) return this.#open(part) + this.#writer.delta(text);
    this.#held += text.length;
    if (this.#held > MAX_HELD) {
      throw invalidAnswer(
        `has more than ${MAX_HELD} characters beside an open tool call`,
      );
    }
    part.held += text;
    return "";
  }

  /** Takes the end of a part. */
  end(number: number, proof: PartProof): string {
    const part = this.#parts.get(number);
    if (part === undefined) return "";
    part.hasEnded = true;
    part.proof = proof;
    if (this.#isCallOpen && part !== this.#current) return "";
    return this.#end(part) + this.#release();
  }

  /** Ends what is open, and tells what waits. */
  finish(): string {
    const text = this.#current ? this.#end(this.#current) : "";
    return text + this.#release(true);
  }

  get #isCallOpen(): boolean {
    return this.#current?.start.kind === "tool_call";
  }

  /** Writes what waited, until a call is open that goes on. */
  #release(isFinish = false): string {
    let text = "";
    for (const part of this.#parts.values()) {
      if (this.#isCallOpen) break;
      if (!part.hasBegun) text += this.#begin(part);
      if (part.held !== "") {
        if (part !== this.#current) text += this.#open(part);
        text += this.#writer.delta(part.held);
        this.#held -= part.held.length;
        part.held = "";
      }
      if (part.hasEnded || isFinish) text += this.#end(part);
    }
    return text;
  }

  /** Writes what a start alone tells: calls, and thought that can't be read. */
  #begin(part: Part): string {
    const { start } = part;
    part.hasBegun = true;
    if (start.kind === "tool_call") {
      let text = this.#yield();
      if (start.signature !== undefined) {
        text += this.#writer.mark("call", start.signature);
      }
      this.#current = part;
      return text + this.#writer.openCall(start.id, start.name);
    }
    if (start.kind !== "reasoning" || start.redacted === undefined) return "";
    return this.#yield() + this.#writer.redacted(start.redacted);
  }

  /** Opens a block of text or thought for a part. */
  #open(part: Part): string {
    const text = this.#yield();
    this.#current = part;
    const isThought = part.start.kind === "reasoning";
    return text + this.#writer.open(isThought ? "thinking" : "text");
  }

  /** Closes the block of a part that gives way. */
  #yield(): string {
    if (this.#current === undefined) return "";
    this.#current = undefined;
    return this.#writer.close();
  }

  #end(part: Part): string {
    const { start: { kind, part: number }, proof } = part;
    const { signature, citations = [] } = proof;
    this.#parts.delete(number);
    let text = "";
    if (citations.length > 0 && part === this.#current) {
      text += this.#writer.cite(citations);
    }
    // A signature may be all that is shown of a thought (C12).
    if (kind === "reasoning" && signature !== undefined) {
      if (part !== this.#current) text += this.#open(part);
    }
    if (part === this.#current) {
      this.#current = undefined;
      text += this.#writer.close({ signature, cut: !part.hasEnded });
    }
    return kind === "text" && signature !== undefined
      ? text + this.#yield() + this.#writer.mark("text", signature)
      : text;
  }
}
