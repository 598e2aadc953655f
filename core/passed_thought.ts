import { CLIENTS } from "./_dialect_table.ts";
import { NO_LIMITS } from "./_json_scan.ts";
import type { ThoughtKeeping } from "./_thought_keeping.ts";
import type { DialectTarget, ProviderDialect, Quirks } from "./dialect.ts";
import {
  editJsonDocument,
  type JsonDocument,
  parseJsonDocument,
} from "./json_document.ts";
import type { RestoreOptions } from "./_restored_thought.ts";
import type { KeptThought } from "./thought_store.ts";

/** A thought that is kept, and whether the model that is asked can read it. */
export interface FoundThought extends KeptThought {
  readonly isOwn: boolean;
}

/** What is kept for the calls of one request, and what was done with it. */
export interface PassedThoughts {
  /** What is kept for the first of these calls that is known. */
  first(ids: readonly (string | undefined)[]): FoundThought | undefined;
  /** Notes that something came back. */
  restored(): void;
  /** Notes that another model's proof was taken out of a field. */
  strip(param: string): void;
}

/** A call of a tool in an answer. */
export interface ToldCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
  /** Its place among the calls of the answer, from 0. */
  readonly index: number;
}

/** How calls of one conversation are known again that come back without an id. */
export interface CallKeys {
  /** What a call of the request is kept under, by the id that it was given instead; `undefined` where it has its own. */
  find(madeId: string): string | undefined;
  /** What a call of the answer is to be kept under, besides its id. */
  next(call: ToldCall): string;
}

/** How the turns of a request stand in one dialect. */
export interface PassedTurns {
  /** The field that holds them. */
  readonly member: string;
  /** Whether there are calls of tools in them without thought that the provider wants, so that it is worth to look. */
  mayLack(document: JsonDocument, quirks: Quirks): boolean;
  /** The turns as they shall be. */
  restore(
    document: JsonDocument,
    thoughts: PassedThoughts,
    target: DialectTarget,
  ): readonly unknown[];
  /** For dialects whose clients may leave ids of calls out. @default {none may} */
  callKeys?(document: JsonDocument): CallKeys;
}

/**
 * A request on its way to a provider of its own dialect with the proofs of
 * thought that its client has lost; the very same document where there is
 * nothing to do (C12, D9, B19).
 */
export function restorePassed(
  document: JsonDocument,
  asked: Omit<RestoreOptions, "losses"> & {
    readonly client: string;
    readonly target: DialectTarget;
  },
): JsonDocument {
  if (asked.keeper.empty) return document;
  const { client, keeper, family, target } = asked;
  const turns = CLIENTS.find(client)?.turns;
  if (!turns?.mayLack(document, target.quirks)) return document;
  let isChanged = false;
  const restored = turns.restore(document, {
    first(ids) {
      for (const id of ids) {
        const kept = id === undefined ? undefined : keeper.find(id);
        if (kept) return { ...kept, isOwn: kept.family === family };
      }
      return undefined;
    },
    restored() {
      isChanged = true;
    },
    strip(param) {
      isChanged = true;
      target.losses.add("dropped", param, "another model's proof");
    },
  }, target);
  if (!isChanged) return document;
  const edits = new Map([[turns.member, JSON.stringify(restored)]]);
  const text = editJsonDocument(document, edits);
  return parseJsonDocument(new TextEncoder().encode(text), NO_LIMITS);
}

/** Longer answers are not read for proofs a second time, in bytes. */
const MAX_READ = 4 * 1024 * 1024;
/** What each dialect names its proofs. */
const PROOFS = ["ignature", "encrypted", "redacted_thinking"] as const;
/** What OpenAI's dialect names thought that nobody has signed. */
const UNSIGNED = ["reasoning"] as const;

/** What each dialect names a call of a tool. */
const CALLS = ["tool_use", "tool_calls", "functionCall", "function_call"];

/** Keeps the thought of a whole answer that has passed as it was; what cannot be read is nobody's loss. */
export function keepPassed(
  body: Uint8Array,
  { text, reader, keeping }: {
    /** The same as text, where what is looked for is quick to find. */
    readonly text: string;
    readonly reader: ProviderDialect;
    readonly keeping: ThoughtKeeping;
  },
): void {
  const proofs = keeping.unsigned ? UNSIGNED : PROOFS;
  const isWorth = hasAny(text, proofs) && hasAny(text, CALLS);
  if (body.length > MAX_READ || !isWorth) return;
  try {
    keeping.collector().takeParts(reader.decodeAnswer(body).parts);
  } catch {
    // It has passed: the client can read it.
  }
}

function hasAny(text: string, words: readonly string[]): boolean {
  for (const word of words) if (text.includes(word)) return true;
  return false;
}
