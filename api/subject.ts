import type { KeyBudget } from "./config_types_keys.ts";
import type { Role } from "./role.ts";

/** Who asks: what limits, budgets and the ledger count by, and what it may see. */
export interface Subject {
  /** The key: its name in the config, or the id of a stored one; absent where there are no keys. */
  readonly key?: string | undefined;
  /** Whose key it is. */
  readonly user?: string | undefined;
  /** The team that pays. */
  readonly team?: string | undefined;
  /** The organisation that the team belongs to. */
  readonly organisation?: string | undefined;
  /** What it may do to the gateway itself, and see of others. */
  readonly role: Role;
  /** What the key itself may spend. @default {no more than the config's budgets say} */
  readonly budget?: KeyBudget | undefined;
}

/** Whoever reaches a gateway without keys is on its machine, and owns it. */
export const OWNER: Subject = { role: "admin" };
