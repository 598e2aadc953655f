import {
  type CitationList,
  citationOf,
  readAnnotation,
} from "../_citations.ts";
import type { AnswerParts } from "./_answer_parts.ts";
import { isMutableJson, isName, type MutableJson } from "./_pass_json.ts";

/**
 * Reads the sources that an answer or a chunk names for all of its text:
 * Perplexity repeats them in every chunk, with titles and without, and xAI
 * tells them at the end (J16).
 */
export function readSources(
  { search_results: results, citations }: MutableJson,
  list: CitationList,
): void {
  if (Array.isArray(results)) {
    for (const { url, title, snippet } of results.filter(isMutableJson)) {
      list.add(citationOf({ url, title, quote: snippet }));
    }
  }
  if (!Array.isArray(citations)) return;
  for (const told of citations) {
    const source: MutableJson = isMutableJson(told) ? told : { url: told };
    if (isName(source.url) && list.hasUrl(source.url)) continue;
    list.add(citationOf({ url: source.url, title: source.title }));
  }
}

/** Reads the pages that Mistral's own search names between pieces of text (H1). */
export function readReferences(
  { content }: MutableJson,
  list: CitationList,
): void {
  if (!Array.isArray(content)) return;
  for (const part of content) {
    if (!isMutableJson(part) || part.type !== "tool_reference") continue;
    const { url, title, description: quote } = part;
    list.add(citationOf({ url, title, quote }));
  }
}

/** Reads the sources of a message's or a delta's text (A33). */
export function readAnnotations(
  { annotations }: MutableJson,
  parts: AnswerParts,
): void {
  if (!Array.isArray(annotations)) return;
  for (const annotation of annotations) {
    parts.citations.add(readAnnotation(annotation, parts.textStart));
  }
}
