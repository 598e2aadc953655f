import {
  type LedgerEntry,
  type LedgerIntent,
  usageProblems,
} from "@llm-proxy/context";
import type { Usage } from "@llm-proxy/core";
import type { Accounts } from "./accounts.ts";
import type { AttemptTrace } from "./attempt_trace.ts";
import type { PassedTerms } from "./_passed_terms.ts";
import { Payment, type PaymentEnd } from "./payment.ts";
import type { RequestRecord } from "./request_record.ts";
import type { Subject } from "./subject.ts";

const PICO = 1_000_000_000_000;
const PICO_IN_MICRO = 1_000_000;
/** How much of a name that a caller chose is kept. */
const MAX_NAME = 128;

/** What the account of a request knows it by. */
export type AccountedRecord =
  & Pick<
    RequestRecord,
    | "id"
    | "route"
    | "access"
    | "requestedModel"
    | "startedAt"
    | "status"
    | "durationMs"
  >
  & {
    readonly error?: { readonly code: string } | undefined;
    readonly cache?: string | undefined;
    costUsd?: number | undefined;
  };

/** What one request costs, from its first attempt to its settlement. */
export class RequestAccount {
  readonly #accounts: Accounts;
  readonly #record: AccountedRecord;
  /** Who pays. */
  readonly subject: Subject;
  #entry: LedgerEntry | undefined;
  /** Whether an attempt has ended, and what all of them have cost that have; `undefined` where that of one is not known. */
  #hasEnded = false;
  #spent: number | undefined = 0;
  #problems: readonly string[] | undefined;
  /** The most tokens that the caller allows an answer to have; absent where it says nothing. */
  #outputTokens: number | undefined;
  /** How many answers it wants at once. */
  #choices = 1;
  /** What bounds its cost, where it passes as it is. */
  #passed: PassedTerms | undefined;
  /** How the budgets stand that it is near the end of, for a header. */
  warnings: string[] = [];

  constructor(
    accounts: Accounts,
    { record, subject }: {
      readonly record: AccountedRecord;
      readonly subject: Subject;
    },
  ) {
    this.#accounts = accounts;
    this.#record = record;
    this.subject = subject;
  }

  /** Notes how long an answer may get, and how many the caller wants at once. */
  allow(outputTokens: number | undefined, choices: unknown = 1): void {
    this.#choices = Number.isInteger(choices)
      ? Math.max(1, Number(choices))
      : 1;
    this.#outputTokens = outputTokens;
  }

  /** Whether budgets may have to pay for it. */
  get isBudgeted(): boolean {
    return this.#accounts.budgets !== undefined;
  }

  /** Notes what bounds the cost of a request that passes as it is. */
  pass(terms: PassedTerms): void {
    this.#passed = terms;
    this.allow(terms.outputTokens, terms.choices);
  }

  /**
   * Sets aside what an attempt may cost, and notes it; before it is sent,
   * `secured` is to be waited for.
   *
   * @returns Nothing, unless a budget has to ask the store first.
   * @throws {GatewayError} 429 `insufficient_quota` where a budget has no room.
   */
  pay(
    trace: AttemptTrace,
    request: { readonly body?: unknown },
  ): Promise<void> | undefined {
    const passed = this.#passed;
    const body = passed?.body ??
      (typeof request.body === "string" ? request.body : "");
    const { candidate } = trace;
    const { budgets, prices } = this.#accounts;
    if (budgets !== undefined && !prices.isComplete) {
      return prices.load().then(() => this.pay(trace, request));
    }
    const { provider } = candidate;
    const asked = passed?.model ?? candidate.model;
    const priced = this.#accounts.priceOf(
      passed?.model === undefined ? candidate : { provider, model: asked },
    );
    // Of names that callers make up there is no end.
    const model = priced === undefined ? candidate.model : asked;
    const payment = new Payment({
      priced,
      trustsReport: this.#accounts.trustsReport(provider.name),
      letters: body.length,
    });
    trace.payment = payment;
    if (budgets === undefined) return this.#note(trace, 0);
    const asks = budgets.asksOf({
      subject: this.subject,
      route: this.#record.route,
      model: `${provider.name}/${model.slice(0, MAX_NAME)}`,
      provider: provider.name,
    });
    if (asks.length === 0) return this.#note(trace, 0);
    const reserve = this.#reserve(trace, { model, body, request });
    const take = (): void => {
      payment.asks = asks;
      payment.hold(budgets.take(asks, { reserve, account: this }), reserve);
      if (passed !== undefined && !passed.isFree) {
        payment.untold = reserve ?? this.#accounts.passReserve;
      }
      this.#note(trace, reserve ?? 0);
    };
    const preparing = budgets.prepare(asks, reserve);
    if (preparing === undefined) return void take();
    return preparing.then(take);
  }

  /**
   * Sets more aside for an attempt that goes on, where what it has come to is
   * near what was set aside.
   *
   * @throws {GatewayError} as {@linkcode RequestAccount.pay} does.
   */
  async extend(trace: AttemptTrace, usage: Usage): Promise<void> {
    const { payment } = trace;
    const { budgets } = this.#accounts;
    const more = payment?.dueFor(usage);
    if (payment === undefined || more === undefined) return;
    await budgets?.prepare(payment.asks, more);
    // It may have ended meanwhile: nobody would give it back.
    if (trace.payment !== payment) return;
    const hold = budgets?.take(payment.asks, { reserve: more, account: this });
    if (hold !== undefined) payment.hold(hold, more);
  }

  /** Whether an attempt has come to more than was set aside. */
  isOver({ payment }: AttemptTrace, usage: Usage): boolean {
    return payment !== undefined &&
      (payment.costOf(usage) ?? 0) > payment.reserved;
  }

  /** What the request costs with this usage of its answer, for a header: micro-dollars. */
  costWith({ payment, usage }: AttemptTrace): string | undefined {
    const cost = usage && payment?.costOf(usage);
    const before = this.#spent;
    return cost === undefined || before === undefined
      ? undefined
      : String((cost + before) / PICO_IN_MICRO);
  }

  /** Settles an attempt. */
  ended(trace: AttemptTrace, how: PaymentEnd): void {
    const { payment, usage } = trace;
    if (payment === undefined) return;
    trace.payment = undefined;
    // The table may have come meanwhile.
    payment.priced ??= this.#accounts.priceOf(trace.candidate);
    this.#findServed(trace, payment);
    const end = payment.end(trace, how);
    trace.booked = end.usage;
    payment.settle(end.cost ?? 0);
    this.#hasEnded = true;
    this.#spent = this.#spent === undefined || end.cost === undefined
      ? undefined
      : this.#spent + end.cost;
    if (payment.place !== undefined) this.#entry?.ended(payment.place, end);
    if (usage !== undefined) {
      const problems = usageProblems(usage);
      if (problems.length > 0) this.#problems = problems;
    }
    this.#accounts.compare(trace.candidate, { priced: payment.priced, end });
  }

  /** Resolves when the ledger has what is known for good; `undefined` where there is nothing to wait for. */
  secured(): Promise<void> | undefined {
    return this.#begin()?.secured();
  }

  /** The same at once, before something is delivered that no attempt was made for. */
  secure(): void {
    this.#begin()?.secure();
  }

  /** Ends it: its row waits to be written. */
  settle(): void {
    const record = this.#record;
    const cost = this.#spent;
    if (this.#hasEnded && cost !== undefined) record.costUsd = cost / PICO;
    this.#begin()?.settle({
      status: record.status,
      error: record.error?.code.slice(0, MAX_NAME),
      durationMs: Math.round(record.durationMs),
      cache: record.cache,
      problems: this.#problems,
    });
  }

  /** The model that has answered, where the route names none: one that has a price, as answers may name any. */
  #findServed(
    { servedModel: model, candidate: { provider } }: AttemptTrace,
    payment: Payment,
  ): void {
    if (model === undefined || payment.priced !== undefined) return;
    payment.priced = this.#accounts.priceOf({ provider, model });
    payment.served = payment.priced && model.slice(0, MAX_NAME);
  }

  /** What an attempt may cost at most; `undefined` where nobody knows. */
  #reserve(
    trace: AttemptTrace,
    { model, body, request }: {
      readonly model: string;
      readonly body: string;
      readonly request: { readonly body?: unknown };
    },
  ): number | undefined {
    const passed = this.#passed;
    if (passed?.isFree) return 0;
    if (passed?.isUnbounded) return undefined;
    const isKnown = trace.payment?.priced !== undefined &&
      passed?.model !== undefined;
    if (passed !== undefined && !isKnown) return this.#accounts.passReserve;
    return this.#accounts.boundOf(trace, {
      model,
      body,
      bytes: passed === undefined ? bytesOf(request.body) : undefined,
      outputTokens: this.#outputTokens,
      choices: this.#choices,
    });
  }

  #note(trace: AttemptTrace, reserved: number): undefined {
    const entry = this.#begin();
    const { payment, candidate: { provider } } = trace;
    if (entry === undefined || payment === undefined) return;
    const passed = payment.priced && this.#passed?.model;
    const model = passed ?? trace.candidate.model;
    const terms = payment.priced?.price.terms;
    const intent: LedgerIntent = {
      provider: provider.name,
      model: model.slice(0, MAX_NAME),
      reserved,
      price: terms && { source: terms.source, version: terms.version },
      charges: payment.charges,
    };
    payment.place = entry.attempt(intent);
  }

  #begin(): LedgerEntry | undefined {
    const { ledger } = this.#accounts;
    if (this.#entry !== undefined || ledger === undefined) return this.#entry;
    const { id, route, requestedModel, startedAt } = this.#record;
    const { key, user, team, organisation } = this.subject;
    return this.#entry = ledger.begin({
      id,
      at: Math.round(performance.timeOrigin + startedAt),
      route,
      key,
      user,
      team,
      organisation,
      model: requestedModel?.slice(0, MAX_NAME),
    });
  }
}

/** The size of a body that comes piece by piece, where that is known. */
function bytesOf(body: unknown): number | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  return "length" in body && typeof body.length === "number"
    ? body.length
    : Infinity;
}
