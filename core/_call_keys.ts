import { CLIENTS } from "./_dialect_table.ts";
import type { ClientDialect } from "./dialect.ts";
import type { JsonDocument } from "./json_document.ts";
import type { CallKeys } from "./passed_thought.ts";
import type { ThoughtKeeper } from "./thought_store.ts";

/** How calls of a request are known again, where its client may have left their ids out. */
export function callKeysOf(
  { name }: ClientDialect,
  document: JsonDocument,
): CallKeys | undefined {
  return CLIENTS.find(name)?.turns?.callKeys?.(document);
}

/** A keeper that finds calls without an id of their own by their keys. */
export function withKeys(keeper: ThoughtKeeper, keys: CallKeys): ThoughtKeeper {
  return {
    keep: (id, thought) => keeper.keep(id, thought),
    // An id that was made for a call may be another conversation's own.
    find: (id) => keeper.find(keys.find(id) ?? id),
    get empty(): boolean {
      return keeper.empty;
    },
  };
}
