import { createHash } from "node:crypto";
import type { StateKey } from "./state_store.ts";

/** The first parts of the keys that the ledger writes. */
export const PAGES = "ledger_page";
export const LEDGER = "ledger";
export const USAGE = "usage";
const SPEND = "spend";

const DAY_MS = 86_400_000;
/** Names that are longer, or not plain, end in a hash: callers choose some of them. */
const PLAIN = /^[\x20-\x7e]{0,64}$/;

/** The day that was asked for last: rows of one come in thousands. */
let lastDay = "";
let lastStart = NaN;

/** The day of a time, in UTC: `2026-11-23`. */
export function dayOf(at: number): string {
  if (at >= lastStart && at < lastStart + DAY_MS) return lastDay;
  const day = new Date(at).toISOString().slice(0, 10);
  lastDay = day;
  lastStart = Math.floor(at / DAY_MS) * DAY_MS;
  return day;
}

/** The name under which money is counted in a window of a budget. */
export function spendKey(
  [budget, subject, window]: readonly [string, string, string],
): StateKey {
  return [SPEND, partOf(budget), partOf(subject), window];
}

/** A name as a part of a key, of at most 64 bytes. */
export function partOf(name: string): string {
  if (PLAIN.test(name)) return name;
  const digest = createHash("sha256").update(name).digest("hex");
  return `${name.slice(0, 30).replace(/[^\x20-\x7e]/g, "?")}~${
    digest.slice(0, 32)
  }`;
}
