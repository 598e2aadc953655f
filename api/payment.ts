import {
  type BudgetAsk,
  type BudgetHold,
  costOf,
  type LedgerAttemptEnd,
  type LedgerPrice,
  type LedgerUsage,
  picoDollars,
  type PricedModel,
} from "@llm-proxy/context";
import { GatewayError, type Usage } from "@llm-proxy/core";
import type { AttemptTrace } from "./attempt_trace.ts";

/** Letters of a JSON request, or of an answer's content, for each token that is supposed. */
const LETTERS_PER_TOKEN = 4;

/** Whose price it is where a provider's own word counts. */
const REPORTED = { source: "provider", version: "reported" } as const;
/** Whose it is where nobody tells a cost, and what was set aside is charged. */
const RESERVED = { source: "reserve", version: "untold" } as const;

const NOTHING: readonly never[] = [];
/** How much of a failure's code is kept: providers choose some of them. */
const MAX_CODE = 64;

/** How an attempt ended. */
export interface PaymentEnd {
  /** What it failed with; absent where it did not. */
  readonly error?: unknown;
  /** Whether it was given up once it was sent: the client left, or another attempt was quicker. */
  readonly wasLeft: boolean;
}

/** What one attempt costs: at the price of when it began. */
export class Payment {
  /** What it costs; absent where nobody knows. */
  priced: PricedModel | undefined;
  /** The model that has answered, where the route names none. */
  served: string | undefined;
  /** Whether what the provider charges by its own word counts before that. */
  readonly #trustsReport: boolean;
  /** How long the request is, in UTF-16 units. */
  readonly #letters: number;
  /** What is charged where nobody tells what it costs, in pico-dollars; `undefined` for nothing. */
  untold: number | undefined;
  /** Its place in the ledger. */
  place: number | undefined;
  /** What was set aside for it. */
  #hold: BudgetHold | undefined;
  /** How much that is, in pico-dollars; Infinity where it is all that there was. */
  #amount = 0;
  /** What was set aside later on, where it went on. */
  #more: readonly { readonly hold: BudgetHold; readonly amount: number }[] =
    NOTHING;
  /** The budgets that pay for it. */
  asks: readonly BudgetAsk[] = NOTHING;

  constructor({ priced, trustsReport, letters }: {
    readonly priced: PricedModel | undefined;
    readonly trustsReport: boolean;
    readonly letters: number;
  }) {
    this.priced = priced;
    this.#trustsReport = trustsReport;
    this.#letters = letters;
  }

  /** The windows that pay for it, for the ledger. */
  get charges(): BudgetHold["charges"] | undefined {
    return this.#hold?.charges;
  }

  /** What was set aside so far, in pico-dollars. */
  get reserved(): number {
    return this.#more.reduce((sum, { amount }) => sum + amount, this.#amount);
  }

  /** Notes that so much was set aside. */
  hold(hold: BudgetHold, amount: number = Infinity): void {
    if (this.#hold !== undefined) {
      this.#more = [...this.#more, { hold, amount }];
      return;
    }
    this.#hold = hold;
    this.#amount = amount;
  }

  /** Gives back what was set aside, but for what it did cost. */
  settle(cost: number): void {
    if (this.#more.length === 0) return this.#hold?.settle(cost);
    let rest = Math.max(0, cost - this.#amount);
    this.#hold?.settle(cost - rest);
    for (const { hold, amount } of this.#more) {
      const isLast = hold === this.#more.at(-1)?.hold;
      const part = isLast ? rest : Math.min(rest, amount);
      hold.settle(part);
      rest -= part;
    }
  }

  /**
   * How much more is to be set aside for what has come to this so far: nothing
   * as long as half a step is left.
   */
  dueFor(usage: Usage): number | undefined {
    const step = this.#amount;
    const cost = this.costOf(usage);
    if (this.#hold === undefined || cost === undefined) return undefined;
    const over = cost - this.reserved;
    return over <= -step / 2 ? undefined : step + Math.max(0, over);
  }

  /** What a usage costs, in pico-dollars; `undefined` where no price is known. */
  costOf(usage: Usage): number | undefined {
    const reported = usage.details?.cost;
    if (this.#trustsReport && reported !== undefined) {
      return Number(picoDollars(reported));
    }
    const price = this.priced?.price;
    return price && Number(costOf(usage, price));
  }

  /** What an attempt came to: by what its provider told, else by what was sent and has come. */
  end(
    trace: AttemptTrace,
    { error, wasLeft }: PaymentEnd,
  ): LedgerAttemptEnd {
    const told = trace.usage;
    // A report that stands still while content comes is one of the beginning.
    const usage = told !== undefined && (error === undefined || isWhole(told))
      ? told
      : this.#estimate(trace, { wasLeft, told });
    // What was not answered is not charged; what was, nobody knows.
    const isFree = usage === undefined &&
      (error !== undefined || trace.isFree || (trace.status ?? 0) >= 300);
    const cost = isFree ? 0 : usage && this.costOf(usage);
    const isUntold = cost === undefined && this.untold !== undefined;
    const reported = usage?.details?.cost;
    return {
      outcome: outcomeOf(error),
      model: this.served,
      price: isUntold ? RESERVED : usage && this.#priceOf(reported),
      usage: usage && countsOf(usage, usage !== told),
      cost: isUntold ? this.untold : cost,
      reported: reported === undefined
        ? undefined
        : Number(picoDollars(reported)),
    };

    function isWhole({ output }: Usage): boolean {
      return output >= trace.progress;
    }
  }

  /** Who says what it costs. */
  #priceOf(reported: number | undefined): LedgerPrice | undefined {
    if (this.#trustsReport && reported !== undefined) return REPORTED;
    const terms = this.priced?.price.terms;
    return terms && { source: terms.source, version: terms.version };
  }

  /** Nothing where nothing has come, and nobody but the provider ended it. */
  #estimate(
    { progress, letters, isFree }: AttemptTrace,
    { wasLeft, told }: {
      readonly wasLeft: boolean;
      readonly told: Usage | undefined;
    },
  ): Usage | undefined {
    const hasCome = told !== undefined || progress > 0 || letters > 0;
    if (isFree || !hasCome && !wasLeft) return undefined;
    const input = told?.input ?? Math.ceil(this.#letters / LETTERS_PER_TOKEN);
    const output = Math.max(
      told?.output ?? 0,
      progress,
      Math.ceil(letters / LETTERS_PER_TOKEN),
    );
    return {
      cached: 0,
      cacheWrite: 0,
      cacheWrite1h: 0,
      reasoning: 0,
      ...told,
      input,
      output,
      total: input + output,
    };
  }
}

function outcomeOf(error: unknown): string {
  if (error === undefined) return "ok";
  return error instanceof GatewayError
    ? error.code.slice(0, MAX_CODE)
    : "internal_error";
}

function countsOf(usage: Usage, isEstimated: boolean): LedgerUsage {
  const { input, cached, cacheWrite, output, reasoning } = usage;
  return isEstimated
    ? { input, cached, cacheWrite, output, reasoning, isEstimated }
    : { input, cached, cacheWrite, output, reasoning };
}
