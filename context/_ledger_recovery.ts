import { type LeftJournal, leftJournals } from "./_ledger_journal.ts";
import { rowsOf } from "./_ledger_lines.ts";
import { minuteKey, minuteOf, readPages, rowKey } from "./_ledger_page.ts";
import { LedgerBatch } from "./_ledger_writes.ts";
import type { LedgerAlarm } from "./ledger_alarm.ts";
import type { LedgerRow } from "./ledger_row.ts";
import type { StateStore } from "./state_store.ts";

/** What a recovery works with. */
export interface RecoveryOptions {
  readonly store: StateStore;
  readonly retentionMs: number;
  readonly now: () => number;
  readonly onAlarm: (alarm: LedgerAlarm) => void;
  /** Whether what the store has taken is safe with it. */
  readonly isDurable: () => boolean;
}

/**
 * Writes the rows of processes that ended early, from the journals that they left.
 *
 * @returns Whether nothing is left to do; else it is to be tried again.
 */
export async function recoverJournals(
  directory: string,
  { store, retentionMs, now, onAlarm, isDurable }: RecoveryOptions,
): Promise<boolean> {
  const journals: LeftJournal[] = [];
  let isRead = true;
  let isDone = false;
  try {
    for (const left of leftJournals(directory)) journals.push(left);
  } catch (cause) {
    // Where there is no directory nobody has left anything.
    isRead = cause instanceof Deno.errors.NotFound;
    if (!isRead) onAlarm({ type: "journal", cause });
  }
  if (journals.length === 0) return isRead;
  try {
    // All at once: what one lacks another may have settled.
    const all = rowsOf(journals.map(({ text }) => text));
    const rows = await missing(store, all);
    for (let from = 0; from < rows.length;) {
      const batch = new LedgerBatch({ retentionMs, keepRows: true, now });
      while (from < rows.length && !batch.isFull) batch.add(rows[from++]!);
      await store.commit({ writes: batch.writes });
    }
    isDone = isDurable();
    if (rows.length > 0) {
      const unknown = rows.filter(({ state }) => state === "unknown").length;
      onAlarm({ type: "recovered", rows: rows.length, unknown });
    }
  } catch (cause) {
    onAlarm({ type: "store", cause });
  } finally {
    for (const journal of journals) journal.end(isDone);
  }
  return isRead && isDone;
}

/**
 * Those that the store does not have: what is there was counted in the same step.
 * So it is read minute by minute, and what is then left is looked for among the
 * rows that older programs wrote, one by one.
 */
async function missing(
  store: StateStore,
  rows: readonly LedgerRow[],
): Promise<LedgerRow[]> {
  const left = new Map(rows.map((row) => [row.id, row]));
  const minutes = new Map(rows.map(({ at }) => [minuteOf(at), minuteKey(at)]));
  for (const minute of minutes.values()) {
    for await (const page of readPages(store, minute)) {
      for (const { id } of page) left.delete(id);
    }
  }
  for (const row of [...left.values()]) {
    if (await store.get(rowKey(row)) !== undefined) left.delete(row.id);
  }
  return [...left.values()];
}
