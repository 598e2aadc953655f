import { type Admission, tryAdmit } from "./_admission.ts";
import type { CandidateQueue } from "./_candidate_queue.ts";
import type { FailoverRun } from "./_failover_run.ts";
import type { HedgePolicy } from "./hedge_policy.ts";
import { estimateCost } from "./token_cost.ts";

/** How long the first attempt is waited for before there is a second, in ms; nothing where there will be none. */
export function hedgeDelay(
  { permit, state, flight }: Admission,
  policy: HedgePolicy | undefined,
): number | undefined {
  return policy === undefined || permit?.probe
    ? undefined
    : policy.delay(state[flight.kind]);
}

/**
 * Admits the second attempt at once, or not at all; then nothing is taken.
 * What it takes of the retry budget is not given back when it goes well, for
 * hedges do by nature.
 */
export function admitHedge(
  queue: CandidateQueue,
  run: Pick<FailoverRun, "parts" | "request">,
): Admission | undefined {
  const { hedges, budget } = run.parts;
  const policy = hedges.of(queue.first.route);
  if (policy === undefined) return undefined;
  for (const candidate of queue.waiting()) {
    const cost = estimateCost(run.request, candidate.deployment.prices) ?? 0;
    // Another may cost less.
    if (!policy.withdraw(cost)) continue;
    const giveBack = budget.withdraw();
    const admission = giveBack && tryAdmit(candidate, run);
    if (admission !== undefined) {
      queue.take(candidate);
      return admission;
    }
    policy.giveBack(cost);
    giveBack?.();
  }
  return undefined;
}
