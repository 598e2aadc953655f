import type { ReasoningPart } from "./conversation.ts";

/** What a model thought before it called a tool, as its provider wants it back. */
export interface KeptThought {
  /** Which models can read the proofs in it: those of the family that made them. */
  readonly family: string;
  /** The thought of the turn; empty where only the call is signed. */
  readonly parts: readonly ReasoningPart[];
  /** The signature of the call itself (D9). */
  readonly signature?: string;
}

/** The thoughts of one caller's conversations, by the ids of the tool calls that they led to. */
export interface ThoughtKeeper {
  /** Keeps what led to a call, in place of what was kept for it before. */
  keep(callId: string, thought: KeptThought): void;
  /** What led to a call, as long as it is kept. */
  find(callId: string): KeptThought | undefined;
  /** Whether nothing is kept for anyone: nothing need be looked for then. */
  readonly empty: boolean;
}

/**
 * Keeps the proofs of thought that a tool loop must bring back and that many
 * clients lose on the way (C12, D9, E17).
 */
export interface ThoughtStore {
  /** The thoughts of one caller, whom no other's ids lead to. */
  of(caller: string): ThoughtKeeper;
}

/** The bounds of a {@linkcode MemoryThoughtStore}. */
export interface MemoryThoughtStoreOptions {
  /** How many calls are remembered; the one that was longest unused goes first. @default {10_000} */
  readonly maxEntries?: number;
  /** How many characters of thought are kept in all; as above. @default {8_388_608} */
  readonly maxCharacters?: number;
  /** For how long a thought is kept, in milliseconds. @default {3_600_000} */
  readonly ttl?: number;
  /** The time, in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

interface Entry {
  readonly thought: KeptThought;
  readonly size: number;
  readonly until: number;
}

/** All that is kept, by keys that callers have no part in. */
interface AllThoughts {
  readonly keep: (key: string, thought: KeptThought) => void;
  readonly find: (key: string) => KeptThought | undefined;
  readonly entries: { readonly size: number };
}

/** What is kept for one caller. */
class CallerThoughts implements ThoughtKeeper {
  readonly #caller: string;
  readonly #all: AllThoughts;

  constructor(caller: string, all: AllThoughts) {
    this.#caller = caller;
    this.#all = all;
  }

  keep(callId: string, thought: KeptThought): void {
    this.#all.keep(this.#key(callId), thought);
  }

  find(callId: string): KeptThought | undefined {
    return this.#all.find(this.#key(callId));
  }

  get empty(): boolean {
    return this.#all.entries.size === 0;
  }

  #key(callId: string): string {
    return JSON.stringify([this.#caller, callId]);
  }
}

/**
 * A {@linkcode ThoughtStore} in the memory of the process, bounded in number,
 * size and time.
 *
 * @example A thought comes back, but to nobody else
 * ```ts
 * import { MemoryThoughtStore } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemoryThoughtStore();
 * const thought = {
 *   family: "claude",
 *   parts: [{ type: "reasoning", text: "Rome first", signature: "EqQB" }],
 * } as const;
 * store.of("alice").keep("toolu_1", thought);
 * assertEquals(store.of("alice").find("toolu_1"), thought);
 * assertEquals(store.of("bob").find("toolu_1"), undefined);
 * ```
 */
export class MemoryThoughtStore implements ThoughtStore {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  readonly #maxCharacters: number;
  readonly #ttl: number;
  readonly #now: () => number;
  #characters = 0;
  readonly #thoughts: AllThoughts = {
    keep: (key, thought) => this.#keep(key, thought),
    find: (key) => this.#find(key),
    entries: this.#entries,
  };

  /** Keeps nothing yet; see {@linkcode MemoryThoughtStoreOptions}. */
  constructor(options: MemoryThoughtStoreOptions = {}) {
    this.#maxEntries = options.maxEntries ?? 10_000;
    this.#maxCharacters = options.maxCharacters ?? 8 * 1024 * 1024;
    this.#ttl = options.ttl ?? 3_600_000;
    this.#now = options.now ?? Date.now;
  }

  /** How many calls are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** What is kept, in bytes, by and large: two for each character. */
  get bytes(): number {
    return 2 * this.#characters;
  }

  /** What may be kept, in bytes; as {@linkcode MemoryThoughtStore.bytes}. */
  get maxBytes(): number {
    return 2 * this.#maxCharacters;
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#characters = 0;
  }

  /** The thoughts of one caller. */
  of(caller: string): ThoughtKeeper {
    return new CallerThoughts(caller, this.#thoughts);
  }

  #keep(key: string, thought: KeptThought): void {
    this.#forget(key);
    const size = key.length + sizeOf(thought);
    if (size > this.#maxCharacters) return;
    const until = this.#now() + this.#ttl;
    this.#entries.set(key, { thought, size, until });
    this.#characters += size;
    for (const oldest of this.#entries.keys()) {
      const fits = this.#entries.size <= this.#maxEntries &&
        this.#characters <= this.#maxCharacters;
      if (fits) break;
      this.#forget(oldest);
    }
  }

  #find(key: string): KeptThought | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.until <= this.#now()) {
      this.#forget(key);
      return undefined;
    }
    // Those in use go last.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.thought;
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#characters -= entry.size;
  }
}

function sizeOf({ family, parts, signature = "" }: KeptThought): number {
  let size = family.length + signature.length;
  for (const { text, signature: proof = "", redacted = "" } of parts) {
    size += text.length + proof.length + redacted.length;
  }
  return size;
}
