import { spendKey } from "./_ledger_keys.ts";
import { moneyAt } from "./ledger_report.ts";
import type { LedgerCharge } from "./ledger_row.ts";
import { StateError } from "./state_error.ts";
import type { StateKey, StateStore } from "./state_store.ts";

/** What a process asks of a budget's window; amounts in nano-dollars. */
export interface LeaseAsk {
  readonly charge: LedgerCharge;
  /** What the whole window has. */
  readonly limit: number;
  /** What the process has set aside, or has spent and the store does not know of yet. */
  readonly used: number;
  /** How much more it wants; part of it is welcome. */
  readonly more: number;
  /** Who asks. */
  readonly owner: string;
  readonly now: number;
  /** How long the lease holds, in ms. */
  readonly ttlMs: number;
  /** When the window ends, in ms since 1970. */
  readonly end: number;
}

/** What a process may spend of a budget's window; amounts in nano-dollars. */
export interface LeaseGrant {
  /** What was spent, as far as the store knows. */
  readonly spent: number;
  /** What the process may have set aside and unknown to the store, together. */
  readonly granted: number;
}

/** The leases of a window: what each process may spend, and until when. */
type Leases = Readonly<Record<string, readonly [nano: number, until: number]>>;

const MAX_TRIES = 20;
const PICO_IN_NANO = 1_000;

/**
 * Asks a store for a share of what is left. What another process has leased is
 * not left; what it has spent is, at most once too often, counted twice.
 *
 * @throws {StateError} when the store is out of reach.
 */
export async function leaseBudget(
  store: StateStore,
  ask: LeaseAsk,
): Promise<LeaseGrant> {
  const { charge, limit, used, more, owner, now, ttlMs } = ask;
  const spend = spendKey(charge);
  const key: StateKey = ["budget", ...spend.slice(1)];
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    // The leases first: whoever spends in between has leased it.
    const entry = await store.get<Leases>(key);
    const spent = nanoOf(Number(await moneyAt(store, spend)));
    const others = Object.entries(entry?.value ?? {})
      .filter(([name, [, until]]) => name !== owner && until > now);
    const leased = others.reduce((sum, [, [nano]]) => sum + nano, 0);
    const free = limit - spent - leased;
    const granted = Math.max(0, Math.min(free, used + more));
    const value: Leases = {
      ...Object.fromEntries(others),
      [owner]: [Math.max(granted, used), now + ttlMs],
    };
    const { ok } = await store.commit({
      checks: [{ key, version: entry?.version ?? null }],
      writes: [{
        type: "set",
        key,
        value,
        deadline: Number.isFinite(ask.end) ? ask.end + ttlMs : undefined,
      }],
    });
    if (ok) return { spent, granted };
    await new Promise((resolve) => setTimeout(resolve, Math.random() * tries));
  }
  throw new StateError("contended", "A budget is changed by too many at once");
}

/** Pico-dollars in nano-dollars, rounded up. */
export function nanoOf(pico: number): number {
  return Math.ceil(pico / PICO_IN_NANO);
}
