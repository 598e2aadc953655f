import { dayOf, partOf, spendKey, USAGE } from "./_ledger_keys.ts";
import type {
  LedgerAttempt,
  LedgerCharge,
  LedgerRow,
  UsageCounts,
} from "./ledger_row.ts";
import type { StateKey, StateWrite } from "./state_store.ts";

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
  "reported",
] as const satisfies readonly (keyof UsageCounts)[];

/** Money has two sums, so that neither gets too large to be exact. */
const MONEY = ["micro", "pico"] as const;
/** The same for what providers say that they charge. */
const REPORTED = ["reportedMicro", "reportedPico"] as const;
const NAMES = [...METRICS, ...MONEY, ...REPORTED];
/** Pico-dollars in a micro-dollar. */
const PICO = 1_000_000;
/** What a key takes up besides its letters. */
const KEY_BYTES = 50;
/** More than a request can come to; thousands of them are still exact. */
const MAX_AMOUNT = 1e12;

/** Sums under names that begin alike. */
class SumGroup<Name extends string> {
  readonly key: StateKey;
  readonly #names: readonly Name[];
  readonly #amounts: number[];

  constructor(key: StateKey, names: readonly Name[]) {
    this.key = key;
    this.#names = names;
    this.#amounts = names.map(() => 0);
  }

  /** Adds to one of them; tells whether it is the first time. */
  add(place: number, count: number): boolean {
    // Providers may tell anything, and one of them must not hold up all rows.
    const amount = Math.min(Math.floor(count), MAX_AMOUNT);
    if (!(amount > 0)) return false;
    const before = this.#amounts[place]!;
    this.#amounts[place] = before + amount;
    return before === 0;
  }

  /** Which of them came to something: a bit each. */
  get mask(): number {
    return this.#amounts.reduce(
      (mask, amount, place) => amount === 0 ? mask : mask | 1 << place,
      0,
    );
  }

  /** Those that came to something; `dated` are those that have their deadline. */
  *writes(
    deadline: number | undefined,
    dated: number = 0,
  ): Generator<StateWrite> {
    for (const [place, name] of this.#names.entries()) {
      const amount = this.#amounts[place]!;
      if (amount === 0) continue;
      const key = [...this.key, name];
      yield (dated & 1 << place) === 0
        ? { type: "sum", key, amount, deadline }
        : { type: "sum", key, amount };
    }
  }
}

/** So many groups are known at most; what is forgotten is told again. */
const MAX_DATED = 10_000;
/** The store may have lost some meanwhile. */
const FORGET_MS = 3_600_000;

/**
 * The sums of which a store has the deadline: that of the first sum counts, and
 * to write it again costs half as much as the sum.
 */
export class DatedSums {
  readonly #masks = new Map<string, number>();
  #since = -Infinity;

  /** Those of a group: a bit each. */
  maskOf(id: string): number {
    return this.#masks.get(id) ?? 0;
  }

  /** Notes some of a group. */
  add(id: string, mask: number): void {
    const now = performance.now();
    if (this.#masks.size >= MAX_DATED || now - this.#since >= FORGET_MS) {
      this.#masks.clear();
      this.#since = now;
    }
    this.#masks.set(id, this.maskOf(id) | mask);
  }
}

/** The usage of one day, key, team, model and provider. */
interface UsageGroup {
  readonly day: string;
  readonly key: string | undefined;
  readonly team: string | undefined;
  readonly model: string | undefined;
  readonly provider: string | undefined;
  readonly sums: SumGroup<typeof NAMES[number]>;
}

/** What rows add to the sums of their days and to what budgets have spent. */
export class LedgerSums {
  readonly #usage = new Map<string, UsageGroup>();
  readonly #spend = new Map<string, SumGroup<typeof MONEY[number]>>();
  /** Rows of one caller often come in a row. */
  #last: UsageGroup | undefined;
  #size = 0;
  #keyBytes = 0;

  /** How many sums there are. */
  get size(): number {
    return this.#size;
  }

  /** How many bytes their keys take up, about. */
  get keyBytes(): number {
    return this.#keyBytes;
  }

  /** Counts a request. */
  addRow(row: LedgerRow): void {
    const { attempts } = row;
    const { sums } = this.#groupOf(row, attempts.at(-1));
    this.#add(sums, 0, 1);
    if (row.status >= 400 || row.state === "unknown") this.#add(sums, 1, 1);
    for (const attempt of attempts) this.#addAttempt(row, attempt);
  }

  /** Counts what an attempt cost in the budgets that pay for it. */
  addCharges({ cost, charges }: LedgerAttempt): void {
    if (!cost || charges === undefined) return;
    for (const charge of charges) {
      this.#addMoney(this.#spendOf(charge), 0, cost);
    }
  }

  /** All of them; `deadline` of those of days, where the store does not have it. */
  *writes(deadline: number, dated: DatedSums): Generator<StateWrite> {
    for (const [id, { sums }] of this.#usage) {
      yield* sums.writes(deadline, dated.maskOf(id));
    }
    for (const sums of this.#spend.values()) yield* sums.writes(undefined);
  }

  /** Notes that the store has the deadlines of all of them. */
  noteIn(dated: DatedSums): void {
    for (const [id, { sums }] of this.#usage) dated.add(id, sums.mask);
  }

  #addAttempt(row: LedgerRow, attempt: LedgerAttempt): void {
    const { usage, cost, reported } = attempt;
    const { sums } = this.#groupOf(row, attempt);
    this.#add(sums, 2, 1);
    if (usage !== undefined) {
      this.#add(sums, 3, usage.input);
      this.#add(sums, 4, usage.cached);
      this.#add(sums, 5, usage.cacheWrite);
      this.#add(sums, 6, usage.output);
      this.#add(sums, 7, usage.reasoning);
      if (usage.isEstimated) this.#add(sums, 8, 1);
    }
    if (cost === undefined) this.#add(sums, 9, 1);
    else if (cost) this.#addMoney(sums, METRICS.length, cost);
    if (reported !== undefined) {
      this.#add(sums, 10, 1);
      this.#addMoney(sums, METRICS.length + MONEY.length, reported);
    }
    this.addCharges(attempt);
  }

  #groupOf(
    { at, key, team }: LedgerRow,
    attempt: LedgerAttempt | undefined,
  ): UsageGroup {
    const day = dayOf(at);
    const last = this.#last;
    if (
      last !== undefined && last.key === key && last.team === team &&
      last.model === attempt?.model && last.provider === attempt?.provider &&
      last.day === day
    ) return last;
    const { model, provider } = attempt ?? {};
    const names = [key, team, model, provider].map((it) => partOf(it ?? ""));
    const id = `${day}\n${names.join("\n")}`;
    let group = this.#usage.get(id);
    if (group === undefined) {
      const sums = new SumGroup([USAGE, day, ...names], NAMES);
      group = { day, key, team, model, provider, sums };
      this.#usage.set(id, group);
    }
    return this.#last = group;
  }

  #spendOf(charge: LedgerCharge): SumGroup<typeof MONEY[number]> {
    const key = spendKey(charge);
    const id = key.join("\n");
    let sums = this.#spend.get(id);
    if (sums === undefined) {
      this.#spend.set(id, sums = new SumGroup(key, MONEY));
    }
    return sums;
  }

  #addMoney(sums: SumGroup<string>, place: number, pico: number): void {
    this.#add(sums, place, pico / PICO);
    this.#add(sums, place + 1, pico % PICO);
  }

  #add(sums: SumGroup<string>, place: number, count: number): void {
    if (!sums.add(place, count)) return;
    this.#size++;
    for (const part of sums.key) this.#keyBytes += 2 * String(part).length;
    this.#keyBytes += 2 * KEY_BYTES;
  }
}

/** What the two sums of money come to, in pico-dollars. */
export function moneyOf(micro: number, pico: number): bigint {
  return BigInt(micro) * BigInt(PICO) + BigInt(pico);
}
