import { type Backoff, fullJitter } from "../backoff.ts";
import {
  decideRetry,
  type FailedAttempt,
  type RetryDecision,
  type RetryPolicyOptions,
} from "../retry_policy.ts";
import type { Deployment } from "./deployment.ts";

/** The longest wait of our own choosing, in ms. */
const MAX_BACKOFF = 8_000;

/** What the decision depends on besides how the attempt failed. */
export interface DecideNextOptions {
  /** Where it went. */
  readonly deployment: Deployment;
  /** How often that was asked again for the request. */
  readonly retries: number;
  /** Whether an answer has begun and waits to be gone on with. */
  readonly isBroken: boolean;
  /** How retries are made. */
  readonly retry: RetryPolicyOptions | undefined;
}

/** What follows a failed attempt; nothing where none may. */
export function decideNext(
  failed: FailedAttempt,
  { deployment, retries, isBroken, retry }: DecideNextOptions,
): RetryDecision | undefined {
  const decision = decideRetry(failed, {
    ...retry,
    backoff: backoffOf(deployment),
  });
  if (decision.retry === "none") return undefined;
  // What has begun goes on elsewhere, or not at all.
  if (isBroken && decision.retry !== "other") return undefined;
  const isAgain = decision.retry === "same";
  return isAgain && retries >= deployment.maxRetries ? undefined : decision;
}

function backoffOf({ retryDelayMs }: Deployment): Backoff {
  return fullJitter({
    baseMs: retryDelayMs,
    maxMs: Math.max(retryDelayMs, MAX_BACKOFF),
  });
}
