import {
  type BudgetAsk,
  BudgetBook,
  type BudgetHold,
  type BudgetRefusal,
  type BudgetWarning,
  type LedgerRow,
  type StateStore,
} from "@llm-proxy/context";
import { GatewayError } from "@llm-proxy/core";
import type { Logger } from "@llm-proxy/logging";
import { BriefWait } from "./_brief_wait.ts";
import type { KeyBudget } from "./config_types_keys.ts";
import type { BudgetConfig, BudgetLevel } from "./config_types_ledger.ts";
import type { RequestAccount } from "./request_account.ts";
import type { Subject } from "./subject.ts";

/** What the budgets of a request go by. */
export interface BudgetPlace {
  readonly subject: Subject;
  readonly route: string;
  /** As `provider/model`. */
  readonly model: string;
  readonly provider: string;
}

/** How {@linkcode Budgets} are kept. */
export interface BudgetsOptions {
  readonly store: StateStore;
  /** Whether the store is being opened. */
  readonly isOpening: () => boolean;
  readonly logger: Logger;
  /** Told of each warning, besides the log. */
  readonly onWarning?: ((warning: BudgetWarning) => void) | undefined;
  /** Told of each request that is refused. */
  readonly onRefusal: (budget: string) => void;
}

/** So many warnings are told to callers at a time; all are in the log. */
const MAX_WARNED = 10_000;
/** How long a client waits that requests under way keep from its budget, in seconds. */
const BUSY_SECONDS = 1;
/** A day, in seconds: nobody waits longer for an answer. */
const MAX_WAIT_SECONDS = 86_400;

/** So many definitions of keys' budgets are remembered; further ones are made anew. */
const MAX_OWN = 50_000;
/** So many are shown. */
const MAX_DETAILS = 1_000;
/** What is less is nothing to speak of, in US dollars: a micro-dollar. */
const WORTH_TELLING = 0.000_001;
/** The share of its own budget at which a key is warned. */
const WARN_AT = 0.8;

/** The budgets of the config, and of single keys. */
export class Budgets {
  readonly #book: BudgetBook;
  readonly #wait = new BriefWait();
  #configs: readonly BudgetConfig[] = [];
  readonly #options: BudgetsOptions;
  /** Budgets of single keys, and how they were defined last. */
  readonly #own = new Map<string, string>();
  /** Budgets that have passed a share of their limit: told to those who spend from them. */
  readonly #warned = new Map<string, BudgetWarning>();

  /** Has none until a config is adopted. */
  constructor(options: BudgetsOptions) {
    this.#options = options;
    this.#book = new BudgetBook({
      store: options.store,
      onWarning: (warning) => this.#warn(warning),
    });
  }

  /** Goes by these from now on; what was spent stays spent. */
  adopt(configs: readonly BudgetConfig[]): void {
    this.#configs = configs;
    for (const { name, limit, period, hard, warn_at: warnAt } of configs) {
      this.#book.define({ name, limit, period, isHard: hard, warnAt });
    }
  }

  /** The budgets that a request at this place spends from. */
  asksOf(place: BudgetPlace): BudgetAsk[] {
    const asks: BudgetAsk[] = [];
    for (const { name, per, of } of this.#configs) {
      const subject = subjectAt(per, place);
      if (subject === undefined || of !== "*" && of !== subject) continue;
      asks.push({ budget: name, subject });
    }
    const { budget, key } = place.subject;
    if (budget !== undefined) {
      const name = `key ${key}`;
      this.#defineOwn(name, budget);
      asks.push({ budget: name, subject: "*" });
    }
    return asks;
  }

  /** Asks the store where what this process has leased is not enough. */
  prepare(
    asks: readonly BudgetAsk[],
    reserve: number | undefined,
  ): Promise<unknown> | undefined {
    const preparing = this.#book.prepare(asks, reserve);
    // A store that is opened at the start is worth waiting for.
    return preparing === undefined || this.#options.isOpening()
      ? preparing
      : this.#wait.for(preparing);
  }

  /**
   * Sets money aside in each budget.
   *
   * @param reserve In pico-dollars; `undefined` for all that is left, where nobody knows.
   * @throws {GatewayError} 429 `insufficient_quota`; 429 `budget_busy` where what
   * others have set aside may come back; 503 where the store is out of reach.
   */
  take(
    asks: readonly BudgetAsk[],
    { reserve, account }: {
      readonly reserve: number | undefined;
      readonly account: Pick<RequestAccount, "warnings">;
    },
  ): BudgetHold {
    const hold = this.#book.take(asks, reserve);
    if (!hold.ok) {
      this.#options.onRefusal(hold.budget);
      throw refusal(hold);
    }
    if (this.#warned.size > 0) {
      for (const ask of asks) this.#tell(ask, account);
    }
    return hold;
  }

  /** Is to be told of the rows that the ledger has written. */
  reported(rows: readonly LedgerRow[]): void {
    this.#book.reported(rows);
  }

  /** What is left of each, those with the least first; whose it is, nobody is shown. */
  views(): { readonly name: string; readonly leftUsd: number }[] {
    const least = new Map<string, number>();
    for (const { budget, leftUsd } of this.#book.views()) {
      least.set(budget, Math.min(leftUsd, least.get(budget) ?? Infinity));
    }
    return [...least].map(([name, leftUsd]) => ({ name, leftUsd }))
      .sort((a, b) => a.leftUsd - b.leftUsd);
  }

  /** The same with whose it is, for admins. */
  details(): { budget: string; subject: string; left_usd: number }[] {
    return Array.from(
      this.#book.views(),
      ({ budget, subject, leftUsd }) => ({
        budget,
        subject,
        left_usd: leftUsd,
      }),
    ).slice(0, MAX_DETAILS);
  }

  /** Keeps no lease any longer. */
  close(): void {
    this.#book.close();
  }

  #defineOwn(
    name: string,
    { limit, period, hard: isHard }: KeyBudget,
  ): void {
    const terms = `${limit} ${period} ${isHard}`;
    if (this.#own.get(name) === terms) return;
    if (this.#own.size >= MAX_OWN) this.#own.clear();
    this.#own.set(name, terms);
    this.#book.define({
      name,
      limit,
      period,
      ...(isHard !== undefined && { isHard }),
      warnAt: [WARN_AT],
    });
  }

  #warn(warning: BudgetWarning): void {
    const { budget, subject } = warning;
    if (this.#warned.size >= MAX_WARNED) this.#warned.clear();
    this.#warned.set(JSON.stringify([budget, subject]), warning);
    const { resetAt, ...fields } = warning;
    this.#options.logger.warn("a budget is running out", {
      ...fields,
      reset_at: resetAt === Infinity ? undefined : resetAt,
    });
    this.#options.onWarning?.(warning);
  }

  #tell(
    { budget, subject }: BudgetAsk,
    { warnings }: Pick<RequestAccount, "warnings">,
  ): void {
    const id = JSON.stringify([budget, subject]);
    const warning = this.#warned.get(id);
    if (warning === undefined) return;
    if (Date.now() >= warning.resetAt) this.#warned.delete(id);
    else warnings.push(`${JSON.stringify(budget)};used=${warning.share}`);
  }
}

/** Whose of a level's budgets it is; `undefined` where there is nobody. */
function subjectAt(
  per: BudgetLevel,
  { subject, route, model, provider }: BudgetPlace,
): string | undefined {
  switch (per) {
    case "all":
      return "*";
    case "route":
      return route;
    case "model":
      return model;
    case "provider":
      return provider;
    default:
      return subject[per];
  }
}

function refusal(
  { budget, subject, resetAt, leftUsd, reason }: BudgetRefusal,
): GatewayError {
  if (reason === "unknown") {
    return new GatewayError(
      "overloaded",
      `The budget '${budget}' cannot be looked up`,
      {
        code: "budget_unavailable",
        headers: { "retry-after": String(BUSY_SECONDS) },
      },
    );
  }
  const whose = subject === "*" ? "" : ` of '${subject}'`;
  if (reason === "busy") {
    return new GatewayError(
      "rate_limit",
      `What is left of the budget '${budget}'${whose} is set aside for requests under way`,
      {
        code: "budget_busy",
        headers: { "retry-after": String(BUSY_SECONDS) },
      },
    );
  }
  const seconds = Math.ceil((resetAt - Date.now()) / 1_000);
  const when = resetAt === Infinity
    ? "does not begin anew"
    : `begins anew at ${new Date(resetAt).toISOString()}`;
  // So much is worth a word: a shorter answer may fit.
  const state = leftUsd >= WORTH_TELLING
    ? `has ${dollars(leftUsd)} left, less than this request may cost`
    : "is used up";
  return new GatewayError(
    "rate_limit",
    `The budget '${budget}'${whose} ${state}: it ${when}`,
    {
      code: "insufficient_quota",
      headers: {
        // No client should try again and again until then.
        "x-should-retry": "false",
        ...(seconds <= MAX_WAIT_SECONDS && {
          "retry-after": String(Math.max(1, seconds)),
        }),
      },
    },
  );
}

/** An amount in US dollars, with as many digits as it takes. */
function dollars(amount: number): string {
  return `$${
    amount >= 0.01 ? amount.toFixed(2) : Number(amount.toPrecision(2))
  }`;
}
