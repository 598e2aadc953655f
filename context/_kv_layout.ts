import type { StateKey } from "./state_store.ts";

/** A row's key in Deno KV: the schema's version, what it is, and for what. */
export type KvKey = (string | number)[];

/** How many parts a split value may have: with its own row, ten can be read at once. */
export const MAX_PARTS = 9;

const MINUTE = 60_000;
const HOUR = 3_600_000;

/** Where the rows of one version of the schema are. */
export class KvLayout {
  readonly #version: number;

  /** The layout of this version. */
  constructor(version: number) {
    this.#version = version;
  }

  /** A value, or what says into how many parts it was split. */
  value(key: StateKey): KvKey {
    return [this.#version, "v", ...partsOf(key)];
  }

  /** A count. */
  count(key: StateKey): KvKey {
    return [this.#version, "c", ...partsOf(key)];
  }

  /** A part of a split value. */
  part(key: StateKey, index: number): KvKey {
    return [this.#version, "p", ...partsOf(key), index];
  }

  /** Says that a value has, or had, parts. */
  split(key: StateKey): KvKey {
    return [this.#version, "s", ...partsOf(key)];
  }

  /**
   * Says that a value or count is over by `time`, which is rounded up so that a
   * row that is written again and again leaves few of these behind.
   */
  deadline(
    kind: "v" | "c",
    key: StateKey,
    { deadline, now }: { readonly deadline: number; readonly now: number },
  ): KvKey {
    const step = deadline - now > HOUR ? HOUR : MINUTE;
    const time = Math.ceil(deadline / step) * step;
    return [this.#version, "d", time, kind, ...partsOf(key)];
  }

  /** The rows of a kind. */
  all(kind: "v" | "c" | "p" | "s" | "d"): KvKey {
    return [this.#version, kind];
  }

  /** The deadlines before a time. */
  due(now: number): { readonly start: KvKey; readonly end: KvKey } {
    const all = this.all("d");
    return { start: [...all, 0], end: [...all, now] };
  }
}

/** To Deno KV minus zero is not zero. */
export function partsOf(key: StateKey): KvKey {
  return key.map((part) => part === 0 ? 0 : part);
}

/** What a row of {@linkcode KvLayout.deadline} is for. */
export function ownerOf(
  deadline: readonly unknown[],
): { readonly kind: "v" | "c"; readonly key: StateKey } {
  const kind = deadline[3] === "c" ? "c" : "v";
  return { kind, key: deadline.slice(4) as (string | number)[] };
}

/** What a row of any other kind is for. */
export function keyOf(row: readonly unknown[]): StateKey {
  return row.slice(2) as (string | number)[];
}
