import type { Backlog } from "./_backlog.ts";
import {
  cursorOf,
  decodeKey,
  encodeKey,
  encodeRowKey,
  readCursor,
} from "./_state_key.ts";
import { listLimit } from "./_state_page.ts";
import { decodeValue } from "./_state_value.ts";
import type {
  StateCount,
  StateEntry,
  StateKey,
  StateListOptions,
  StatePage,
} from "./state_store.ts";

/** The version of what waits: no row ever has it. */
export const WAITING = "waiting";

/** What waits of a value: its replacement, `null` for its removal, or nothing. */
export function waitingEntry<T>(
  backlog: Backlog,
  { id, now }: { readonly id: string; readonly now: number },
): StateEntry<T> | null | undefined {
  const write = backlog.value(id);
  if (write?.type !== "set") return write && null;
  const { key, deadline } = write;
  if (deadline !== undefined && deadline <= now) return null;
  const value = decodeValue(write.value) as T;
  const entry = { key, value, version: WAITING };
  return deadline === undefined ? entry : { ...entry, deadline };
}

/** Where a page belongs, and what makes an entry of what waits. */
export interface WaitingPageOptions<E> extends StateListOptions {
  readonly backlog: Backlog;
  readonly prefix: StateKey;
  readonly kind: "values" | "counts";
  /** The entry with what waits of it; `undefined` where that removes it. */
  readonly merge: (id: string, entry: E | undefined) => E | undefined;
}

/** A page of a store with what waits for it. */
export function mergePage<E extends StateEntry | StateCount>(
  page: StatePage<E>,
  options: WaitingPageOptions<E>,
): StatePage<E> {
  const { backlog, prefix, kind, cursor, merge } = options;
  const idOf = (place: string): string => encodeKey(readCursor(place, prefix));
  const after = cursor === undefined ? "" : idOf(cursor);
  const last = page.cursor === undefined ? undefined : idOf(page.cursor);
  const entries = new Map<string, E>();
  for (const entry of page.entries) entries.set(encodeRowKey(entry.key), entry);
  for (const id of backlog.ids(kind, encodeKey(prefix))) {
    if (id <= after || (last !== undefined && id > last)) continue;
    const merged = merge(id, entries.get(id));
    if (merged === undefined) entries.delete(id);
    else entries.set(id, merged);
  }
  const limit = listLimit(options);
  const ids = [...entries.keys()].sort();
  const merged = ids.slice(0, limit).map((id) => entries.get(id)!);
  const end = ids.length > limit ? cursorOf(merged.at(-1)!.key) : page.cursor;
  return end === undefined
    ? { entries: merged }
    : { entries: merged, cursor: end };
}

/** A count with what waits of it. */
export function mergeCount(
  backlog: Backlog,
  { id, entry }: {
    readonly id: string;
    readonly entry: StateCount | undefined;
  },
): StateCount | undefined {
  const { isNew, added } = backlog.count(id);
  if (isNew && added === 0) return undefined;
  const count = (isNew ? 0 : entry?.count ?? 0) + added;
  return { key: entry?.key ?? decodeKey(id), count };
}
