import { KeyRows, type RowPart } from "./_key_rows.ts";
import type { GateState, Hold, LimitGate } from "./_limit_gate.ts";
import { shortKey } from "./_limit_key.ts";
import type { LimitHub } from "./_limit_hub.ts";
import { SlotsGate } from "./_slots_gate.ts";
import type { LimitStatus } from "./admission.ts";
import { LeasedLimit } from "./leased_limit.ts";
import type { Limit } from "./rate_limit.ts";
import { SlidingWindow } from "./sliding_window.ts";
import { TokenBucket } from "./token_bucket.ts";

/** What a {@linkcode LimitScope} is made with. */
export interface LimitScopeOptions {
  readonly name: string;
  readonly maxKeys: number;
  /** Where limits are shared; absent, each is this process's own. */
  readonly hub: LimitHub | undefined;
}

/** The limits that were defined by one name; they go by the same key. */
export class LimitScope {
  readonly #options: LimitScopeOptions;
  readonly #gates: LimitGate[] = [];
  readonly #kept: { limit: Limit; gates: readonly LimitGate[] }[] = [];
  readonly #rows: KeyRows;

  /** What `previous` counts at once or shares goes on here, if the kind is the same. */
  constructor(
    limits: readonly Limit[],
    options: LimitScopeOptions,
    previous?: LimitScope,
  ) {
    this.#options = options;
    const heirs = new Set(previous?.gates);
    const parts: (LimitGate & RowPart)[] = [];
    for (const limit of limits) {
      const gates: LimitGate[] = [];
      const shared = this.#sharedGate(limit, heirs);
      if (shared !== undefined) gates.push(shared);
      const part = this.#rowGate(limit);
      if (part !== undefined) {
        gates.push(part);
        parts.push(part);
      }
      this.#kept.push({ limit, gates });
      this.#gates.push(...gates);
    }
    this.#rows = new KeyRows(parts, options.maxKeys);
    this.#drop(heirs);
  }

  /** Who keeps the limits. */
  get gates(): readonly LimitGate[] {
    return this.#gates;
  }

  /** How many keys have a row. */
  get size(): number {
    return this.#rows.size;
  }

  /** Goes on under other limits of the same kinds with all the state there is; else false. */
  adopt(limits: readonly Limit[]): boolean {
    if (limits.length !== this.#kept.length) return false;
    return this.#kept.every((kept, i) => {
      const limit = limits[i]!;
      const isBucket = limit.burst !== undefined;
      if (isBucket !== (kept.limit.burst !== undefined)) return false;
      kept.limit = limit;
      return kept.gates.every((gate) => gate.adopt(limit));
    });
  }

  /** What an ask holds that is the only one. */
  holds(key: string, tokens: number): Hold[] {
    const row = this.#rows.find(key);
    const holds: Hold[] = [];
    for (const gate of this.#gates) {
      holds.push(this.#hold(gate, key, tokens, row));
    }
    return holds;
  }

  /** Adds what one ask of several holds; what is asked for twice is added up. */
  hold(holds: Hold[], key: string, tokens: number): void {
    const row = this.#rows.find(key);
    for (const gate of this.#gates) {
      const same = findHold(holds, gate, key);
      if (same === undefined) {
        holds.push(this.#hold(gate, key, tokens, row));
      } else same.amount += gate.unit === "tokens" ? tokens : 1;
    }
  }

  /** Has leases asked for where none are left; promises of the answers. */
  prepare(key: string, tokens: number): (Promise<void> | undefined)[] {
    return this.#gates.map((gate) =>
      gate instanceof LeasedLimit
        ? gate.prepare(key, gate.unit === "tokens" ? tokens : 1)
        : undefined
    );
  }

  /** Adds how each limit stands for a key; a bucket that is shared has the less of both. */
  states(statuses: LimitStatus[], key: string, now: number): void {
    const { name } = this.#options;
    const short = shortKey(key);
    for (const { limit: { unit }, gates } of this.#kept) {
      let least: GateState | undefined;
      for (const gate of gates) {
        const state = gate.state(short, now);
        if (least === undefined || state.remaining < least.remaining) {
          least = state;
        }
      }
      if (least === undefined) continue;
      const { limit, remaining, resetMs } = least;
      statuses.push({ name, key, unit, limit, remaining, resetMs });
    }
  }

  /** Belongs after an admission: keeps to the most keys, and frees some that are idle. */
  tidy(now: number): void {
    this.#rows.tidy(now);
  }

  /** Looks at so many keys and frees the idle ones. */
  sweep(now: number, rows: number): void {
    this.#rows.sweep(now, rows);
  }

  /** Gives back what is leased. */
  close(): void {
    this.#drop(this.#gates);
  }

  #hold(gate: LimitGate, key: string, tokens: number, row: number): Hold {
    return {
      name: this.#options.name,
      gate,
      key,
      amount: gate.unit === "tokens" ? tokens : 1,
      row,
      mark: 0,
      stamp: 0,
      slot: undefined,
    };
  }

  /** A limit without rows of its own: on what is under way, or shared with others. */
  #sharedGate(limit: Limit, heirs: Set<LimitGate>): LimitGate | undefined {
    const { hub, name, maxKeys } = this.#options;
    const isSlots = limit.unit === "concurrent";
    if (!isSlots && hub === undefined) return undefined;
    const kind = isSlots ? SlotsGate : LeasedLimit;
    for (const gate of heirs) {
      if (!(gate instanceof kind) || !gate.adopt(limit)) continue;
      heirs.delete(gate);
      return gate;
    }
    return isSlots ? new SlotsGate(limit) : hub?.share(limit, name, maxKeys);
  }

  /** A limit that keeps a row for each key; a shared one does that for its burst. */
  #rowGate(limit: Limit): (LimitGate & RowPart) | undefined {
    if (limit.unit === "concurrent") return undefined;
    if (limit.burst !== undefined) return new TokenBucket(limit);
    return this.#options.hub ? undefined : new SlidingWindow(limit);
  }

  #drop(gates: Iterable<LimitGate>): void {
    for (const gate of gates) {
      if (gate instanceof LeasedLimit) this.#options.hub?.drop(gate);
    }
  }
}

function findHold(
  holds: readonly Hold[],
  gate: LimitGate,
  key: string,
): Hold | undefined {
  for (const hold of holds) {
    if (hold.gate === gate && hold.key === key) return hold;
  }
  return undefined;
}
