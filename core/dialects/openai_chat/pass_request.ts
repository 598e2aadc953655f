import { exactMember } from "../../_json_exact.ts";
import type { DialectTarget, Quirks } from "../../dialect.ts";
import { mendTurns } from "./_pass_turns.ts";
import { editJsonDocument, type JsonDocument } from "../../json_document.ts";
import { isJsonObject, type JsonObject } from "./_decode_node.ts";

export { checkChatRequest } from "./_pass_check.ts";

/** What {@linkcode passChatRequest} is told besides. */
export interface PassRequestOptions {
  /** The provider's answer shall be a stream. @default {false} */
  readonly stream?: boolean;
}

/** A request on its way: what it was, where it goes, what becomes of it. */
interface Passing {
  readonly document: JsonDocument;
  readonly target: DialectTarget;
  readonly edits: Map<string, string | undefined>;
}

const NO_NAMES: readonly (readonly [from: string, to: string])[] = [];
const OLD_LIMIT = "max_tokens";
const NEW_LIMIT = "max_completion_tokens";
/** What is dropped wherever it stands in messages and tools. */
const MARKS = ["cache_control", "extra_content"] as const;
/** How the name of a field begins that is dropped from messages. */
const OF_MESSAGES = "messages[].";

/**
 * Writes a chat request for an OpenAI-compatible provider: the client's own
 * text with the smallest edit. Unknown fields are kept (A25), so is
 * `cache_control` on content parts unless the provider refuses it (C18).
 *
 * Changed are the model; `stream`, where it disagrees; `stream_options`, so
 * that a stream tells its token counts; the names of the output limit
 * (A19–A21); and whatever the target's quirks ask for. Fields that were dropped
 * go on the loss report; another name for the same thing is no loss.
 */
export function passChatRequest(
  document: JsonDocument,
  target: DialectTarget,
  options: PassRequestOptions = {},
): string {
  const { value } = document;
  const { quirks } = target;
  const edits = new Map<string, string | undefined>();
  const passing = { document, target, edits };
  if (value.model !== target.model) {
    edits.set("model", JSON.stringify(target.model));
  }
  const stream = options.stream ?? false;
  if (stream !== (value.stream === true)) edits.set("stream", String(stream));
  const isRefused = quirks.noStreamOptions ||
    quirks.drop?.includes("stream_options");
  if (isRefused) dropStreamOptions(passing);
  else if (stream) askForUsage(passing);
  rename(passing);
  if (quirks.drop) dropFields(passing, quirks.drop);
  editMessages(passing);
  return editJsonDocument(document, edits);
}

function askForUsage({ document, edits }: Passing): void {
  const { stream_options: told } = document.value;
  if (!isJsonObject(told)) {
    edits.set("stream_options", '{"include_usage":true}');
  } else if (told.include_usage !== true) {
    const asked = { ...told, include_usage: true };
    edits.set("stream_options", JSON.stringify(asked));
  }
}

/** The gateway tells the counts by itself: only other options are lost (J26). */
function dropStreamOptions({ document, target, edits }: Passing): void {
  const { stream_options: told } = document.value;
  edits.set("stream_options", undefined);
  if (!isJsonObject(told)) return;
  if (Object.keys(told).every((key) => key === "include_usage")) return;
  target.losses.add("dropped", "stream_options", target.provider);
}

function rename(passing: Passing): void {
  const { document, target, edits } = passing;
  const { rename, reasoningModels } = target.quirks;
  if (reasoningModels && thinks(target.model, reasoningModels)) {
    move(passing, OLD_LIMIT, NEW_LIMIT);
  }
  for (const [from, to] of rename ? Object.entries(rename) : NO_NAMES) {
    if (!edits.has(from) && !edits.has(to)) move(passing, from, to);
  }
  const isMoved = edits.has(OLD_LIMIT) || edits.has(NEW_LIMIT);
  if (!isMoved && isSet(document, OLD_LIMIT) && isSet(document, NEW_LIMIT)) {
    edits.set(OLD_LIMIT, undefined);
    target.losses.add("dropped", OLD_LIMIT, `${NEW_LIMIT} counts`);
  }
}

function thinks(model: string, prefixes: readonly string[]): boolean {
  for (const prefix of prefixes) if (model.startsWith(prefix)) return true;
  return false;
}

/** Renames a field. Of two that mean the same the newer limit counts, else the one that the provider knows (A21). */
function move(
  { document, target, edits }: Passing,
  from: string,
  to: string,
): void {
  const span = document.spans.get(from);
  if (!span) return;
  edits.set(from, undefined);
  const isDouble = isSet(document, to);
  if (isDouble && (from !== NEW_LIMIT || !isSet(document, from))) {
    target.losses.add("dropped", from, `${to} counts`);
    return;
  }
  edits.set(to, document.text.slice(...span));
  if (isDouble) target.losses.add("dropped", to, `${from} counts`);
}

function isSet({ value }: JsonDocument, key: string): boolean {
  return Object.hasOwn(value, key) && value[key] !== null;
}

function dropFields(
  { document, target, edits }: Passing,
  names: NonNullable<Quirks["drop"]>,
): void {
  for (const name of names) {
    if (!Object.hasOwn(document.value, name) || edits.has(name)) continue;
    edits.set(name, undefined);
    target.losses.add("dropped", name, target.provider);
  }
}

/** Rewrites messages and tools only where something in them has to change; their numbers stay as they were (M15). */
function editMessages(passing: Passing): void {
  const { messages, tools } = dropsOf(passing.target.quirks);
  editList(passing, "messages", messages);
  editList(passing, "tools", tools);
}

/** A list as the provider takes it; the list itself where nothing is to be changed. */
function mend(
  list: unknown,
  key: "messages" | "tools",
  target: DialectTarget,
): unknown {
  if (key === "tools") return list;
  const { noDeveloperRole } = target.quirks;
  return mendTurns(noDeveloperRole ? withoutDeveloper(list) : list, target);
}

function editList(
  { document, target, edits }: Passing,
  key: "messages" | "tools",
  drops: Drops,
): void {
  const list = document.value[key];
  const strips = holds(list, drops);
  if (!strips && mend(list, key, target) === list) return;
  const exact = exactMember(document, key);
  const found = new Set<string>();
  const kept = strips ? without(exact, drops, found) : exact;
  edits.set(key, JSON.stringify(mend(kept, key, target)));
  for (const name of found) {
    target.losses.add("dropped", `${key}.${name}`, target.provider);
  }
}

/** What is dropped from a list of messages or tools. */
interface Drops {
  /** From the items themselves. */
  readonly names: readonly string[];
  /** From what is within them as well. */
  readonly marks: readonly string[];
}

type ListDrops = Readonly<Record<"messages" | "tools", Drops>>;

/** Made once for each provider. */
const knownDrops = new WeakMap<Quirks, ListDrops>();

function dropsOf(quirks: Quirks): ListDrops {
  const known = knownDrops.get(quirks);
  if (known !== undefined) return known;
  const { drop = [] } = quirks;
  const marks = MARKS.filter((name) => drop.includes(name));
  const fields = drop.filter((name) => name.startsWith(OF_MESSAGES))
    .map((name) => name.slice(OF_MESSAGES.length));
  const drops = {
    messages: { names: [...fields, ...marks], marks },
    tools: { names: marks, marks },
  };
  knownDrops.set(quirks, drops);
  return drops;
}

/** Messages whose developer is the system; the list itself where there is none. */
function withoutDeveloper(list: unknown): unknown {
  if (!Array.isArray(list) || !list.some(isDeveloper)) return list;
  return list.map((message: unknown) =>
    isDeveloper(message) ? { ...message, role: "system" } : message
  );
}

function isDeveloper(message: unknown): message is JsonObject {
  return isJsonObject(message) && message.role === "developer";
}

/** Whether anything in a list of messages, parts, calls or tools is to be dropped. */
function holds(list: unknown, { names, marks }: Drops): boolean {
  if (names.length === 0 || !Array.isArray(list)) return false;
  for (const item of list) {
    if (!isJsonObject(item)) continue;
    for (const name of names) if (item[name] !== undefined) return true;
    if (marks.length === 0) continue;
    const within = { names: marks, marks };
    if (holds(item.content, within) || holds(item.tool_calls, within)) {
      return true;
    }
  }
  return false;
}

/** The list without it. `found` takes the names that were there. */
function without(
  list: unknown,
  { names, marks }: Drops,
  found: Set<string>,
): unknown {
  if (!Array.isArray(list)) return list;
  return list.map((item: unknown) => {
    if (!isJsonObject(item)) return item;
    const edited: Record<string, unknown> = { ...item };
    for (const name of names) {
      if (edited[name] === undefined) continue;
      found.add(name);
      edited[name] = undefined;
    }
    for (const name of ["content", "tool_calls"]) {
      if (!Array.isArray(edited[name])) continue;
      edited[name] = without(edited[name], { names: marks, marks }, found);
    }
    return edited;
  });
}
