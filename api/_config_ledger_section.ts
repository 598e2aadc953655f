import * as z from "@zod/zod";
import { address, count, line, secret, share } from "./_config_values.ts";

/** `ledger` */
export const ledger = z.strictObject({
  enabled: z.boolean().optional().describe(
    "Whether every request gets a row; by default where the state is not in memory.",
  ),
  // As long as invoices are argued about.
  retention_days: count(1, 3650).default(90)
    .describe("Days that a row is kept; the sums of days ten times as long."),
  journal: line(1024).optional().describe(
    "A directory on a local disk for rows that wait; by default that of the state.",
  ),
  price_table: z.boolean().default(true).describe(
    "Whether models without prices of their own cost what the built-in table says.",
  ),
  pass_through_reserve: z.number().min(0).max(1_000).default(0.01).describe(
    "US dollars that a request to /p/ sets aside in budgets whose cost nothing bounds, and is charged where its answer tells none.",
  ),
}).prefault({}).describe("What every request cost, a row each.");

const budget = z.strictObject({
  name: line(64).describe("What refusals, logs and metrics call it."),
  per: z.enum([
    "all",
    "organisation",
    "team",
    "user",
    "key",
    "route",
    "model",
    "provider",
  ]).describe("Whose spending it bounds."),
  of: line(256).default("*").describe(
    "The one that it is for: a name; * for each one's own.",
  ),
  limit: z.number().positive().max(1_000_000_000)
    .describe("US dollars in a period."),
  period: z.enum(["hour", "day", "week", "month", "total"]).describe(
    "When it begins anew, in UTC; a week on Monday.",
  ),
  warn_at: z.array(share()).max(10).default([0.8]).describe(
    "Shares of it at which a warning is given.",
  ),
  hard: z.boolean().default(true)
    .describe("Whether requests beyond it are refused."),
});

/** `budgets` */
export const budgets = z.array(budget).max(1000).default([])
  .describe("What may be spent; a request needs room in all that fit it.");

/** `budget_alerts` */
export const budgetAlerts = z.strictObject({
  url: address().describe("Where warnings are posted, as JSON."),
  secret: secret(16).describe(
    "Signs them: HMAC-SHA256 of time and body, in x-llm-proxy-signature.",
  ),
}).optional().describe("A webhook for warnings of budgets.");
