import type { Citation } from "../../citation.ts";
import { citationOf } from "../_citations.ts";
import { asList, isObject } from "../_json.ts";

/**
 * Reads the sources of a stretch of text (G12): those of its documents that
 * have an address. `undefined` stands for one that has none, as what a tool
 * said.
 */
export function readCitations(told: unknown): (Citation | undefined)[] {
  if (!isObject(told)) return [];
  const range = { start: indexOf(told.start), end: indexOf(told.end) };
  const sources = asList(told.sources);
  if (sources.length === 0) return [undefined];
  return sources.map((source) => {
    const document = isObject(source) ? source.document : undefined;
    if (!isObject(document)) return undefined;
    const { url, title, snippet: quote } = document;
    return citationOf({ url, title, quote }, range);
  });
}

function indexOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
