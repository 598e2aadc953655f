import { LimitLeases } from "./_limit_leases.ts";
import { LimitReports } from "./_limit_reports.ts";
import { StoreCalls } from "./_store_calls.ts";
import { LeasedLimit } from "./leased_limit.ts";
import type { Limit } from "./rate_limit.ts";
import {
  type SharedLimitOptions,
  type SharedLimitSettings,
  sharedLimitSettings,
} from "./shared_limits.ts";

/** What the shared limits of a limiter have in common: the store and one timer. */
export class LimitHub {
  readonly #settings: SharedLimitSettings;
  readonly #calls: StoreCalls;
  readonly #leases: LimitLeases;
  readonly #reports: LimitReports;
  readonly #limits = new Set<LeasedLimit>();
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(options: SharedLimitOptions) {
    const settings = sharedLimitSettings(options);
    this.#settings = settings;
    this.#calls = new StoreCalls(settings);
    this.#leases = new LimitLeases(settings.store, this.#calls);
    this.#reports = new LimitReports(settings.store, this.#calls);
  }

  /** Makes the shared part of a limit. */
  share(limit: Limit, name: string, maxKeys: number): LeasedLimit {
    const shared = new LeasedLimit(limit, {
      name,
      maxKeys,
      settings: this.#settings,
      calls: this.#calls,
      leases: this.#leases,
      reports: this.#reports,
      wake: this.#wake,
    });
    this.#limits.add(shared);
    return shared;
  }

  /** Gives back what a limit holds, which goes. */
  drop(limit: LeasedLimit): void {
    limit.close();
    this.#limits.delete(limit);
    this.#wake();
  }

  /** Gives everything back; resolves when the store knows, or cannot be told. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#leases.close();
    for (const limit of this.#limits) limit.close();
    // What is on its way, and what was added since.
    await this.#reports.send();
    await this.#reports.send();
  }

  readonly #wake = (): void => {
    if (this.#isClosed || this.#cancel !== undefined) return;
    const { schedule, reportMs } = this.#settings;
    this.#cancel = schedule(this.#tick, reportMs);
  };

  readonly #tick = (): void => {
    this.#cancel = undefined;
    let isBusy = false;
    for (const limit of this.#limits) isBusy = limit.tick() || isBusy;
    if (this.#reports.size > 0) this.#reports.send();
    if (isBusy || this.#reports.size > 0) this.#wake();
  };
}
