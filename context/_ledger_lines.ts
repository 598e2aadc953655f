import {
  type FormedBegin,
  type FormedRow,
  type FormLike,
  type RowForm,
  rowOfForm,
} from "./_ledger_forms.ts";
import {
  costOfAttempts,
  type LedgerAttempt,
  type LedgerHead,
  type LedgerIntent,
  type LedgerRow,
} from "./ledger_row.ts";

/**
 * A line of a journal or of a page: a request begins, mostly with its first
 * attempt, one of its attempts begins or ends, or all is settled. What begins or
 * is settled has a shorter form as well, where it is like others.
 */
export type LedgerLine =
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

/** What tells a form, and lines of forms. */
type FormLine =
  | { readonly form: number; readonly like: FormLike }
  | FormedBegin
  | FormedRow;

/** Reads the lines of a text, one after the other. */
export class LineReader {
  readonly #forms = new Map<number, FormLike>();

  /**
   * A line, written out in full; `undefined` for one that tells a form.
   *
   * @throws {Error} when it is no line.
   */
  read(text: string): LedgerLine | undefined {
    const line = JSON.parse(text) as LedgerLine | FormLine;
    if ("form" in line) {
      this.#forms.set(line.form, line.like);
      return undefined;
    }
    if (!isFormed(line)) return line;
    const form = this.#forms.get(line[0]);
    if (form === undefined) throw new Error("A line is of no form");
    if (isRow(line)) return { settled: rowOfForm(form, line) };
    const [, id, at, reserved] = line;
    return {
      begin: { id, at, ...form.head },
      at: 0,
      attempt: { ...form.attempt, reserved },
    };
  }
}

function isFormed(
  line: LedgerLine | FormLine,
): line is FormedBegin | FormedRow {
  return Array.isArray(line);
}

function isRow(line: FormedBegin | FormedRow): line is FormedRow {
  return line.length > 4;
}

/** What a request is known to have come to, as long as it goes on. */
export interface OpenRequest {
  readonly head: LedgerHead;
  readonly attempts: (LedgerIntent | LedgerAttempt)[];
}

/** The line of a request that begins. */
export function beginLine(begin: LedgerHead): string {
  return `${JSON.stringify({ begin } satisfies LedgerLine)}\n`;
}

/** The line of a request that begins with an attempt. */
export function firstLine(begin: LedgerHead, attempt: LedgerIntent): string {
  return `${JSON.stringify({ begin, at: 0, attempt } satisfies LedgerLine)}\n`;
}

/** The line of an attempt that begins, at its place. */
export function attemptLine(
  of: string,
  { at, attempt }: { readonly at: number; readonly attempt: LedgerIntent },
): string {
  return `${JSON.stringify({ of, at, attempt } satisfies LedgerLine)}\n`;
}

/** The lines of the attempts that have ended. */
export function endedLines(
  { head: { id: of }, attempts }: OpenRequest,
): string {
  let lines = "";
  for (const [at, ended] of attempts.entries()) {
    if (!("outcome" in ended)) continue;
    lines += `${JSON.stringify({ of, at, ended } satisfies LedgerLine)}\n`;
  }
  return lines;
}

/** The line of a request that is settled, and the form that it is of, if any. */
export interface RowText {
  readonly line: string;
  readonly form: RowForm | undefined;
}

/** Tells a request that is settled: by its form where that says all, else in full. */
export function rowText(settled: LedgerRow, form?: RowForm): RowText {
  const line = form?.row(settled);
  if (line !== undefined) return { line, form };
  const full: LedgerLine = { settled };
  return { line: `${JSON.stringify(full)}\n`, form: undefined };
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
  for (const line of linesOf(journals)) {
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

/** The lines of journals, one after the other: all of them at once may be too much to hold. */
function* linesOf(journals: readonly string[]): Generator<LedgerLine> {
  for (const journal of journals) {
    const reader = new LineReader();
    for (const text of journal.split("\n")) {
      const line = lineOf(reader, text);
      if (line !== undefined) yield line;
    }
  }
}

/** A line; `undefined` for one that tells a form, and for what is none, as half a line. */
function lineOf(reader: LineReader, text: string): LedgerLine | undefined {
  if (text === "") return undefined;
  try {
    return reader.read(text);
  } catch {
    return undefined;
  }
}
