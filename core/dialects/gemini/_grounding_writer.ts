import type { Citation } from "../../citation.ts";
import type { JsonObject } from "../_json.ts";
import { groundingOf } from "./_grounding.ts";

/** Collects what the texts of one answer rest on: all of it is told with the end (D32). */
export class GroundingWriter {
  #text = "";
  readonly #citations: Citation[] = [];

  /** Takes a whole text with its sources. */
  add(text: string, citations: readonly Citation[] = []): void {
    const start = this.#text.length;
    this.#text += text;
    for (const citation of citations) {
      this.#citations.push(
        citation.start === undefined || citation.end === undefined
          ? citation
          : {
            ...citation,
            start: citation.start + start,
            end: citation.end + start,
          },
      );
    }
  }

  /** All of it; `undefined` where there is none. */
  get grounding(): JsonObject | undefined {
    if (this.#citations.length === 0) return undefined;
    return groundingOf(this.#citations, this.#text);
  }
}
