import type { StateKey, StateSetOptions, StateStore } from "./state_store.ts";

/** Stores a value by a batch of one, and gives back its version. */
export async function setByCommit(
  store: Pick<StateStore, "commit">,
  { key, value, deadline }: StateSetOptions & {
    readonly key: StateKey;
    readonly value: unknown;
  },
): Promise<string> {
  const result = await store.commit({
    writes: [{ type: "set", key, value, deadline }],
  });
  return result.ok ? result.version : "";
}

/** Removes a value by a batch of one. */
export async function deleteByCommit(
  store: Pick<StateStore, "commit">,
  key: StateKey,
): Promise<void> {
  await store.commit({ writes: [{ type: "delete", key }] });
}
