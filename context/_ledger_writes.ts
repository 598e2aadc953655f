import { createHash } from "node:crypto";
import type { LedgerAttempt, LedgerRow, UsageCounts } from "./ledger_row.ts";
import type { StateKey, StateWrite } from "./state_store.ts";

/** The first parts of the keys that the ledger writes. */
export const LEDGER = "ledger";
export const USAGE = "usage";
export const SPEND = "spend";

/** What is counted of each day, key, team, model and provider, besides money. */
export const METRICS = [
  "requests",
  "failed",
  "attempts",
  "input",
  "cached",
  "cacheWrite",
  "output",
  "reasoning",
  "estimated",
  "unpriced",
] as const satisfies readonly (keyof UsageCounts)[];

/** Pico-dollars in a micro-dollar. */
const PICO = 1_000_000;
/** A row with many attempts may add as much again, twice over. */
const MAX_WRITES = 200;
const MAX_KEY_BYTES = 25_000;
const MAX_VALUE_BYTES = 400_000;
/** What a key takes up besides its letters. */
const KEY_BYTES = 50;
/** Names that are longer, or not plain, end in a hash: callers choose some of them. */
const PLAIN = /^[\x20-\x7e]{0,64}$/;
const DAY_MS = 86_400_000;
/** More than a request can come to; a thousand of them are still exact. */
const MAX_AMOUNT = 1e12;

/** The day of a time, in UTC: `2026-11-23`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The name of a row. */
export function rowKey({ at, id }: Pick<LedgerRow, "at" | "id">): StateKey {
  return [LEDGER, dayOf(at), at, id];
}

/** The name under which money is counted in a window of a budget. */
export function spendKey(
  [budget, subject, window]: readonly [string, string, string],
): StateKey {
  return [SPEND, partOf(budget), partOf(subject), window];
}

/** Writes that are made together: rows, and what they add to sums, so that these are always equal. */
export class LedgerBatch {
  readonly #sums = new Map<string, { key: StateKey; amount: number }>();
  readonly #rows: StateWrite[] = [];
  readonly #deadlines: { readonly row: number; readonly day: number };
  #keyBytes = 0;
  #valueBytes = 0;

  readonly #keepRows: boolean;

  /** `retentionMs` for rows; sums of days stay ten times as long. */
  constructor({ retentionMs, keepRows, now }: {
    readonly retentionMs: number;
    readonly keepRows: boolean;
    readonly now: number;
  }) {
    this.#keepRows = keepRows;
    const row = now + retentionMs;
    this.#deadlines = { row, day: now + 10 * retentionMs + DAY_MS };
  }

  /** Whether it takes no more. */
  get isFull(): boolean {
    return this.#rows.length + this.#sums.size >= MAX_WRITES ||
      this.#keyBytes >= MAX_KEY_BYTES || this.#valueBytes >= MAX_VALUE_BYTES;
  }

  /** Adds a row. */
  add(row: LedgerRow): void {
    if (!this.#keepRows) {
      for (const attempt of row.attempts) this.#charge(attempt);
      return;
    }
    this.#rows.push({
      type: "set",
      key: rowKey(row),
      value: row,
      deadline: this.#deadlines.row,
    });
    this.#keyBytes += 2 * (KEY_BYTES + row.id.length);
    this.#valueBytes += 600 + 400 * row.attempts.length;
    const last = row.attempts.at(-1);
    const isFailed = row.status >= 400 || row.state === "unknown";
    this.#count(row, last, {
      requests: 1,
      failed: isFailed ? 1 : 0,
    });
    for (const attempt of row.attempts) this.#countAttempt(row, attempt);
  }

  /** All writes. */
  get writes(): StateWrite[] {
    return [
      ...this.#rows,
      ...[...this.#sums.values()].map(({ key, amount }): StateWrite => ({
        type: "sum",
        key,
        amount,
        deadline: key[0] === USAGE ? this.#deadlines.day : undefined,
      })),
    ];
  }

  #countAttempt(row: LedgerRow, attempt: LedgerAttempt): void {
    const { usage, cost } = attempt;
    const sums = this.#count(row, attempt, {
      attempts: 1,
      unpriced: cost === undefined ? 1 : 0,
      ...(usage && {
        input: usage.input,
        cached: usage.cached,
        cacheWrite: usage.cacheWrite,
        output: usage.output,
        reasoning: usage.reasoning,
        estimated: usage.isEstimated ? 1 : 0,
      }),
    });
    if (cost) this.#money(sums, cost);
    this.#charge(attempt);
  }

  #charge({ cost, charges = [] }: LedgerAttempt): void {
    if (!cost) return;
    for (const charge of charges) this.#money(spendKey(charge), cost);
  }

  #count(
    row: LedgerRow,
    place: Pick<LedgerAttempt, "provider" | "model"> | undefined,
    counts: Partial<UsageCounts>,
  ): StateKey {
    const key = [
      USAGE,
      dayOf(row.at),
      partOf(row.key ?? ""),
      partOf(row.team ?? ""),
      partOf(place?.model ?? ""),
      partOf(place?.provider ?? ""),
    ];
    for (const metric of METRICS) {
      const amount = counts[metric];
      if (amount) this.#sum([...key, metric], amount);
    }
    return key;
  }

  /** Money has two sums, so that neither gets too large to be exact. */
  #money(key: StateKey, pico: number): void {
    this.#sum([...key, "micro"], Math.floor(pico / PICO));
    this.#sum([...key, "pico"], pico % PICO);
  }

  #sum(key: StateKey, count: number): void {
    // Providers may tell anything, and one of them must not hold up all rows.
    const amount = Math.min(Math.floor(count), MAX_AMOUNT);
    if (!(amount > 0)) return;
    const id = JSON.stringify(key);
    const known = this.#sums.get(id);
    if (known !== undefined) known.amount += amount;
    else {
      this.#sums.set(id, { key, amount });
      this.#keyBytes += 2 * (KEY_BYTES + id.length);
    }
  }
}

/** What the two sums of money come to, in pico-dollars. */
export function moneyOf(micro: number, pico: number): bigint {
  return BigInt(micro) * BigInt(PICO) + BigInt(pico);
}

/** A name as a part of a key, of at most 64 bytes. */
export function partOf(name: string): string {
  if (PLAIN.test(name)) return name;
  const digest = createHash("sha256").update(name).digest("hex");
  return `${name.slice(0, 30).replace(/[^\x20-\x7e]/g, "?")}~${
    digest.slice(0, 32)
  }`;
}
