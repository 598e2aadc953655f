import {
  keyStartBefore,
  NO_LIMITS,
  readName,
  scanJson,
  trimSpace,
} from "./_json_scan.ts";
import type { JsonDocument } from "./json_document.ts";

/**
 * Replaces, removes (`undefined`) or appends top-level members of a document.
 * Everything else stays byte for byte as it was: numbers of any precision, the
 * order of keys, escapes, white space (M15, M16). Of a key that comes more than
 * once only the member that counts is kept, so that whoever reads the text reads
 * what the gateway has read.
 *
 * @param edits JSON text of the new value, by key.
 * @returns The text with the edits.
 *
 * @example Another model
 * ```ts
 * import { editJsonDocument, parseJsonDocument } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{"model": "a", "user": "b", "seed": 9007199254740993}';
 * const document = parseJsonDocument(new TextEncoder().encode(text));
 * assertEquals(
 *   editJsonDocument(document, new Map([["model", '"c"'], ["user", undefined]])),
 *   '{"model": "c", "seed": 9007199254740993}',
 * );
 * ```
 */
export function editJsonDocument(
  document: JsonDocument,
  edits: ReadonlyMap<string, string | undefined>,
): string {
  const { text, spans } = document;
  let splices: Splice[] | undefined;
  let appended = "";
  let removed = 0;
  for (const [key, value] of edits) {
    const span = spans.get(key);
    if (value === undefined) removed += span ? 1 : 0;
    else if (span === undefined) appended += `,${JSON.stringify(key)}:${value}`;
    else {
      const splice: Splice = [span[0], span[1], value];
      // Most often there is one, for which a list of one is small.
      if (splices === undefined) splices = [splice];
      else splices.push(splice);
    }
  }
  if (removed > 0 || document.repeated) {
    removeMembers(document, edits, splices ??= []);
  }
  if (appended !== "") {
    (splices ??= []).push(append(document, appended, removed));
  }
  return splices === undefined ? text : splice(text, splices);
}

/** Puts members behind the last one that stays or goes. */
function append(
  { text, spans }: JsonDocument,
  appended: string,
  removed: number,
): Splice {
  const brace = text.lastIndexOf("}");
  const end = spans.size === 0 ? brace : trimSpace(text, brace);
  return [end, end, appended.slice(removed === spans.size ? 1 : 0)];
}

/** Start and end of what goes, and what comes instead. */
type Splice = readonly [start: number, end: number, text: string];

function splice(text: string, splices: Splice[]): string {
  if (splices.length > 1) {
    splices.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  }
  let edited = "";
  let at = 0;
  for (const [start, end, instead] of splices) {
    edited += text.slice(at, start) + instead;
    at = end;
  }
  return edited + text.slice(at);
}

/** Removes runs of members, each with the comma behind it, or the one before it where the run is the last. */
function removeMembers(
  { text, spans, repeated }: JsonDocument,
  edits: ReadonlyMap<string, string | undefined>,
  splices: Splice[],
): void {
  const members = repeated
    ? listMembers(text)
    : Array.from(spans, ([key, span]) => [key, ...span] as const);
  const counting = new Map(spans);
  const goes = (index: number): boolean => {
    const [key, start] = members[index] ?? [];
    if (key === undefined) return false;
    return counting.get(key)?.[0] !== start ||
      (edits.has(key) && edits.get(key) === undefined);
  };
  for (let first = 0; first < members.length; first++) {
    if (!goes(first)) continue;
    let last = first;
    while (goes(last + 1)) last++;
    const next = members[last + 1];
    const [, firstValue] = members[first]!;
    const [, , lastEnd] = members[last]!;
    if (next) {
      splices.push([
        keyStartBefore(text, firstValue),
        keyStartBefore(text, next[1]),
        "",
      ]);
    } else {
      const start = members[first - 1]?.[2] ?? keyStartBefore(text, firstValue);
      splices.push([start, lastEnd, ""]);
    }
    first = last;
  }
}

/** All members in the order of the text, those that are overridden included. */
function listMembers(
  text: string,
): (readonly [key: string, start: number, end: number])[] {
  const { members } = scanJson(text, NO_LIMITS);
  const list: (readonly [string, number, number])[] = [];
  for (let i = 0; i < members.length; i += 4) {
    const key = readName(text.slice(members[i], members[i + 1]));
    list.push([key, members[i + 2]!, members[i + 3]!]);
  }
  return list;
}
