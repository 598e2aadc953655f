import type { Citation } from "../../citation.ts";
import { citationOf } from "../_citations.ts";
import { asList, isObject, type JsonObject } from "../_json.ts";

/** The kinds of citation that name an address, and the member that has it. */
const ADDRESSES: ReadonlyMap<unknown, string> = new Map([
  ["web_search_result_location", "url"],
  ["search_result_location", "source"],
]);

/** Reads a source of a block of text; `undefined` for a document of the request. */
export function readCitation(citation: unknown): Citation | undefined {
  if (!isObject(citation)) return undefined;
  const member = ADDRESSES.get(citation.type);
  if (member === undefined) return undefined;
  const { [member]: url, title, cited_text: quote } = citation;
  // A search result of the caller's own need not be on the web.
  if (typeof url !== "string" || !/^https?:/i.test(url)) return undefined;
  return citationOf({ url, title, quote });
}

/**
 * Writes a source of a block of text (D32). Where in the web a provider has
 * found it only that provider can tell again: `encrypted_index` is empty.
 */
export function citationJson({ url, title, quote = "" }: Citation): JsonObject {
  return {
    type: "web_search_result_location",
    cited_text: quote,
    encrypted_index: "",
    title: title ?? null,
    url,
  };
}

/** Whether a block of the history has sources that {@linkcode citationJson} wrote: no provider takes them back. */
export function hasForeignCitations(block: unknown): block is JsonObject {
  return isObject(block) && Array.isArray(block.citations) &&
    block.citations.some(isForeign);
}

/** A block of the history without such sources. */
export function withoutForeignCitations(block: unknown): unknown {
  if (!hasForeignCitations(block)) return block;
  const { citations, ...rest } = block;
  const kept = asList(citations).filter((citation) => !isForeign(citation));
  return kept.length === 0 ? rest : { ...rest, citations: kept };
}

function isForeign(citation: unknown): boolean {
  return isObject(citation) && citation.encrypted_index === "";
}
