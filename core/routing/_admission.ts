import type { BreakerPermit } from "../breaker_permit.ts";
import type { Breakers } from "./breakers.ts";
import type { Bulkheads } from "./bulkheads.ts";
import type { ConcurrencySlot } from "./concurrency_slot.ts";
import type { DeploymentState } from "./deployment_state.ts";
import type { DeploymentStates } from "./deployment_states.ts";
import type { Flight } from "./flight.ts";
import type { RateLimitLease } from "../rate_limit_lease.ts";
import type { ProviderLimits } from "./provider_limits.ts";
import type { RouteRequest } from "./route_request.ts";
import type { Candidate } from "./route.ts";

/** Leave to make an attempt: all that must be given back when it has ended. */
export interface Admission {
  readonly candidate: Candidate;
  readonly state: DeploymentState;
  readonly flight: Flight;
  readonly permit: BreakerPermit | undefined;
  readonly slot: ConcurrencySlot | undefined;
  readonly lease: RateLimitLease | undefined;
}

/** Who has to agree to an attempt. */
export interface Gatekeepers {
  readonly states: DeploymentStates;
  readonly breakers: Breakers;
  readonly bulkheads: Bulkheads;
  readonly limits: ProviderLimits | undefined;
  readonly request: RouteRequest;
}

/** Admits an attempt where that is possible at once. */
export function tryAdmit(
  candidate: Candidate,
  gatekeepers: Gatekeepers,
): Admission | undefined {
  const { deployment } = candidate;
  const limit = gatekeepers.bulkheads.of(deployment);
  if (limit === undefined) return admit(candidate, gatekeepers);
  const slot = limit.tryAcquire();
  return slot && admit(candidate, gatekeepers, { slot });
}

/** Admits an attempt when one of the deployment's slots is free, which may take a moment. */
export async function admitLater(
  candidate: Candidate,
  gatekeepers: Gatekeepers & { readonly signal: AbortSignal },
): Promise<Admission | undefined> {
  const limit = gatekeepers.bulkheads.of(candidate.deployment);
  const slot = await limit?.acquire(gatekeepers.signal);
  return admit(candidate, gatekeepers, { slot });
}

/** Admits an attempt because there is nowhere else to go: a breaker may let a probe through early. */
export function admitLastResort(
  candidate: Candidate,
  gatekeepers: Gatekeepers,
): Admission | undefined {
  const { bulkheads, breakers } = gatekeepers;
  const limit = bulkheads.of(candidate.deployment);
  const slot = limit?.tryAcquire();
  if (limit !== undefined && slot === undefined) return undefined;
  const breaker = breakers.of(candidate.deployment);
  const permit = breaker?.tryAcquire() ?? breaker?.tryLastResort();
  return admit(candidate, gatekeepers, { slot, permit });
}

function admit(
  candidate: Candidate,
  { states, breakers, limits, request }: Gatekeepers,
  { slot, permit }: {
    readonly slot?: ConcurrencySlot | undefined;
    readonly permit?: BreakerPermit | undefined;
  } = {},
): Admission | undefined {
  const { deployment } = candidate;
  const breaker = breakers.of(deployment);
  permit ??= breaker?.tryAcquire();
  if (breaker !== undefined && permit === undefined) {
    slot?.release();
    return undefined;
  }
  const lease = limits?.take(deployment, request);
  if (lease === "full") {
    permit?.release();
    slot?.release();
    return undefined;
  }
  const state = states.of(deployment);
  return { candidate, state, flight: state.start(), permit, slot, lease };
}
