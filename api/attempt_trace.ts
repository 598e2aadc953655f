import { LossReport } from "@llm-proxy/core";
import type { Candidate } from "@llm-proxy/core/routing";
import { upstreamRequestId } from "./_reply_headers.ts";

/** What is known of one attempt. Two may be under way for a request that is hedged. */
export class AttemptTrace {
  /** Where it went. */
  readonly candidate: Candidate;
  /** When it began, on the clock of `performance.now()`. */
  readonly startedAt: number = performance.now();
  /** What its translation could not carry over. */
  readonly losses: LossReport = new LossReport();
  /** The provider's own id of it. */
  upstreamId: string | undefined;
  /** When the head of the provider's answer was in, on the same clock. */
  headersAt: number | undefined;

  /** Begins with where it goes. */
  constructor(candidate: Candidate) {
    this.candidate = candidate;
  }

  /** Notes the head of the provider's answer. */
  answered(headers: Readonly<Record<string, string>>): void {
    this.headersAt = performance.now();
    this.upstreamId = upstreamRequestId(headers);
  }
}
