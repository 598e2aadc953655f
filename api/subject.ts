import type { ApiKeyConfig } from "./config_types.ts";

/** Who asks: what limits, budgets and the ledger count by, and what it may see. */
export interface Subject {
  /** The name of the key; absent where no keys are configured. */
  readonly key?: string | undefined;
  /** Whose key it is. */
  readonly user?: string | undefined;
  /** The team that pays. */
  readonly team?: string | undefined;
  /** The organisation that the team belongs to. */
  readonly organisation?: string | undefined;
  /** Whether it sees the usage of all, and manages models. */
  readonly isAdmin: boolean;
}

/** Whoever reaches a gateway without keys is on its machine, and owns it. */
const OWNER: Subject = { isAdmin: true };

/** Who stands behind the name of a key. */
export class Subjects {
  readonly #byKey: ReadonlyMap<string, Subject>;

  /** Takes the keys of the config. */
  constructor(keys: readonly ApiKeyConfig[]) {
    this.#byKey = new Map(
      keys.map(({ name, user, team, organisation, role }) => [
        name,
        { key: name, user, team, organisation, isAdmin: role === "admin" },
      ]),
    );
  }

  /** Who it is; the name is of a key that was checked. */
  of(key: string | undefined): Subject {
    if (key === undefined) return OWNER;
    return this.#byKey.get(key) ?? { key, isAdmin: false };
  }
}
