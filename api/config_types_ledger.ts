import type { BudgetPeriod } from "@llm-proxy/context";

/**
 * What every request cost, a row each.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type LedgerConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const ledger: LedgerConfig = defaultConfig().ledger;
 * assertEquals(ledger.retention_days, 90);
 * ```
 */
export interface LedgerConfig {
  /** Whether every request gets a row. @default {where the state is not in memory} */
  readonly enabled?: boolean | undefined;
  /** Days that a row is kept; the sums of days ten times as long. @default {90} */
  readonly retention_days: number;
  /** A directory on a local disk for rows that wait. @default {that of the state} */
  readonly journal?: string | undefined;
  /** Whether models without prices of their own cost what the built-in table says. @default {true} */
  readonly price_table: boolean;
  /**
   * US dollars that a request to `/p/` sets aside in budgets whose cost nothing
   * bounds, and that it is charged where its answer tells none. @default {0.01}
   */
  readonly pass_through_reserve: number;
}

/** Whose spending a budget bounds. */
export type BudgetLevel =
  | "all"
  | "organisation"
  | "team"
  | "user"
  | "key"
  | "route"
  | "model"
  | "provider";

/**
 * What may be spent.
 *
 * @example Each team's month
 * ```ts
 * import { type BudgetConfig, parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const text = `
 * providers: [{type: mock}]
 * budgets: [{name: teams, per: team, limit: 100, period: month}]
 * `;
 * const result = parseConfig(text, { file: "config.yaml", env: () => undefined });
 * assert(result.ok);
 * const budget: BudgetConfig | undefined = result.config.budgets[0];
 * assertEquals([budget?.of, budget?.warn_at], ["*", [0.8]]);
 * ```
 */
export interface BudgetConfig {
  /** What refusals, logs and metrics call it. */
  readonly name: string;
  /** Whose spending it bounds. */
  readonly per: BudgetLevel;
  /** The one that it is for: a name; `*` for each one's own. @default {"*"} */
  readonly of: string;
  /** US dollars in a period. */
  readonly limit: number;
  /** When it begins anew, in UTC; a week on Monday. */
  readonly period: BudgetPeriod;
  /** Shares of it at which a warning is given. @default {[0.8]} */
  readonly warn_at: readonly number[];
  /** Whether requests beyond it are refused. @default {true} */
  readonly hard: boolean;
}

/**
 * A webhook for warnings of budgets.
 *
 * @example Without one
 * ```ts
 * import { type BudgetAlertsConfig, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const alerts: BudgetAlertsConfig | undefined = defaultConfig().budget_alerts;
 * assertEquals(alerts, undefined);
 * ```
 */
export interface BudgetAlertsConfig {
  /** Where warnings are posted, as JSON. */
  readonly url: string;
  /** Signs them. */
  readonly secret: string;
}
