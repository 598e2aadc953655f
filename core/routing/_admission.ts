import type { BreakerPermit } from "../breaker_permit.ts";
import type { RateLimitLease } from "../rate_limit_lease.ts";
import type { Breakers } from "./breakers.ts";
import type { Bulkheads } from "./bulkheads.ts";
import type { ConcurrencySlot } from "./concurrency_slot.ts";
import type { DeploymentState } from "./deployment_state.ts";
import type { DeploymentStates } from "./deployment_states.ts";
import type { Flight } from "./flight.ts";
import { answerKind } from "./latency.ts";
import type { ProviderLimits } from "./provider_limits.ts";
import type { Candidate } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";

/** Leave to make an attempt: all that must be given back when it has ended. */
export interface Admission {
  readonly candidate: Candidate;
  readonly state: DeploymentState;
  readonly flight: Flight;
  readonly permit: BreakerPermit | undefined;
  readonly slot: ConcurrencySlot | undefined;
  readonly lease: RateLimitLease | undefined;
}

/** Who has to agree to attempts. */
export interface Gatekeepers {
  readonly states: DeploymentStates;
  readonly breakers: Breakers;
  readonly bulkheads: Bulkheads;
  readonly limits: ProviderLimits | undefined;
}

/** What is asked for leave. */
export interface AdmissionAsk {
  readonly parts: Gatekeepers;
  readonly request: RouteRequest;
}

/**
 * Admits an attempt where that is possible at once.
 *
 * @param now The time, where it is known, on the clock of routing.
 */
export function tryAdmit(
  candidate: Candidate,
  ask: AdmissionAsk,
  now?: number,
): Admission | undefined {
  const limit = ask.parts.bulkheads.of(candidate.deployment);
  const slot = limit?.tryAcquire();
  if (limit !== undefined && slot === undefined) return undefined;
  return admit(candidate, ask, { slot, now });
}

/**
 * Admits an attempt when one of the deployment's slots is free, which may take
 * a moment: `patienceMs` at most.
 */
export async function admitLater(
  candidate: Candidate,
  ask: AdmissionAsk & {
    readonly signal: AbortSignal;
    readonly patienceMs: number;
  },
): Promise<Admission | undefined> {
  const limit = ask.parts.bulkheads.of(candidate.deployment);
  const slot = await limit?.acquire(ask.signal, ask.patienceMs);
  return admit(candidate, ask, { slot });
}

/** Admits an attempt because there is nowhere else to go: a breaker may let a probe through early. */
export function admitLastResort(
  candidate: Candidate,
  ask: AdmissionAsk,
): Admission | undefined {
  const { bulkheads, breakers } = ask.parts;
  const limit = bulkheads.of(candidate.deployment);
  const slot = limit?.tryAcquire();
  if (limit !== undefined && slot === undefined) return undefined;
  const breaker = breakers.of(candidate.deployment);
  const permit = breaker?.tryAcquire() ?? breaker?.tryLastResort();
  return admit(candidate, ask, { slot, permit });
}

function admit(
  candidate: Candidate,
  { parts, request }: AdmissionAsk,
  { slot, permit, now }: {
    readonly slot?: ConcurrencySlot | undefined;
    readonly permit?: BreakerPermit | undefined;
    readonly now?: number | undefined;
  },
): Admission | undefined {
  const { deployment } = candidate;
  const breaker = parts.breakers.of(deployment);
  permit ??= breaker?.tryAcquire();
  if (breaker !== undefined && permit === undefined) {
    slot?.release();
    return undefined;
  }
  let lease: RateLimitLease | "full" | undefined = "full";
  try {
    lease = parts.limits?.take(deployment, request, now);
  } finally {
    if (lease === "full") {
      permit?.release();
      slot?.release();
    }
  }
  if (lease === "full") return undefined;
  const state = parts.states.of(deployment);
  const flight = state.start(now, answerKind(request));
  return { candidate, state, flight, permit, slot, lease };
}
