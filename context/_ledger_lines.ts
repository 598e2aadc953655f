import {
  costOfAttempts,
  type LedgerAttempt,
  type LedgerHead,
  type LedgerIntent,
  type LedgerRow,
} from "./ledger_row.ts";

/** A line of the journal: a request begins, one of its attempts does or ends, or all is settled. */
type Line =
  | { readonly begin: LedgerHead }
  | { readonly of: string; readonly attempt: LedgerIntent }
  | { readonly of: string; readonly at: number; readonly ended: LedgerAttempt }
  | { readonly settled: LedgerRow };

/** What a request is known to have come to, as long as it goes on. */
export interface OpenRequest {
  readonly head: LedgerHead;
  readonly attempts: (LedgerIntent | LedgerAttempt)[];
}

/** The line of a request that begins. */
export function beginLine(begin: LedgerHead): string {
  return `${JSON.stringify({ begin } satisfies Line)}\n`;
}

/** The line of an attempt that begins. */
export function attemptLine(of: string, attempt: LedgerIntent): string {
  return `${JSON.stringify({ of, attempt } satisfies Line)}\n`;
}

/** The line of an attempt that has ended, at its place. */
export function endedLine(
  of: string,
  { at, ended }: { readonly at: number; readonly ended: LedgerAttempt },
): string {
  return `${JSON.stringify({ of, at, ended } satisfies Line)}\n`;
}

/** The line of a request that is settled. */
export function settledLine(settled: LedgerRow): string {
  return `${JSON.stringify({ settled } satisfies Line)}\n`;
}

/** The lines of a request that goes on, for a journal that is begun anew. */
export function openLines({ head, attempts }: OpenRequest): string {
  return beginLine(head) +
    attempts.map((attempt, at) =>
      attemptLine(head.id, intentOf(attempt)) +
      ("outcome" in attempt ? endedLine(head.id, { at, ended: attempt }) : "")
    ).join("");
}

/**
 * The rows that a journal holds. Requests that were not settled have the state
 * `unknown`, and what was reserved for attempts that did not end is their cost.
 * Lines that are none, as the last one where a disk was full, are passed over.
 */
export function rowsOf(journal: string): LedgerRow[] {
  const open = new Map<string, OpenRequest>();
  const settled = new Map<string, LedgerRow>();
  for (const text of journal.split("\n")) {
    const line = parse(text);
    if (line === undefined) continue;
    if ("begin" in line) {
      const head = line.begin;
      if (!open.has(head.id)) open.set(head.id, { head, attempts: [] });
    } else if ("settled" in line) {
      settled.set(line.settled.id, line.settled);
      open.delete(line.settled.id);
    } else {
      const attempts = open.get(line.of)?.attempts;
      if ("attempt" in line) attempts?.push(line.attempt);
      else if (attempts !== undefined) attempts[line.at] = line.ended;
    }
  }
  return [...settled.values(), ...[...open.values()].map(unknownRow)];
}

function unknownRow({ head, attempts: all }: OpenRequest): LedgerRow {
  const attempts = all.map((attempt): LedgerAttempt =>
    "outcome" in attempt ? attempt : {
      ...attempt,
      outcome: "unknown",
      ...(attempt.price !== undefined && { cost: attempt.reserved }),
    }
  );
  return {
    ...head,
    state: "unknown",
    status: 0,
    durationMs: 0,
    attempts,
    cost: costOfAttempts(attempts),
  };
}

function intentOf(
  { provider, model, reserved, price, charges }: LedgerIntent,
): LedgerIntent {
  return { provider, model, reserved, price, charges };
}

function parse(text: string): Line | undefined {
  if (text === "") return undefined;
  try {
    const line = JSON.parse(text) as Line | null;
    return typeof line === "object" && line !== null ? line : undefined;
  } catch {
    return undefined;
  }
}
