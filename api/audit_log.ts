import type { StateStore } from "@llm-proxy/context";
import type { Logger } from "@llm-proxy/logging";

/** One change that an admin made. */
export interface AuditEntry {
  /** Who: a key, or `command line`. */
  readonly actor: string;
  /** What was done, for example `keys.rotate`. */
  readonly action: string;
  /** To what. */
  readonly target: string;
  /** How it was; never with secrets. */
  readonly before?: unknown;
  /** How it is. */
  readonly after?: unknown;
}

/** The same as it is kept. */
export interface AuditRow extends AuditEntry {
  /** When, RFC 3339. */
  readonly at: string;
  /** Grows by one with each. */
  readonly number: number;
}

const ROWS = ["audit", "row"] as const;
const NEXT = ["audit", "next"] as const;
/** How many are kept; the oldest goes. */
const KEPT = 2_000;
const PAGE = 1_000;
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

  /** Notes a change; a store that fails is told in the log, and undoes nothing. */
  async add(entry: AuditEntry): Promise<void> {
    this.#logger?.info("audit", { ...entry });
    try {
      await this.#keep(entry);
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

  async #keep(entry: AuditEntry): Promise<void> {
    for (let race = 0; race < MAX_RACES; race++) {
      const next = await this.#state.get<number>(NEXT);
      const number = next?.value ?? 0;
      const row: AuditRow = { number, at: new Date().toISOString(), ...entry };
      const { ok } = await this.#state.commit({
        checks: [{ key: NEXT, version: next?.version ?? null }],
        writes: [
          { type: "set", key: NEXT, value: number + 1 },
          { type: "set", key: [...ROWS, number % KEPT], value: row },
        ],
      });
      if (ok) return;
      // Not all who wait at the same moment.
      const ms = Math.random() * MOMENT_MS * (race + 1);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    throw new TypeError("Cannot keep an audit entry: others keep writing");
  }
}
