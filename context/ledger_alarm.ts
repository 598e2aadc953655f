/**
 * What an operator should know of a ledger:
 *
 * - `journal`: the journal cannot be written: until it can, the end of the
 *   process loses the rows that wait;
 * - `store`: the store does not take rows; they wait;
 * - `dropped`: too many wait, and this one is in the journal at best;
 * - `recovered`: rows of a process that ended early were found.
 */
export type LedgerAlarm =
  | { readonly type: "journal" | "store"; readonly cause: unknown }
  | { readonly type: "dropped"; readonly id: string }
  | {
    readonly type: "recovered";
    readonly rows: number;
    readonly unknown: number;
  };
