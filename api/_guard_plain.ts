import {
  editJsonDocument,
  exactMember,
  type JsonDocument,
  parseJsonDocument,
} from "@llm-proxy/core";

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

/**
 * The document without keys that come twice in one object: which of two a
 * provider reads nobody knows, and only the last has been looked at. It is the
 * same one where there are none.
 */
export function plainDocument(document: JsonDocument): JsonDocument {
  const { value, text } = document;
  if (membersIn(text) === membersOf(value)) return document;
  const edits = new Map(
    Object.keys(value).map((
      name,
    ) => [name, JSON.stringify(exactMember(document, name))]),
  );
  const edited = editJsonDocument(document, edits);
  return parseJsonDocument(new TextEncoder().encode(edited));
}

/** Each member of an object has one colon that is in no string. */
function membersIn(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COLON) count++;
    else if (code === QUOTE) at = endOf(text, at);
  }
  return count;
}

/** Where a string ends that begins here. */
function endOf(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1);; at = text.indexOf('"', at + 1)) {
    if (at < 0) return text.length;
    let escapes = at - 1;
    while (text.charCodeAt(escapes) === BACKSLASH) escapes--;
    if ((at - escapes) % 2 === 1) return at;
  }
}

function membersOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const isList = Array.isArray(value);
  const items: unknown[] = isList ? value : Object.values(value);
  let count = isList ? 0 : items.length;
  for (const item of items) count += membersOf(item);
  return count;
}
