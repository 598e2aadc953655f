import type { LedgerRow } from "./ledger_row.ts";

/** Rows in their order, and how many of them are taken. */
interface Run {
  readonly rows: readonly LedgerRow[];
  taken: number;
}

/** Rows of several pages, each in the order of time, taken in the order of all: a heap of what is next in each. */
export class RowMerge {
  readonly #runs: Run[] = [];

  /** Adds a page; an empty one is none. */
  add(rows: readonly LedgerRow[]): void {
    if (rows.length === 0) return;
    const runs = this.#runs;
    let at = runs.push({ rows, taken: 0 }) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  /** Takes the rows that are not behind one; all of them without one. */
  *take(until?: LedgerRow): Generator<LedgerRow> {
    for (let [run] = this.#runs; run !== undefined; [run] = this.#runs) {
      const row = nextOf(run);
      if (until !== undefined && compareRows(row, until) > 0) return;
      run.taken++;
      if (run.taken === run.rows.length) this.#removeFirst();
      this.#sink();
      yield row;
    }
  }

  #removeFirst(): void {
    const last = this.#runs.pop();
    if (last !== undefined && this.#runs.length > 0) this.#runs[0] = last;
  }

  #sink(): void {
    const { length } = this.#runs;
    for (let at = 0;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      if (left >= length) return;
      const least = right < length && this.#isBefore(right, left)
        ? right
        : left;
      if (!this.#isBefore(least, at)) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    return compareRows(nextOf(this.#runs[a]!), nextOf(this.#runs[b]!)) < 0;
  }

  #swap(a: number, b: number): void {
    const run = this.#runs[a]!;
    this.#runs[a] = this.#runs[b]!;
    this.#runs[b] = run;
  }
}

function nextOf({ rows, taken }: Run): LedgerRow {
  return rows[taken]!;
}

/** The order of rows: by time, then by id. */
export function compareRows(
  a: Pick<LedgerRow, "at" | "id">,
  b: Pick<LedgerRow, "at" | "id">,
): number {
  return a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
