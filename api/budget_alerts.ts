import type { BudgetWarning } from "@llm-proxy/context";
import { wait } from "@llm-proxy/core";
import type { Logger } from "@llm-proxy/logging";
import type { BudgetAlertsConfig } from "./config_types_ledger.ts";
import { postFault, Webhook } from "./webhook.ts";

/** How often a warning is posted at most, and how long one try may take, in ms. */
const MAX_TRIES = 5;
const TIMEOUT_MS = 10_000;
/** The wait before the second try, in ms; it doubles. */
const FIRST_WAIT_MS = 1_000;
/** So many warnings are under way; further ones are in the log alone. */
const MAX_WAITING = 100;

/** What {@linkcode BudgetAlerts} may be given. */
export interface BudgetAlertsOptions {
  /** The wait before the second try, in ms; it doubles. @default {1_000} */
  readonly firstWaitMs?: number;
}

/**
 * Posts warnings of budgets to a webhook, signed, and again where it fails.
 *
 * Each warning has an `id`, by which one that comes twice is known.
 */
export class BudgetAlerts {
  #config: BudgetAlertsConfig;
  #webhook: Webhook;
  readonly #logger: Logger;
  readonly #firstWaitMs: number;
  readonly #closing = new AbortController();
  #waiting = 0;

  constructor(
    config: BudgetAlertsConfig,
    logger: Logger,
    options: BudgetAlertsOptions = {},
  ) {
    this.#config = config;
    this.#webhook = new Webhook(config.url);
    this.#logger = logger;
    this.#firstWaitMs = options.firstWaitMs ?? FIRST_WAIT_MS;
  }

  /** Posts a warning, in the background. */
  send(warning: BudgetWarning): void {
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting++;
    void this.#post(warning).finally(() => this.#waiting--);
  }

  /** Goes by another config from now on: what is under way is tried there. */
  adopt(config: BudgetAlertsConfig): void {
    this.#config = config;
    if (config.url === this.#webhook.url) return;
    this.#webhook.close();
    this.#webhook = new Webhook(config.url);
  }

  /** Tries no more. */
  close(): void {
    this.#closing.abort();
    this.#webhook.close();
  }

  async #post({ resetAt, ...warning }: BudgetWarning): Promise<void> {
    const body = JSON.stringify({
      type: "budget.warning",
      id: crypto.randomUUID(),
      budget: warning.budget,
      subject: warning.subject,
      share: warning.share,
      spent_usd: warning.spentUsd,
      limit_usd: warning.limitUsd,
      reset_at: Number.isFinite(resetAt)
        ? new Date(resetAt).toISOString()
        : null,
    });
    let delay = this.#firstWaitMs;
    for (let tries = 1;; tries++) {
      const fault = await this.#try(body);
      if (fault === undefined || this.#closing.signal.aborted) return;
      if (tries >= MAX_TRIES) {
        this.#logger.error("a warning of a budget was not taken", { ...fault });
        return;
      }
      const isWaited = await wait(delay, this.#closing.signal)
        .then(() => true, () => false);
      if (!isWaited) return;
      delay *= 2;
    }
  }

  /** What went wrong; nothing where the warning was taken. */
  async #try(
    body: string,
  ): Promise<{ status?: number; reason?: string } | undefined> {
    try {
      const { status } = await this.#webhook.post({
        secret: this.#config.secret,
        body,
        signal: AbortSignal.any([
          this.#closing.signal,
          AbortSignal.timeout(TIMEOUT_MS),
        ]),
      });
      return status >= 200 && status < 300 ? undefined : { status };
    } catch (error) {
      return { reason: postFault(error) };
    }
  }
}
