import { exactMember } from "../../_json_exact.ts";
import type {
  DecodeOptions,
  DialectTarget,
  EncodedRequest,
} from "../../dialect.ts";
import { editJsonDocument, type JsonDocument } from "../../json_document.ts";
import { isObject } from "../_json.ts";
import {
  hasForeignCitations,
  withoutForeignCitations,
} from "./_block_citations.ts";
import { cachePointEdits } from "./_pass_cache_points.ts";
import { passHeaders } from "./_pass_headers.ts";
import { isMark, isUnsignedThought } from "./_thought_marks.ts";

/** What {@linkcode passMessagesRequest} is told besides: the caller's version and betas are handed on (C40). */
export interface PassMessagesOptions extends DecodeOptions {
  /** The provider's answer shall be a stream. @default {false} */
  readonly stream?: boolean;
}

/**
 * Writes a Messages request for a provider of the same dialect: the client's
 * own text with the smallest edit. Unknown fields are kept, so is every
 * `cache_control` (C17).
 *
 * Changed are the model; `stream`, where it disagrees; and what the target's
 * quirks drop. Thought in the history that another provider left there goes,
 * where it would be refused: Claude takes none that is not signed, while other
 * makers' models behind this dialect want their unsigned thought back (J6).
 * Where a tool loop has no thought left, Claude is not asked to think by a
 * budget: it would refuse the turn (C12).
 */
export function passMessagesRequest(
  document: JsonDocument,
  target: DialectTarget,
  options: PassMessagesOptions = {},
): EncodedRequest {
  const { stream = false, header } = options;
  const edits = editsFor(document, target);
  if (stream !== (document.value.stream === true)) {
    edits.set("stream", String(stream));
  }
  return {
    path: "/messages",
    headers: passHeaders(header, target.losses),
    body: editJsonDocument(document, edits),
  };
}

/** The edits that every request to the Messages API needs, by field. */
export function editsFor(
  document: JsonDocument,
  { model, quirks, losses, provider }: DialectTarget,
): Map<string, string | undefined> {
  const { value, spans } = document;
  const edits = new Map<string, string | undefined>();
  if (value.model !== model) edits.set("model", JSON.stringify(model));
  for (const name of quirks.drop ?? []) {
    if (!spans.has(name) || edits.has(name)) continue;
    edits.set(name, undefined);
    losses.add("dropped", name, provider);
  }
  const messages = edits.has("messages")
    ? []
    : withoutForeign(document, { model, losses, edits });
  if (isManual(value.thinking) && /claude/i.test(model)) {
    if (lacksThought(messages)) {
      edits.set("thinking", undefined);
      losses.add("dropped", "thinking", "the tool loop has no signed thought");
    }
  }
  if (quirks.cachePoints) cachePointEdits(document, edits);
  return edits;
}

/** Takes out what another provider left in the history, and gives what is left. */
function withoutForeign(
  document: JsonDocument,
  { model, losses, edits }: {
    readonly model: string;
    readonly losses: DialectTarget["losses"];
    readonly edits: Map<string, string | undefined>;
  },
): unknown {
  const { value } = document;
  const isForeign = /claude/i.test(model) ? isForeignToClaude : isMark;
  const hasThought = hasSome(value.messages, isForeign);
  const hasSources = hasSome(value.messages, hasForeignCitations);
  if (!hasThought && !hasSources) return value.messages;
  const messages = without(exactMember(document, "messages"), isForeign);
  edits.set("messages", JSON.stringify(messages));
  const why = "not signed by this provider";
  if (hasThought) losses.add("dropped", "messages.thinking", why);
  if (hasSources) losses.add("dropped", "messages.citations", why);
  return messages;
}

function isManual(thinking: unknown): boolean {
  return isObject(thinking) && thinking.type === "enabled";
}

/**
 * Whether a tool loop goes on in which no turn of the model's begins with its
 * thought: manual thinking wants one that does (C12).
 */
function lacksThought(messages: unknown): boolean {
  if (!Array.isArray(messages)) return false;
  const asked = messages.findLastIndex((message: unknown) =>
    isObject(message) && message.role === "user" &&
    !contentOf(message).some((block) => typeOf(block) === "tool_result")
  );
  const turns = messages.slice(asked + 1).filter((message: unknown) =>
    isObject(message) && message.role === "assistant"
  ).map(contentOf);
  return messages.length - asked > 2 &&
    turns.some((content) => content.some((it) => typeOf(it) === "tool_use")) &&
    !turns.some(([first]) => /thinking$/.test(typeOf(first)));
}

function typeOf(block: unknown): string {
  return isObject(block) && typeof block.type === "string" ? block.type : "";
}

/** Says of a block whether it goes. */
type BlockTest = (block: unknown) => boolean;

function isForeignToClaude(block: unknown): boolean {
  return isUnsignedThought(block) || isMark(block);
}

function hasSome(messages: unknown, test: BlockTest): boolean {
  return Array.isArray(messages) &&
    messages.some((message: unknown) => contentOf(message).some(test));
}

/**
 * Messages without such blocks, and without sources that another provider
 * named; a message that held nothing else goes as a whole.
 */
function without(messages: unknown, test: BlockTest): unknown {
  if (!Array.isArray(messages)) return messages;
  return messages.flatMap((message: unknown) => {
    const content = contentOf(message);
    const kept = content.filter((block) => !test(block));
    const isCited = kept.some(hasForeignCitations);
    if (!isObject(message)) return [message];
    if (!isCited && kept.length === content.length) return [message];
    if (kept.length === 0) return [];
    return [{ ...message, content: kept.map(withoutForeignCitations) }];
  });
}

function contentOf(message: unknown): readonly unknown[] {
  return isObject(message) && Array.isArray(message.content)
    ? message.content
    : [];
}
