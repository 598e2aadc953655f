import {
  costOf,
  Ledger,
  type LedgerAlarm,
  type LedgerAttemptEnd,
  PriceBook,
  type PricedModel,
  ratesFor,
} from "@llm-proxy/context";
import type { OpenStateStore } from "@llm-proxy/context";
import type { Provider } from "@llm-proxy/core";
import type { Destination } from "@llm-proxy/core/routing";
import type { Logger } from "@llm-proxy/logging";
import { Buffer } from "node:buffer";
import type { AttemptTrace } from "./attempt_trace.ts";
import { BudgetAlerts } from "./budget_alerts.ts";
import { Budgets } from "./budgets.ts";
import type { Config } from "./config_types.ts";
import type { LedgerConfig } from "./config_types_ledger.ts";
import { setConfigPrices } from "./_model_prices.ts";
import { type AccountedRecord, RequestAccount } from "./request_account.ts";
import { OWNER, type Subject } from "./subject.ts";

/** What {@linkcode Accounts} are kept with. */
export interface AccountsOptions {
  readonly logger: Logger;
  readonly state: OpenStateStore;
  /** A directory for what must survive the process at once. */
  readonly directory?: string | undefined;
  /** Told of each request that a budget refused. */
  readonly onRefusal: (budget: string) => void;
}

const PICO = 1_000_000_000_000;
const DAY_MS = 86_400_000;
/** How loud each alarm of the ledger is. */
const LEVELS = {
  journal: "error",
  store: "error",
  dropped: "error",
  recovered: "warn",
} as const satisfies Record<LedgerAlarm["type"], "warn" | "error">;
/** By how much a provider's own word may differ from prices before it is told. */
const TOLERANCE = 0.01;
/** Pico-dollars that are not worth a word: a micro-dollar. */
const LEAST = 1_000_000;
/** Of so many deployments it is told at most. */
const MAX_TOLD = 1_000;

/** What requests cost: prices, budgets and the ledger. */
export class Accounts {
  /** What models cost. */
  readonly prices: PriceBook;
  readonly #options: AccountsOptions;
  #ledger: Ledger | undefined;
  #ledgerConfig: LedgerConfig | undefined;
  #budgets: Budgets | undefined;
  #alerts: BudgetAlerts | undefined;
  /** The most tokens that models answer with, by `provider/model`. */
  #outputs: ReadonlyMap<string, number> = new Map();
  /** What a pass-through of unknown cost sets aside, in pico-dollars. */
  #passReserve = 0;
  /** The providers whose own word counts. */
  #trusted: ReadonlySet<string> = new Set();
  /** Deployments of which it was told that prices differ from what is charged, or are unknown. */
  readonly #told = new Set<string>();

  /** Knows no prices, and nothing to be spent, until a config is adopted. */
  constructor(options: AccountsOptions) {
    const { logger } = options;
    this.#options = options;
    this.prices = new PriceBook({
      onFailure: (cause) =>
        logger.error("the price table is of no use", { cause }),
    });
  }

  /** Goes by another config from now on: by its prices and budgets. */
  adopt(config: Config): void {
    const { logger } = this.#options;
    this.prices.clear({ usesTable: config.ledger.price_table });
    setConfigPrices(this.prices, config);
    this.#trusted = new Set(
      config.providers.filter(({ type, cost }) =>
        (cost ?? (type === "openrouter" ? "reported" : "prices")) === "reported"
      ).map(({ name }) => name),
    );
    this.#outputs = new Map(
      config.providers.flatMap(({ name, models = [] }) =>
        models.flatMap(({ name: model, max_output_tokens: most }) =>
          most === undefined ? [] : [[`${name}/${model}`, most] as const]
        )
      ),
    );
    this.#passReserve = config.ledger.pass_through_reserve * PICO;
    const { budget_alerts: alerts } = config;
    if (alerts === undefined) {
      this.#alerts?.close();
      this.#alerts = undefined;
    } else if (this.#alerts === undefined) {
      this.#alerts = new BudgetAlerts(alerts, logger);
    } else this.#alerts.adopt(alerts);
    if (config.budgets.length > 0) this.#openBudgets();
    this.#budgets?.adopt(config.budgets);
    this.#ledgerConfig = config.ledger;
    this.#ledger ??= this.#openLedger(config.ledger);
  }

  /** A row for every request; absent where none is wanted. */
  get ledger(): Ledger | undefined {
    return this.#ledger;
  }

  /** What may be spent; absent where there are none. */
  get budgets(): Budgets | undefined {
    return this.#budgets;
  }

  /** Begins the account of a request, by default on its own caller. */
  begin(
    record: AccountedRecord,
    subject: Subject = record.access?.subject ?? OWNER,
  ): RequestAccount {
    // The first key that has one.
    if (subject.budget !== undefined && this.#budgets === undefined) {
      this.#openBudgets();
      this.#ledger ??= this.#openLedger(this.#ledgerConfig);
    }
    return new RequestAccount(this, { record, subject });
  }

  /** What a deployment costs, as far as that is known at once. */
  priceOf({ provider, model }: Destination): PricedModel | undefined {
    return this.prices.find({
      provider: provider.name,
      address: provider.baseUrl,
      model,
    });
  }

  /** Loads the price table where one of these providers may be in it. */
  async warm(providers: readonly Provider[]): Promise<void> {
    const isBilled = providers.some(({ baseUrl }) =>
      baseUrl.startsWith("https:")
    );
    if (isBilled) await this.prices.load();
  }

  /** What a pass-through of unknown cost sets aside, in pico-dollars. */
  get passReserve(): number {
    return this.#passReserve;
  }

  /** Whether what a provider charges by its own word counts before prices. */
  trustsReport(provider: string): boolean {
    return this.#trusted.has(provider);
  }

  /**
   * What an attempt may cost at most, in pico-dollars; `undefined` where nobody
   * knows, and nothing where it has no price. A token has a byte at least, so that there are no more of the input
   * than bytes; what a model fetches, and tools that it uses, are not bounded.
   */
  boundOf(
    { candidate, payment }: AttemptTrace,
    { model, body, bytes, outputTokens, choices = 1 }: {
      /** The one that is asked. */
      readonly model: string;
      readonly body: string;
      /** Its size, where it is not at hand. */
      readonly bytes?: number | undefined;
      /** Of one answer. */
      readonly outputTokens: number | undefined;
      readonly choices?: number | undefined;
    },
  ): number | undefined {
    const { provider, deployment } = candidate;
    const priced = payment?.priced;
    if (priced === undefined) return 0;
    const window = Math.min(
      deployment.contextWindow,
      priced.contextWindow ?? Infinity,
    );
    const input = Math.min(window, bytes ?? Buffer.byteLength(body));
    const output = choices * (outputTokens ??
      this.#outputs.get(`${provider.name}/${model}`) ?? window);
    if (!Number.isFinite(input + output)) return undefined;
    const { price } = priced;
    const rates = ratesFor(price, input);
    const isWritten = rates.cacheWrite1h > rates.input ||
      rates.cacheWrite > rates.input;
    return Number(costOf({
      input,
      output,
      // Written to the cache it would cost more.
      ...(isWritten && body.includes(`"cache_control"`) && {
        cacheWrite: input,
        cacheWrite1h: rates.cacheWrite1h > rates.cacheWrite ? input : 0,
      }),
    }, price));
  }

  /** Tells the operator, once for each deployment, where prices differ from what is charged. */
  compare(
    { deployment: { id } }: AttemptTrace["candidate"],
    { priced, end: { cost, reported, usage } }: {
      readonly priced: PricedModel | undefined;
      readonly end: LedgerAttemptEnd;
    },
  ): void {
    if (this.#told.size >= MAX_TOLD || this.#told.has(id)) return;
    const isUnpriced = usage !== undefined && cost === undefined;
    const isOff = reported !== undefined && cost !== undefined &&
      Math.abs(reported - cost) > Math.max(LEAST, TOLERANCE * reported);
    if (!isOff && !(isUnpriced && this.budgets !== undefined)) return;
    this.#told.add(id);
    this.#options.logger.warn(
      isOff
        ? "a provider charges something else than its price"
        : "a model has no price, so budgets do not count it",
      {
        deployment: id,
        cost_usd: cost === undefined ? undefined : cost / 1e12,
        reported_usd: reported === undefined ? undefined : reported / 1e12,
        price_source: priced?.price.terms.source,
        price_version: priced?.price.terms.version,
      },
    );
  }

  /** Writes what waits, and ends. */
  async close(): Promise<void> {
    await this.ledger?.close();
    this.budgets?.close();
    this.#alerts?.close();
  }

  #openBudgets(): void {
    const { logger, state, onRefusal } = this.#options;
    this.#budgets ??= new Budgets({
      store: state,
      isOpening: () => state.status.mode === "opening",
      logger,
      onWarning: (warning) => this.#alerts?.send(warning),
      onRefusal,
    });
  }

  #openLedger(ledger: LedgerConfig | undefined): Ledger | undefined {
    if (ledger === undefined) return undefined;
    const { state, directory, logger } = this.#options;
    const keepRows = ledger.enabled ?? directory !== undefined;
    if (!keepRows && this.budgets === undefined) return undefined;
    const opened = new Ledger({
      store: state,
      directory: ledger.journal ?? directory,
      retentionMs: ledger.retention_days * DAY_MS,
      keepRows,
      onWritten: (rows) => this.budgets?.reported(rows),
      onAlarm: ({ type, ...fields }) =>
        logger[LEVELS[type]](`ledger ${type}`, fields),
    });
    void opened.recover();
    return opened;
  }
}
