import {
  costOfAttempts,
  type LedgerAttempt,
  type LedgerHead,
  type LedgerIntent,
  type LedgerRow,
} from "./ledger_row.ts";

/**
 * A line of the journal: a request begins, mostly with its first attempt, one of
 * its attempts begins or ends, or all is settled.
 */
type Line =
  | {
    readonly begin: LedgerHead;
    readonly at?: number;
    readonly attempt?: LedgerIntent;
  }
  | {
    readonly of: string;
    /** The place of the attempt; older programs told that of its end alone. */
    readonly at?: number;
    readonly attempt: LedgerIntent;
  }
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

/** The line of a request that begins with an attempt. */
export function firstLine(begin: LedgerHead, attempt: LedgerIntent): string {
  return `${JSON.stringify({ begin, at: 0, attempt } satisfies Line)}\n`;
}

/** The line of an attempt that begins, at its place. */
export function attemptLine(
  of: string,
  { at, attempt }: { readonly at: number; readonly attempt: LedgerIntent },
): string {
  return `${JSON.stringify({ of, at, attempt } satisfies Line)}\n`;
}

/** The lines of the attempts that have ended. */
export function endedLines(
  { head: { id: of }, attempts }: OpenRequest,
): string {
  let lines = "";
  for (const [at, ended] of attempts.entries()) {
    if (!("outcome" in ended)) continue;
    lines += `${JSON.stringify({ of, at, ended } satisfies Line)}\n`;
  }
  return lines;
}

/** The line of a request that is settled, by the JSON of its row. */
export function settledLine(row: string): string {
  return `{"settled":${row}}\n`;
}

/** The lines of a request that goes on, for a journal that is begun anew. */
export function openLines(open: OpenRequest): string {
  const { head, attempts } = open;
  const began = attempts.map((attempt, at) =>
    attemptLine(head.id, { at, attempt: intentOf(attempt) })
  );
  return beginLine(head) + began.join("") + endedLines(open);
}

/**
 * The rows that a journal holds. Requests that were not settled have the state
 * `unknown`, and what was reserved for attempts that did not end is their cost.
 * Lines that are none, as the last one where a disk was full, are passed over.
 */
export function rowsOf(journals: readonly string[]): LedgerRow[] {
  const open = new Map<string, OpenRequest>();
  const settled = new Map<string, LedgerRow>();
  // One after the other: all in one text may be longer than a text can be.
  for (const text of journals.flatMap((it) => it.split("\n"))) {
    const line = parse(text);
    if (line === undefined) continue;
    if ("settled" in line) {
      settled.set(line.settled.id, line.settled);
      continue;
    }
    if ("begin" in line && !open.has(line.begin.id)) {
      open.set(line.begin.id, { head: line.begin, attempts: [] });
    }
    const id = "begin" in line ? line.begin.id : line.of;
    const attempts = open.get(id)?.attempts;
    if (attempts === undefined) continue;
    if ("ended" in line) attempts[line.at] = line.ended;
    else if (line.attempt !== undefined) {
      // Two journals may tell of the same one.
      const at = line.at ?? attempts.length;
      attempts[at] ??= line.attempt;
    }
  }
  for (const id of settled.keys()) open.delete(id);
  return [...settled.values(), ...[...open.values()].map(unknownRow)];
}

function unknownRow({ head, attempts: all }: OpenRequest): LedgerRow {
  // Where a line is lost there is none.
  const attempts = Object.values(all).map((attempt): LedgerAttempt =>
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
