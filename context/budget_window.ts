/** When a budget begins anew, in UTC. */
export type BudgetPeriod = "hour" | "day" | "week" | "month" | "total";

/** A stretch of time that a budget is for. */
export interface BudgetWindow {
  /** Its name, which sorts by time: `2026-11-23T14`, `2026-11-23`, `2026-11-23/7`, `2026-11`, `total`. */
  readonly name: string;
  /** When it ends, in ms since 1970; Infinity where it does not. */
  readonly end: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The window that a time is in. Weeks begin on Monday.
 *
 * @example A week
 * ```ts
 * import { budgetWindow } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const { name, end } = budgetWindow("week", Date.parse("2026-11-29T23:59:59Z"));
 * assertEquals(name, "2026-11-23/7");
 * assertEquals(new Date(end).toISOString(), "2026-11-30T00:00:00.000Z");
 * ```
 */
export function budgetWindow(period: BudgetPeriod, at: number): BudgetWindow {
  if (period === "total") return { name: "total", end: Infinity };
  if (period === "hour") {
    const start = Math.floor(at / HOUR_MS) * HOUR_MS;
    const name = new Date(start).toISOString().slice(0, 13);
    return { name, end: start + HOUR_MS };
  }
  const day = Math.floor(at / DAY_MS) * DAY_MS;
  const date = new Date(day);
  if (period === "day") {
    return { name: date.toISOString().slice(0, 10), end: day + DAY_MS };
  }
  if (period === "week") {
    const start = day - (date.getUTCDay() + 6) % 7 * DAY_MS;
    const name = `${new Date(start).toISOString().slice(0, 10)}/7`;
    return { name, end: start + 7 * DAY_MS };
  }
  const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  return { name: date.toISOString().slice(0, 7), end };
}
