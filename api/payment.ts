import {
  type BudgetHold,
  costOf,
  type LedgerAttemptEnd,
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
  /** Whether what the provider charges by its own word counts before that. */
  readonly #trustsReport: boolean;
  /** How long the request is, in UTF-16 units. */
  readonly #letters: number;
  /** What is charged where nobody tells what it costs, in pico-dollars; `undefined` for nothing. */
  untold: number | undefined;
  /** Its place in the ledger. */
  place: number | undefined;
  /** What was set aside for it. */
  hold: BudgetHold | undefined;

  constructor({ priced, trustsReport, letters }: {
    readonly priced: PricedModel | undefined;
    readonly trustsReport: boolean;
    readonly letters: number;
  }) {
    this.priced = priced;
    this.#trustsReport = trustsReport;
    this.#letters = letters;
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
    const outcome = error === undefined
      ? "ok"
      : error instanceof GatewayError
      ? error.code.slice(0, MAX_CODE)
      : "internal_error";
    const told = trace.usage;
    // A report that stands still while content comes is one of the beginning.
    const usage = told !== undefined && (error === undefined || isWhole(told))
      ? told
      : this.#estimate(trace, { wasLeft, told });
    // What was not answered is not charged; what was, nobody knows.
    if (usage === undefined) {
      const isFree = error !== undefined || trace.isFree ||
        (trace.status ?? 0) >= 300;
      return isFree ? { outcome, cost: 0 } : { outcome, ...this.#reserved() };
    }
    const cost = this.costOf(usage);
    const reported = usage.details?.cost;
    const isTrusted = this.#trustsReport && reported !== undefined;
    const terms = this.priced?.price.terms;
    return {
      outcome,
      price: isTrusted
        ? REPORTED
        : terms && { source: terms.source, version: terms.version },
      usage: {
        ...countsOf(usage),
        ...(usage !== told && { isEstimated: true }),
      },
      cost,
      ...cost === undefined && this.#reserved(),
      ...(reported !== undefined && {
        reported: Number(picoDollars(reported)),
      }),
    };

    function isWhole({ output }: Usage): boolean {
      return output >= trace.progress;
    }
  }

  /** What was set aside, where that is charged. */
  #reserved(): Pick<LedgerAttemptEnd, "cost" | "price"> {
    const cost = this.untold;
    return cost === undefined ? {} : { cost, price: RESERVED };
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

function countsOf(usage: Usage): LedgerUsage {
  const { input, cached, cacheWrite, output, reasoning } = usage;
  return { input, cached, cacheWrite, output, reasoning };
}
