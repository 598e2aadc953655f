import {
  type StateBatch,
  type StateCommit,
  StateError,
  type StateStore,
} from "@llm-proxy/context";
import type { Logger } from "@llm-proxy/logging";

/** What was changed. */
export interface AuditedChange {
  /** To what it was done. */
  readonly target: string;
  /** How it was; never with secrets. */
  readonly before?: unknown;
  /** How it is. */
  readonly after?: unknown;
}

/** One change that an admin made. */
export interface AuditEntry extends AuditedChange {
  /** Who: a key, or `command line`. */
  readonly actor: string;
  /** What was done, for example `keys.rotate`. */
  readonly action: string;
}

/** The same as it is kept. */
export interface AuditRow extends AuditEntry {
  /** When, RFC 3339. */
  readonly at: string;
  /** Grows by one with each. */
  readonly number: number;
}

/**
 * Writes a change to the state, and what is to be told of it: both or neither,
 * whenever the process ends. It is not written where a check of the batch does
 * not hold.
 */
export type AuditedCommit = (
  batch: StateBatch,
  change: AuditedChange,
) => Promise<StateCommit>;

const ROWS = ["audit", "row"] as const;
const NEXT = ["audit", "next"] as const;
/** How many are kept; the oldest goes. */
const KEPT = 2_000;
const PAGE = 1_000;
/** How many characters an entry may have: the rest of its batch is the change's. */
const MAX_ENTRY = 100_000;
/** How often it is tried again while others write, each time after a moment that grows. */
const MAX_RACES = 40;
const MOMENT_MS = 2;

/** What admins have changed: a line in the log, and the last 2,000 in the state. */
export class AuditLog {
  readonly #state: StateStore;
  readonly #logger: Logger | undefined;

  /** Keeps them in a store. */
  constructor(state: StateStore, logger?: Logger) {
    this.#state = state;
    this.#logger = logger;
  }

  /** What writes changes of the state that somebody makes. */
  committer(
    by: Pick<AuditEntry, "actor" | "action">,
  ): AuditedCommit {
    return async (batch, change) => {
      const entry = { ...by, ...change };
      const result = await this.#commit(batch, entry);
      if (result.ok) this.#logger?.info("audit", entry);
      return result;
    };
  }

  /** Notes a change that is not in the state; a store that fails is told in the log, and undoes nothing. */
  async add(entry: AuditEntry): Promise<void> {
    this.#logger?.info("audit", { ...entry });
    try {
      await this.#commit({ writes: [] }, entry);
    } catch (cause) {
      this.#logger?.error("an audit entry was not kept", { cause });
    }
  }

  /** The newest first. */
  async list(limit: number = PAGE): Promise<AuditRow[]> {
    const rows: AuditRow[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#state.list<AuditRow>(ROWS, {
        limit: PAGE,
        cursor,
      });
      rows.push(...page.entries.map(({ value }) => value));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return rows.sort((a, b) => b.number - a.number).slice(0, limit);
  }

  async #commit(
    { checks = [], writes }: StateBatch,
    entry: AuditEntry,
  ): Promise<StateCommit> {
    const told = inBounds(entry);
    let next = await this.#state.get<number>(NEXT);
    for (let race = 0; race < MAX_RACES; race++) {
      const number = next?.value ?? 0;
      const row: AuditRow = { number, at: new Date().toISOString(), ...told };
      const result = await this.#state.commit({
        checks: [...checks, { key: NEXT, version: next?.version ?? null }],
        writes: [
          ...writes,
          { type: "set", key: NEXT, value: number + 1 },
          { type: "set", key: [...ROWS, number % KEPT], value: row },
        ],
      });
      if (result.ok) return result;
      // Not all who wait at the same moment.
      const ms = Math.random() * MOMENT_MS * (race + 1);
      await new Promise((resolve) => setTimeout(resolve, ms));
      const seen = next?.version;
      next = await this.#state.get<number>(NEXT);
      // It was one of the change's own checks.
      if (next?.version === seen) return result;
    }
    throw new StateError(
      "contended",
      "Cannot keep an audit entry: others keep writing",
    );
  }
}

/** What is too long is left out, so that no change is refused for it. */
function inBounds(entry: AuditEntry): AuditEntry {
  const { before: _, after: __, ...short } = entry;
  return JSON.stringify(entry).length <= MAX_ENTRY ? entry : short;
}
