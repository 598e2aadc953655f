import type { StateStore } from "@llm-proxy/context";
import type { AuditedCommit } from "./audit_log.ts";
import type { Cooldowns } from "@llm-proxy/core/routing";

const KEY = ["deployments", "drained"] as const;
const MAX_RACES = 5;
/** More than anybody drains by hand. */
const MAX_DRAINED = 1_000;

/** The deployments that an operator sends nothing to, in all processes with one state. */
export class Drains {
  readonly #state: StateStore;
  readonly #cooldowns: Cooldowns;

  /** Keeps them in a store; cooldowns have them in force. */
  constructor(state: StateStore, cooldowns: Cooldowns) {
    this.#state = state;
    this.#cooldowns = cooldowns;
  }

  /** The ids of all. */
  get ids(): readonly string[] {
    return [...this.#cooldowns.drained];
  }

  /** Whether a deployment is one. */
  has(id: string): boolean {
    return this.#cooldowns.drained.has(id);
  }

  /** Goes by what is stored. */
  async refresh(): Promise<void> {
    const ids = (await this.#state.get(KEY))?.value;
    this.#cooldowns.drained = new Set(idsIn(ids));
  }

  /** Drains one, or ends that, with whatever `commit` notes of it. */
  async set(
    id: string,
    isDrained: boolean,
    commit: AuditedCommit,
  ): Promise<void> {
    for (let race = 0; race < MAX_RACES; race++) {
      const entry = await this.#state.get(KEY);
      const ids = new Set(idsIn(entry?.value));
      const before = { drained: ids.has(id) };
      if (isDrained) ids.add(id);
      else ids.delete(id);
      const { ok } = await commit({
        checks: [{ key: KEY, version: entry?.version ?? null }],
        writes: [{
          type: "set",
          key: KEY,
          value: [...ids].slice(-MAX_DRAINED),
        }],
      }, { target: id, before, after: { drained: isDrained } });
      if (ok) return await this.refresh();
    }
    throw new TypeError("Cannot drain a deployment: others keep writing");
  }
}

function idsIn(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((it) => typeof it === "string")
    : [];
}
