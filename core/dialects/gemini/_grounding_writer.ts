import type { Citation } from "../../citation.ts";
import type { JsonObject } from "../_json.ts";
import { groundingOf } from "./_grounding.ts";

/** How much text is kept for the places of its sources, in UTF-16 units; what lies behind has none. */
const MAX_KEPT = 65_536;
/** How many sources one answer may have. */
const MAX_SOURCES = 256;

/** Collects what the texts of one answer rest on: all of it is told with the end (D32). */
export class GroundingWriter {
  #text = "";
  #length = 0;
  readonly #citations: Citation[] = [];

  /** Takes a whole text with its sources. */
  add(text: string, citations: readonly Citation[] = []): void {
    const at = this.#length;
    this.#length += text.length;
    if (this.#text.length < MAX_KEPT) this.#text += text.slice(0, MAX_KEPT);
    for (const { start, end, ...source } of citations) {
      if (this.#citations.length === MAX_SOURCES) return;
      const isPlaced = start !== undefined && end !== undefined &&
        end + at <= this.#text.length;
      this.#citations.push(
        isPlaced ? { ...source, start: start + at, end: end + at } : source,
      );
    }
  }

  /** All of it; `undefined` where there is none. */
  get grounding(): JsonObject | undefined {
    if (this.#citations.length === 0) return undefined;
    return groundingOf(this.#citations, this.#text);
  }
}
