import type { AttemptLog } from "../attempt_log.ts";
import { GatewayError } from "../errors.ts";
import {
  type Admission,
  type AdmissionAsk,
  admitLastResort,
  admitLater,
  type Gatekeepers,
  tryAdmit,
} from "./_admission.ts";
import type { CandidateQueue } from "./_candidate_queue.ts";
import type { ConcurrencyLimit } from "./concurrency_limit.ts";
import type { Cooldowns } from "./cooldowns.ts";
import { planRefusal } from "./plan_refusal.ts";
import type { Candidate } from "./route.ts";

/** A request that asks for leave to make its attempts. */
export interface AdmissionSeeker extends AdmissionAsk {
  readonly parts: Gatekeepers & { readonly cooldowns: Cooldowns };
  /** Ends the wait for a slot. */
  readonly signal: AbortSignal;
  /** Told how long that wait was. */
  readonly log: AttemptLog;
  /** The clock of the plans. */
  now(): number;
  /** For how long it can wait for its turn somewhere, in ms. */
  patienceFor(candidate: Candidate): number;
}

/**
 * Admits the first that can begin at once.
 *
 * @param now The time, where it is known.
 */
export function admitAtOnce(
  queue: CandidateQueue,
  seeker: AdmissionSeeker,
  now?: number,
): Admission | undefined {
  for (const candidate of queue.waiting()) {
    const admission = tryAdmit(candidate, seeker, now);
    if (admission === undefined) continue;
    queue.take(candidate);
    return admission;
  }
  return undefined;
}

/**
 * Admits the first attempt of a request, by a last resort where everything is
 * out (U19).
 *
 * @throws {GatewayError} why nothing can be admitted.
 */
export async function admitFirst(
  queue: CandidateQueue,
  seeker: AdmissionSeeker,
): Promise<Admission> {
  const admission = await admitNext(queue, seeker) ??
    lastResort(queue, seeker);
  if (admission !== undefined) return admission;
  throw planRefusal(queue.plans, { now: seeker.now() }) ?? busy();
}

/** Admits what can begin at once, else what has a slot within a moment. */
export async function admitNext(
  queue: CandidateQueue,
  seeker: AdmissionSeeker,
): Promise<Admission | undefined> {
  for (;;) {
    const waiting = queue.waiting();
    if (waiting.length === 0) return undefined;
    const admission = admitAtOnce(queue, seeker) ??
      await awaitTurn(queue, seeker);
    if (admission !== undefined) return admission;
    // None of them: the names behind them may have one.
    for (const candidate of waiting) queue.take(candidate);
  }
}

async function awaitTurn(
  queue: CandidateQueue,
  seeker: AdmissionSeeker,
): Promise<Admission | undefined> {
  const { parts, request, signal, log } = seeker;
  for (const { candidate, limit } of byQueue(queue.waiting(), parts)) {
    const leftMs = seeker.patienceFor(candidate);
    if (!(leftMs > 0)) return undefined;
    // All waits of a request together are no longer than one (L3).
    const patienceMs = Math.min(leftMs, limit.maxWaitMs - log.queuedMs);
    const from = seeker.now();
    try {
      const ask = { parts, request, signal, patienceMs };
      const admission = await admitLater(candidate, ask);
      if (admission === undefined) continue;
      queue.take(candidate);
      return admission;
    } catch (error) {
      if (signal.aborted || !(error instanceof GatewayError)) throw error;
    } finally {
      log.queued(seeker.now() - from);
    }
  }
  return undefined;
}

/** Those with a place in their queues, the shortest queue for its slots first. */
function byQueue(
  candidates: readonly Candidate[],
  { bulkheads }: Pick<Gatekeepers, "bulkheads">,
): { readonly candidate: Candidate; readonly limit: ConcurrencyLimit }[] {
  return candidates.flatMap((candidate) => {
    const limit = bulkheads.of(candidate.deployment);
    return limit === undefined || limit.full
      ? []
      : [{ candidate, limit, wait: limit.queued / limit.limit }];
  }).sort((a, b) => a.wait - b.wait);
}

/** Admits what is out, because everything is: a probe of a breaker, or a key that was refused (U19). */
function lastResort(
  queue: CandidateQueue,
  seeker: AdmissionSeeker,
): Admission | undefined {
  const { breakers, bulkheads, cooldowns } = seeker.parts;
  for (const { candidate } of queue.lastResorts()) {
    const { deployment } = candidate;
    // What asked to be left alone is; a refused key may be tried again.
    const isCooling = cooldowns.isAvailable(deployment) !== true &&
      !cooldowns.refusesKey(deployment);
    if (isCooling || bulkheads.isAvailable(deployment) !== true) continue;
    const admission = breakers.isAvailable(deployment) === true
      ? tryAdmit(candidate, seeker)
      : admitLastResort(candidate, seeker);
    if (admission === undefined) continue;
    queue.take(candidate);
    return admission;
  }
  return undefined;
}

function busy(): GatewayError {
  return new GatewayError(
    "overloaded",
    "All deployments that could serve the request have too much to do",
    { code: "deployment_busy", headers: { "retry-after": "1" } },
  );
}
