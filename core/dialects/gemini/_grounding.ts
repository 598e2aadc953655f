import type { Citation } from "../../citation.ts";
import { citationOf, type CitedRange } from "../_citations.ts";
import { asList, isObject, type JsonObject } from "../_json.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A text that sources are of, which the provider measures in bytes. */
export interface GroundedText {
  /** All text of the answer so far. */
  readonly text: string;
  /** Where the part that the sources go to begins in it. */
  readonly start: number;
}

/**
 * Reads the sources of a candidate's text (D32): those that its search found,
 * with the words that rest on them, and those that it was found to recite.
 * `undefined` stands for a source without an address.
 */
export function readGrounding(
  { groundingMetadata: grounding, citationMetadata: recited }: JsonObject,
  said: GroundedText,
): (Citation | undefined)[] {
  const sources = isObject(grounding) ? readSupports(grounding, said) : [];
  if (!isObject(recited)) return sources;
  const list = asList(recited.citations ?? recited.citationSources);
  for (const source of list.filter(isObject)) {
    const { uri: url, title } = source;
    sources.push(citationOf({ url, title }, rangeOf(source, said)));
  }
  return sources;
}

/** Writes the sources of a text as a search has found them. */
export function groundingOf(
  citations: readonly Citation[],
  text: string,
): JsonObject {
  return {
    groundingChunks: citations.map(({ url, title = "" }) => ({
      web: { uri: url, title },
    })),
    groundingSupports: citations.flatMap(({ start, end }, index) => {
      if (start === undefined || end === undefined) return [];
      const cited = text.slice(start, end);
      const startIndex = bytes(text.slice(0, start));
      const endIndex = startIndex + bytes(cited);
      return [{
        segment: { startIndex, endIndex, text: cited },
        groundingChunkIndices: [index],
      }];
    }),
  };
}

function readSupports(
  grounding: JsonObject,
  said: GroundedText,
): (Citation | undefined)[] {
  const chunks = asList(grounding.groundingChunks).map(sourceOf);
  const used = new Set<number>();
  const sources: (Citation | undefined)[] = [];
  for (const support of asList(grounding.groundingSupports).filter(isObject)) {
    const { segment } = support;
    const range = isObject(segment) ? rangeOf(segment, said) : {};
    for (const index of asList(support.groundingChunkIndices)) {
      const source = typeof index === "number" ? chunks[index] : undefined;
      if (source === undefined) continue;
      used.add(index as number);
      sources.push(citationOf(source, range));
    }
  }
  for (const [index, source] of chunks.entries()) {
    if (!used.has(index)) sources.push(citationOf(source));
  }
  return sources;
}

/** A place that was found: on the web, in a store of documents, or on a map. */
function sourceOf(
  chunk: unknown,
): { readonly url: unknown; readonly title?: unknown } {
  if (!isObject(chunk)) return { url: "" };
  const found = chunk.web ?? chunk.retrievedContext ?? chunk.maps;
  return isObject(found) ? { url: found.uri, title: found.title } : { url: "" };
}

/** A range in bytes as one in UTF-16 units of the part. What the provider leaves out is 0. */
function rangeOf(
  { startIndex = 0, endIndex }: JsonObject,
  { text, start }: GroundedText,
): CitedRange {
  if (typeof startIndex !== "number" || typeof endIndex !== "number") return {};
  const told = encoder.encode(text);
  if (startIndex < 0 || endIndex > told.length) return {};
  const unit = (at: number): number =>
    decoder.decode(told.subarray(0, at)).length - start;
  return { start: unit(startIndex), end: unit(endIndex) };
}

function bytes(text: string): number {
  return encoder.encode(text).length;
}
