import type {
  LedgerAttempt,
  LedgerCharge,
  LedgerHead,
  LedgerIntent,
  LedgerPrice,
  LedgerRow,
} from "./ledger_row.ts";

/** What requests have in common that are alike: who asks whom for what, at whose price. */
export interface FormLike {
  readonly head: Omit<LedgerHead, "id" | "at">;
  readonly attempt: Omit<LedgerIntent, "reserved">;
}

/** The line of a request of a form, as it begins. */
export type FormedBegin = readonly [
  form: number,
  id: string,
  at: number,
  reserved: number,
];

/** The line of a request of a form with one attempt that went well; `null` for what is absent. */
export type FormedRow = readonly [
  ...FormedBegin,
  status: number,
  durationMs: number,
  cost: number | null,
  input?: number,
  cached?: number,
  cacheWrite?: number,
  output?: number,
  reasoning?: number,
];

/** So many forms are known at once; callers may make up names of models. */
const MAX_FORMS = 1_000;
/** What is told at more length than this is told in full each time. */
const MAX_LETTERS = 4_096;

/** A form of lines, told once in each text that has some of them. */
export class RowForm {
  readonly no: number;
  readonly like: FormLike;
  /** The line that tells it. */
  readonly line: string;

  /** Is given the JSON of what is alike. */
  constructor(no: number, text: string) {
    this.no = no;
    // Texts of its own: a name may be a part of a request that is kept with it.
    this.like = JSON.parse(text);
    this.line = `{"form":${no},"like":${text}}\n`;
  }

  /** The line of a request that begins with its attempt. */
  begin({ id, at }: LedgerHead, { reserved }: LedgerIntent): string {
    const line: FormedBegin = [this.no, id, at, reserved];
    return `${JSON.stringify(line)}\n`;
  }

  /** The line of a row; `undefined` where there is more to tell of it. */
  row(row: LedgerRow): string | undefined {
    const [attempt] = row.attempts;
    const isPlain = attempt !== undefined && row.attempts.length === 1 &&
      row.state === "settled" && row.error === undefined &&
      row.cache === undefined && row.problems === undefined &&
      row.cost === attempt.cost && isPlainAttempt(this.like.attempt, attempt);
    if (!isPlain) return undefined;
    const { id, at, status, durationMs, cost = null } = row;
    const { reserved, usage } = attempt;
    const line: FormedRow = usage === undefined
      ? [this.no, id, at, reserved, status, durationMs, cost]
      : [
        this.no,
        id,
        at,
        reserved,
        status,
        durationMs,
        cost,
        usage.input,
        usage.cached,
        usage.cacheWrite,
        usage.output,
        usage.reasoning,
      ];
    return `${JSON.stringify(line)}\n`;
  }
}

/** The forms of the requests of late. */
export class FormBook {
  readonly #forms = new Map<string, RowForm>();
  /** The last one of each caller: most ask alike again. */
  readonly #last = new Map<string | undefined, RowForm>();
  #count = 0;

  /** The form of a request, by its first attempt; `undefined` where that is too long. */
  formOf(head: LedgerHead, intent: LedgerIntent): RowForm | undefined {
    const last = this.#last.get(head.key);
    if (last !== undefined && isLike(last.like, head, intent)) return last;
    const text = JSON.stringify(likeOf(head, intent));
    if (text.length > MAX_LETTERS) return undefined;
    let form = this.#forms.get(text);
    if (form === undefined) {
      if (this.#forms.size >= MAX_FORMS) this.#forms.clear();
      form = new RowForm(this.#count++, text);
      this.#forms.set(text, form);
    }
    if (this.#last.size >= MAX_FORMS) this.#last.clear();
    this.#last.set(form.like.head.key, form);
    return form;
  }
}

/** The forms that a text tells. */
export class ToldForms {
  readonly #told = new Set<number>();

  /** What goes before a line of a form: nothing where the text tells it. */
  before(form: RowForm | undefined): string {
    if (form === undefined || this.#told.has(form.no)) return "";
    // To tell one again does no harm.
    if (this.#told.size >= MAX_FORMS) this.#told.clear();
    this.#told.add(form.no);
    return form.line;
  }
}

/** The row that a line of a form tells. */
export function rowOfForm(
  { head, attempt }: FormLike,
  line: FormedRow,
): LedgerRow {
  const [, id, at, reserved, status, durationMs, paid, input] = line;
  const [, , , , , , , , cached, cacheWrite, output, reasoning] = line;
  const cost = paid === null ? {} : { cost: paid };
  const usage = input === undefined ? {} : {
    usage: { input, cached, cacheWrite, output, reasoning },
  };
  const only = { ...attempt, reserved, outcome: "ok", ...usage, ...cost };
  return {
    id,
    at,
    ...head,
    status,
    durationMs,
    state: "settled",
    attempts: [only as LedgerAttempt],
    ...cost,
  };
}

function likeOf(head: LedgerHead, intent: LedgerIntent): FormLike {
  const { route, key, user, team, organisation, model } = head;
  const { provider, model: asked, price, charges } = intent;
  return {
    head: { route, key, user, team, organisation, model },
    attempt: { provider, model: asked, price, charges },
  };
}

function isLike(
  like: FormLike,
  head: LedgerHead,
  intent: LedgerIntent,
): boolean {
  const { head: of, attempt } = like;
  return of.route === head.route && of.key === head.key &&
    of.user === head.user && of.team === head.team &&
    of.organisation === head.organisation && of.model === head.model &&
    attempt.provider === intent.provider && attempt.model === intent.model &&
    isSamePrice(attempt.price, intent.price) &&
    areSameCharges(attempt.charges, intent.charges);
}

function isPlainAttempt(
  like: FormLike["attempt"],
  { outcome, provider, model, price, charges, usage, reported }: LedgerAttempt,
): boolean {
  return outcome === "ok" && reported === undefined &&
    usage?.isEstimated === undefined && like.provider === provider &&
    like.model === model && isSamePrice(like.price, price) &&
    areSameCharges(like.charges, charges);
}

function isSamePrice(
  a: LedgerPrice | undefined,
  b: LedgerPrice | undefined,
): boolean {
  return a === b || a?.source === b?.source && a?.version === b?.version;
}

function areSameCharges(
  a: readonly LedgerCharge[] | undefined,
  b: readonly LedgerCharge[] | undefined,
): boolean {
  if (a === b) return true;
  if (a === undefined || a.length !== b?.length) return false;
  return a.every(([budget, subject, window], at) => {
    const [otherBudget, otherSubject, otherWindow] = b[at]!;
    return budget === otherBudget && subject === otherSubject &&
      window === otherWindow;
  });
}
