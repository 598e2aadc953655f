import type { Citation } from "../../citation.ts";
import { citationOf, type CitedRange } from "../_citations.ts";
import { asList, isObject, type JsonObject } from "../_json.ts";

const encoder = new TextEncoder();
/** How many stretches of text are read; further ones are left out. */
const MAX_SUPPORTS = 256;

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
  const found = isObject(grounding) ? grounding : {};
  const supports = asList(found.groundingSupports).filter(isObject)
    .slice(0, MAX_SUPPORTS);
  const told = isObject(recited) ? recited : {};
  const list = asList(told.citations ?? told.citationSources).filter(isObject)
    .slice(0, MAX_SUPPORTS);
  const chunks = asList(found.groundingChunks);
  if (supports.length + list.length + chunks.length === 0) return [];
  const segments = supports.map(({ segment }) =>
    isObject(segment) ? segment : {}
  );
  const units = unitsOf(said.text, [...segments, ...list]);
  const sources = readSupports(chunks, { supports, said, units });
  for (const source of list) {
    const { uri: url, title } = source;
    sources.push(citationOf({ url, title }, rangeOf(source, said, units)));
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
  found: readonly unknown[],
  { supports, said, units }: {
    readonly supports: readonly JsonObject[];
    readonly said: GroundedText;
    readonly units: ReadonlyMap<number, number>;
  },
): (Citation | undefined)[] {
  const chunks = found.slice(0, MAX_SUPPORTS).map(sourceOf);
  const used = new Set<number>();
  const sources: (Citation | undefined)[] = [];
  for (const { segment, groundingChunkIndices: indices } of supports) {
    const range = isObject(segment) ? rangeOf(segment, said, units) : {};
    for (const index of asList(indices).slice(0, MAX_SUPPORTS)) {
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
  { start }: GroundedText,
  units: ReadonlyMap<number, number>,
): CitedRange {
  if (typeof startIndex !== "number" || typeof endIndex !== "number") return {};
  const first = units.get(startIndex);
  const last = units.get(endIndex);
  if (first === undefined || last === undefined) return {};
  return { start: first - start, end: last - start };
}

/** Where the ranges' places in bytes of UTF-8 are in UTF-16 units, by one walk along the text. */
function unitsOf(
  text: string,
  ranges: readonly JsonObject[],
): ReadonlyMap<number, number> {
  const wanted = new Set<unknown>();
  for (const { startIndex = 0, endIndex } of ranges) {
    wanted.add(startIndex).add(endIndex);
  }
  const units = new Map<number, number>();
  let place = 0;
  for (let unit = 0; unit <= text.length;) {
    if (wanted.has(place)) units.set(place, unit);
    const code = text.codePointAt(unit) ?? 0;
    place += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    unit += code < 0x10000 ? 1 : 2;
  }
  return units;
}

function bytes(text: string): number {
  return encoder.encode(text).length;
}
