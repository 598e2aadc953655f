import {
  encodeBatch,
  type EncodedWrite,
  keyBytesOf,
  MAX_KEYS_BYTES,
  sizeOf,
} from "./_state_batch.ts";
import { isBelow } from "./_state_key.ts";
import { decodeValue } from "./_state_value.ts";
import { StateError } from "./state_error.ts";
import type { StateWrite } from "./state_store.ts";

/** How much may wait. */
export interface BacklogOptions {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** How changes wait. */
export interface WaitingOptions {
  /** Names those that may have been written already. */
  readonly id?: string | undefined;
  /** Whether they are taken even if there are too many. */
  readonly isForced?: boolean;
}

/** Changes that are written together. */
export interface WaitingGroup {
  /** Names those that may have been written already. */
  id?: string | undefined;
  readonly writes: readonly EncodedWrite[];
  readonly bytes: number;
  readonly keyBytes: number;
  /** The number of the first of them. */
  readonly first: number;
}

/** What the changes that wait make of a value or a count. */
interface Outcome {
  /** The last write that does not build on what was before, and its number. */
  base?: { readonly write: EncodedWrite; readonly at: number };
  /** What was added since. */
  added: number;
  /** How many changes of it wait. */
  waiting: number;
}

/** What waits of a value: nothing, its removal, or its replacement. */
export type WaitingValue = EncodedWrite & { type: "set" | "delete" };

const GROUP_WRITES = 100;
const GROUP_BYTES = 262_144;
/** What a change takes up besides its key and value, in bytes. */
const WRITE_BYTES = 300;

/** Changes that wait until a store takes them, in their order, and what they come to. */
export class Backlog {
  readonly #options: BacklogOptions;
  readonly #groups: WaitingGroup[] = [];
  readonly #values = new Map<string, Outcome>();
  readonly #counts = new Map<string, Outcome>();
  #rows = 0;
  #bytes = 0;
  #next = 0;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** How many changes wait. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Lets changes wait.
   *
   * @throws {StateError} when there are too many.
   */
  push(writes: readonly StateWrite[], options: WaitingOptions = {}): void {
    const { id, isForced = false } = options;
    const encoded = encodeBatch({ writes }).writes;
    const bytes = encoded.reduce((sum, write) => sum + spaceOf(write), 0);
    const keyBytes = encoded.reduce((sum, write) => sum + keyBytesOf(write), 0);
    const { maxRows, maxBytes } = this.#options;
    const fits = this.#rows + encoded.length <= maxRows &&
      this.#bytes + bytes <= maxBytes;
    if (!fits && !isForced) {
      throw new StateError(
        "full",
        `The state is out of reach and ${this.#rows} changes wait already`,
      );
    }
    const first = this.#next;
    for (const write of encoded) this.#apply(write, this.#next++);
    this.#rows += encoded.length;
    this.#bytes += bytes;
    this.#groups.push({ id, writes: encoded, bytes, keyBytes, first });
  }

  /** The changes that are next; those that fit together are put together. */
  head(): WaitingGroup | undefined {
    const [head, ...rest] = this.#groups.slice(0, GROUP_WRITES);
    if (head === undefined || head.id !== undefined) return head;
    const writes = [...head.writes];
    let { bytes, keyBytes } = head;
    let taken = 1;
    for (const group of rest) {
      const fits = writes.length + group.writes.length <= GROUP_WRITES &&
        keyBytes + group.keyBytes <= MAX_KEYS_BYTES &&
        bytes + group.bytes <= GROUP_BYTES;
      if (group.id !== undefined || !fits) break;
      writes.push(...group.writes);
      bytes += group.bytes;
      keyBytes += group.keyBytes;
      taken++;
    }
    if (taken === 1) return head;
    const group = { writes, bytes, keyBytes, first: head.first };
    this.#groups.splice(0, taken, group);
    return group;
  }

  /** Forgets the changes that were next: they are written. */
  done(): void {
    const group = this.#groups.shift();
    if (group === undefined) return;
    let at = group.first;
    for (const write of group.writes) this.#retire(write, at++);
    this.#rows -= group.writes.length;
    this.#bytes -= group.bytes;
  }

  /** What waits of a value. */
  value(id: string): WaitingValue | undefined {
    return this.#values.get(id)?.base?.write as WaitingValue | undefined;
  }

  /** What waits of a count: whether it starts anew, and what is added. */
  count(id: string): { readonly isNew: boolean; readonly added: number } {
    const { base, added = 0 } = this.#counts.get(id) ?? {};
    return { isNew: base !== undefined, added };
  }

  /** The encoded keys below a prefix of which something waits. */
  ids(kind: "values" | "counts", prefix: string): string[] {
    const outcomes = kind === "values" ? this.#values : this.#counts;
    return [...outcomes.keys()].filter((id) => isBelow(id, prefix)).sort();
  }

  #outcomes({ type }: EncodedWrite): Map<string, Outcome> {
    return type === "sum" || type === "reset" ? this.#counts : this.#values;
  }

  #apply(write: EncodedWrite, at: number): void {
    const outcomes = this.#outcomes(write);
    let outcome = outcomes.get(write.id);
    if (outcome === undefined) {
      outcome = { added: 0, waiting: 0 };
      outcomes.set(write.id, outcome);
    }
    outcome.waiting++;
    if (write.type === "sum") {
      outcome.added += write.amount;
    } else {
      outcome.base = { write, at };
      outcome.added = 0;
    }
  }

  #retire(write: EncodedWrite, at: number): void {
    const outcomes = this.#outcomes(write);
    const outcome = outcomes.get(write.id);
    if (outcome === undefined) return;
    if (--outcome.waiting === 0) {
      outcomes.delete(write.id);
    } else if (write.type !== "sum") {
      if (outcome.base?.at === at) delete outcome.base;
    } else if (outcome.base === undefined || outcome.base.at < at) {
      outcome.added -= write.amount;
    }
  }
}

/** Turns changes that waited back into what a store is told. */
export function toWrites(writes: readonly EncodedWrite[]): StateWrite[] {
  return writes.map((write) =>
    write.type === "set" ? { ...write, value: decodeValue(write.value) } : write
  );
}

function spaceOf(write: EncodedWrite): number {
  return sizeOf(write) + write.id.length + WRITE_BYTES;
}
