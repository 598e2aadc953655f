import {
  editJsonDocument,
  exactMember,
  type JsonDocument,
  parseJsonDocument,
  parseJsonText,
} from "@llm-proxy/core";

/** What a text of a request is. */
export interface RequestText {
  readonly text: string;
  /** Whether it may be changed: names, proofs and schemas may not. */
  readonly isOwn: boolean;
}

/** Sees every text of a request; gives what stands in its place. */
export type TextVisitor = (found: RequestText) => string;

type Fields = Readonly<Record<string, unknown>>;

/** Members that hold what was said, in every dialect. */
const SAID: ReadonlySet<string> = new Set([
  "system",
  "instructions",
  "systemInstruction",
  "system_instruction",
  "messages",
  "input",
  "contents",
  "prompt",
  "suffix",
  "prediction",
  "content",
  "requests",
  "query",
  "documents",
  "texts",
  "user",
  "safety_identifier",
  "metadata",
]);
/** Members that no model reads. */
const NOT_SAID: ReadonlySet<string> = new Set([
  "model",
  "previous_response_id",
  "prompt_cache_key",
]);
/** Members of what was said that are no words. A name here hides a text from every guard, so what only counts tokens keeps a list of its own. */
const NO_WORDS: ReadonlySet<string> = new Set([
  "type",
  "role",
  "id",
  "call_id",
  "tool_call_id",
  "tool_use_id",
  "url",
  "image_url",
  "file_data",
  "file_id",
  "fileUri",
  "file_uri",
  "detail",
  "status",
  "signature",
  "thoughtSignature",
  "thought_signature",
  "encrypted_content",
  "cache_control",
  "media_type",
  "mimeType",
  "mime_type",
]);
/** Thought that its provider has signed: changed it would be refused. */
const THOUGHT: ReadonlySet<unknown> = new Set([
  "thinking",
  "redacted_thinking",
  "reasoning",
]);
/** Members that hold data: the input of a tool, and its answer where that is an object. */
const DATA: ReadonlySet<string> = new Set(["args", "input", "response"]);
/** As deep as a body may nest. */
const MAX_DEPTH = 200;

/** Every text of a request that a model may read, names of fields included where a model reads them. */
export function requestTexts({ value }: JsonDocument): readonly string[] {
  const texts: string[] = [];
  const visit: TextVisitor = ({ text }) => {
    texts.push(text);
    return text;
  };
  for (const name in value) {
    if (NOT_SAID.has(name)) continue;
    walk(value[name], { visit, isOwn: false, isData: !SAID.has(name) }, 0);
  }
  return texts;
}

/** Texts that stand in pieces beside each other, as a model reads them: in one. */
export function joinedTexts({ value }: JsonDocument): readonly string[] {
  const joined: string[] = [];
  const parts: unknown[] = [];
  for (const name in value) if (SAID.has(name)) parts.push(value[name]);
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (typeof part !== "object" || part === null) continue;
    if (Array.isArray(part)) {
      const texts = part.map(textOfPiece).filter((it) => it !== undefined);
      if (texts.length > 1) joined.push(texts.join(""));
    }
    for (const value of Object.values(part)) {
      if (value !== undefined) parts.push(value);
    }
  }
  return joined;
}

function textOfPiece(piece: unknown): string | undefined {
  if (typeof piece === "string") return piece;
  if (typeof piece !== "object" || piece === null) return undefined;
  const { text } = piece as Fields;
  return typeof text === "string" ? text : undefined;
}

/** The request with other texts in the place of its own; all else stays byte for byte where no text beside it changed. */
export function mapRequestTexts(
  document: JsonDocument,
  change: (text: string) => string,
): JsonDocument {
  const edited = editRequestTexts(document, change);
  return edited === undefined
    ? document
    : parseJsonDocument(new TextEncoder().encode(edited));
}

/** What {@linkcode mapRequestTexts} parses; nothing where no text was changed. */
export function editRequestTexts(
  document: JsonDocument,
  change: (text: string) => string,
): string | undefined {
  const edits = new Map<string, string>();
  const visit: TextVisitor = ({ text, isOwn }) => isOwn ? change(text) : text;
  for (const name in document.value) {
    if (!SAID.has(name) && name !== "tools") continue;
    // With numbers as they were written: the member is written anew.
    const member = exactMember(document, name);
    const isOwn = name !== "tools";
    const mapped = walk(member, { visit, isOwn, isData: !isOwn }, 0);
    if (mapped !== member) edits.set(name, JSON.stringify(mapped));
  }
  return edits.size === 0 ? undefined : editJsonDocument(document, edits);
}

/** How a value is walked. */
interface Walk {
  readonly visit: TextVisitor;
  /** Whether its texts may be changed. */
  readonly isOwn: boolean;
  /** Whether it is data, of which a model reads every field. */
  readonly isData: boolean;
}

/** The value with its texts changed: the same one where none was. */
function walk(value: unknown, how: Walk, depth: number): unknown {
  if (typeof value === "string") {
    return how.visit({ text: value, isOwn: how.isOwn });
  }
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) {
    return value;
  }
  if (Array.isArray(value)) {
    const mapped = value.map((item) => walk(item, how, depth + 1));
    return mapped.some((item, at) => item !== value[at]) ? mapped : value;
  }
  const fields = value as Fields;
  // Signed thought, in the dialects' ways to mark it.
  const isThought = THOUGHT.has(fields.type) || fields.thought === true;
  let changed: Record<string, unknown> | undefined;
  for (const name of Object.keys(fields)) {
    const member = fields[name];
    const mapped = walkMember(name, member, {
      ...how,
      isOwn: how.isOwn && !isThought,
    }, { fields, depth });
    if (mapped === member) continue;
    changed ??= { ...fields };
    // No setter of a prototype may take it.
    Object.defineProperty(changed, name, {
      value: mapped,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return changed ?? value;
}

function walkMember(
  name: string,
  member: unknown,
  how: Walk,
  { fields, depth }: { readonly fields: Fields; readonly depth: number },
): unknown {
  if (how.isData) {
    how.visit({ text: name, isOwn: false });
    const isOwn = how.isOwn || name === "description";
    return walk(member, { ...how, isOwn }, depth + 1);
  }
  if (NO_WORDS.has(name)) return member;
  // Base64, but for a document of plain text.
  if (name === "data" && fields.type !== "text") return member;
  if (name === "name") return walk(member, { ...how, isOwn: false }, depth + 1);
  if (name === "arguments" && typeof member === "string") {
    return mapJson(member, how, depth);
  }
  // What tools are called with, and what they answer.
  const isData = DATA.has(name) && typeof member === "object";
  return walk(member, { ...how, isData }, depth + 1);
}

/** Changes the texts within a JSON text; what is none is one text. */
function mapJson(text: string, how: Walk, depth: number): unknown {
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch {
    return how.visit({ text, isOwn: how.isOwn });
  }
  const mapped = walk(value, { ...how, isData: true }, depth + 1);
  if (mapped === value) return text;
  return JSON.stringify(mapped);
}

/** What a tool is called with, as a text that is looked at: without JSON's escapes. */
export function callText(text: string): string {
  const texts: string[] = [];
  mapJson(text, {
    visit: (found) => {
      texts.push(found.text);
      return found.text;
    },
    isOwn: false,
    isData: true,
  }, 0);
  return texts.join("\n");
}
