import type { RetryBudget } from "../retry_budget.ts";
import type { RetryPolicyOptions } from "../retry_policy.ts";
import type { Gatekeepers } from "./_admission.ts";
import type { Cooldowns } from "./cooldowns.ts";
import type { Hedges } from "./hedges.ts";
import type { LiveContext } from "./_live_context.ts";

/** What runs are made with. */
export interface FailoverParts extends Gatekeepers {
  readonly context: LiveContext;
  readonly cooldowns: Cooldowns;
  readonly budget: RetryBudget;
  readonly hedges: Hedges;
  readonly retry: RetryPolicyOptions | undefined;
  readonly now: () => number;
}
