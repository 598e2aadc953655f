import type { StateKey } from "@llm-proxy/context";
import type * as z from "@zod/zod";
import type { keyDraft, storedKey } from "./_stored_key_schema.ts";

/** What whoever makes a key may say of it. */
export type KeyDraft = z.output<typeof keyDraft>;
/** A key as it is stored. */
export type StoredKey = z.output<typeof storedKey>;

/** Where keys are in the state. */
export const KEYS: {
  readonly rows: StateKey;
  readonly version: StateKey;
  readonly pepper: StateKey;
} = {
  rows: ["keys", "row"],
  version: ["keys", "version"],
  pepper: ["keys", "pepper"],
};

/** How many keys a gateway has at most: all of them are held in memory. */
export const MAX_KEYS = 20_000;

/** A key as an admin is shown it. */
export function keyView(key: StoredKey): Record<string, unknown> {
  const { digest: _, previous, ...shown } = key;
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    ...shown,
    ...(previous && { previous_until: time(previous.until) }),
    created_at: time(key.created_at),
    changed_at: time(key.changed_at),
  };
}
