import type { LedgerUsage } from "@llm-proxy/context";
import { LossReport, type StreamTranslator, type Usage } from "@llm-proxy/core";
import type { Candidate } from "@llm-proxy/core/routing";
import type { Payment } from "./payment.ts";
import { cleanHeader } from "./provider_secrets.ts";
import { upstreamRequestId } from "./_reply_headers.ts";

/** What is known of one attempt. Two may be under way for a request that is hedged. */
export class AttemptTrace {
  /** Where it went. */
  readonly candidate: Candidate;
  /** When it began, on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** What its translation could not carry over. */
  readonly losses: LossReport = new LossReport();
  /** The provider's own id of it. */
  upstreamId: string | undefined;
  /** When the head of the provider's answer was in, on the same clock. */
  headersAt: number | undefined;
  /** The status of that answer. */
  status: number | undefined;
  /** When its first content was there, on the same clock. */
  firstContentAt: number | undefined;
  /** When it ended, on the same clock; noted of what is traced only. */
  endedAt: number | undefined;
  /** What it failed with. */
  error: unknown;
  /** What the provider told that it came to. */
  usage: Usage | undefined;
  /** Nobody charges for it. */
  isFree = false;
  /** The model that has answered, where the route names none. */
  servedModel: string | undefined;
  /** How many content events, and UTF-16 units of content, have come. */
  progress = 0;
  letters = 0;
  /** What is paid for it; absent where nothing was sent. */
  payment: Payment | undefined;
  /** What it came to when it had ended: by the provider's word, else by what was sent and has come. */
  booked: LedgerUsage | undefined;

  /** The tokens that it came to, both ways, where the provider told nothing of them. */
  get estimatedTokens(): number | undefined {
    const { booked } = this;
    return booked?.isEstimated ? booked.input + booked.output : undefined;
  }

  /** Begins with where it goes; by the time of its beginning where that is known. */
  constructor(candidate: Candidate, startedAt: number = performance.now()) {
    this.candidate = candidate;
    this.startedAt = startedAt;
  }

  /** Notes what a stream has come to. */
  streamed(translator: StreamTranslator): StreamTranslator {
    const { usage, progress, letters = 0 } = translator;
    this.usage = usage;
    this.progress = progress;
    this.letters = letters;
    return translator;
  }

  /** Notes the head of the provider's answer. */
  answered(
    status: number,
    { headers, at = performance.now() }: {
      readonly headers: Readonly<Record<string, string>>;
      /** When it was in, where that is known. */
      readonly at?: number;
    },
  ): void {
    this.headersAt = at;
    this.status = status;
    const id = upstreamRequestId(headers);
    if (id !== undefined) {
      this.upstreamId = cleanHeader(this.candidate.provider, id);
    }
  }
}
