import type { Citation } from "../../citation.ts";
import { citationJson } from "./_block_citations.ts";
import { markBlock, redactedBlock } from "./encode_answer.ts";
import type { MarkedKind } from "./_thought_marks.ts";
import { wireCallId } from "./_tool_ids.ts";

/** What a block of a streamed message holds. */
export type BlockKind = "text" | "thinking" | "tool_use";

/** How a block of text or thought begins. */
const EMPTY = {
  text: `{"type":"text","text":""}`,
  thinking: `{"type":"thinking","thinking":"","signature":""}`,
} as const;

/** How a delta of each kind begins. */
const DELTAS: Readonly<Record<BlockKind, string>> = {
  text: `{"type":"text_delta","text":`,
  thinking: `{"type":"thinking_delta","thinking":`,
  tool_use: `{"type":"input_json_delta","partial_json":`,
};

/** Writes the content blocks of a streamed message: numbered from 0, one open at a time (C24). */
export class BlockWriter {
  #index = -1;
  #kind: BlockKind | undefined;
  #hasDelta = false;
  /** What stands before a delta's JSON string. */
  #before = "";

  /** Opens a block of text or thought. The one before it must be closed. */
  open(kind: "text" | "thinking"): string {
    return this.#start(kind, EMPTY[kind]);
  }

  /** Opens a tool call; its input comes in deltas (C26). */
  openCall(id: string, name: string): string {
    const wireId = JSON.stringify(wireCallId(id));
    const block = `{"type":"tool_use","id":${wireId},"name":${
      JSON.stringify(name)
    },"input":{}}`;
    return this.#start("tool_use", block);
  }

  /** Writes a piece of the open block. */
  delta(text: string): string {
    this.#hasDelta = true;
    return `${this.#before}${JSON.stringify(text)}}}\n\n`;
  }

  /** Writes the sources of the open block. */
  cite(citations: readonly Citation[]): string {
    let text = "";
    for (const citation of citations) {
      const delta = `{"type":"citations_delta","citation":${
        JSON.stringify(citationJson(citation))
      }}`;
      text += this.#frame("content_block_delta", `"delta":${delta}`);
    }
    return text;
  }

  /**
   * Closes the open block. Thought gets its signature; a call without
   * arguments gets `{}` (A13) unless it is `cut`.
   */
  close(
    { signature, cut }: {
      readonly signature?: string | undefined;
      readonly cut?: boolean;
    } = {},
  ): string {
    const kind = this.#kind;
    let text = "";
    if (kind === "thinking" && signature !== undefined) {
      const delta = `{"type":"signature_delta","signature":${
        JSON.stringify(signature)
      }}`;
      text = this.#frame("content_block_delta", `"delta":${delta}`);
    } else if (kind === "tool_use" && !this.#hasDelta && cut !== true) {
      text = this.delta("{}");
    }
    this.#kind = undefined;
    return text + this.#frame("content_block_stop");
  }

  /** Writes thought that only its provider can read. */
  redacted(data: string): string {
    return this.#whole(redactedBlock(data));
  }

  /** Writes another provider's signature. */
  mark(kind: MarkedKind, signature: string): string {
    return this.#whole(markBlock(kind, signature));
  }

  #whole(block: string): string {
    this.#index++;
    const start = `"content_block":${block}`;
    return this.#frame("content_block_start", start) +
      this.#frame("content_block_stop");
  }

  #start(kind: BlockKind, block: string): string {
    this.#index++;
    this.#kind = kind;
    this.#hasDelta = false;
    this.#before =
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":${
        DELTAS[kind]
      }`;
    return this.#frame("content_block_start", `"content_block":${block}`);
  }

  #frame(type: string, member = ""): string {
    const rest = member === "" ? "" : `,${member}`;
    return `event: ${type}\ndata: {"type":"${type}","index":${this.#index}${rest}}\n\n`;
  }
}
