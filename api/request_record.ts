import {
  AttemptLog,
  type ClientDialect,
  type FinishClass,
  type GatewayError,
  type JsonDocument,
  type Usage,
} from "@llm-proxy/core";
import { openAiChatClient } from "@llm-proxy/core/dialects/openai-chat";
import { clientDialect, type ClientName } from "@llm-proxy/core/lazy";
import type { TraceParent } from "@llm-proxy/logging";
import type { Access } from "./access.ts";
import type { AdmittedRequest } from "./admitted_request.ts";
import type { Condensation } from "./condensation.ts";
import type { AttemptTrace } from "./attempt_trace.ts";
import type { Route } from "./dispatch.ts";
import type { RequestTracing } from "./request_tracing.ts";
import type { RequestAccount } from "./request_account.ts";
import type { AnswerFlight } from "./answer_flight.ts";
import type { Recalled } from "./_tell_answer.ts";
import type { Told, ToldReply } from "./told_reply.ts";
import { newRequestId } from "./_request_id.ts";
import { WaitingTime } from "./waiting_time.ts";

/** What is known of one request, gathered on its way and logged once at its end. */
export class RequestRecord {
  /** Ours, never a provider's or a caller's. */
  readonly id: string = newRequestId();
  /** Every attempt, with its reason and its duration. */
  readonly attempts: AttemptLog = new AttemptLog();
  /** When it began, on the clock of `performance.now()`. */
  readonly startedAt: number = performance.now();
  /** What of its time was spent in waiting for its caller and for providers. */
  readonly waiting: WaitingTime = new WaitingTime();
  /** The HTTP method. */
  readonly method: string;
  /** What is done at a model, in the words of telemetry. */
  readonly operation: string;
  /** The route's name, as a pattern. */
  readonly route: string;
  /** The dialect in which the caller speaks. */
  readonly client: ClientDialect;
  /** The name of that dialect. */
  readonly speaks: ClientName;
  /** What the caller is and may do; absent where no key is asked for. */
  access: Access | undefined;
  /** What stands for the caller in logs, limits and stores. */
  key: string | undefined;
  /** Where in a trace the caller is, if it says. */
  parent: TraceParent | undefined;
  /** Its place in a trace, where traces are sent. */
  tracing: RequestTracing | undefined;
  stream = false;
  /** What was asked, where that was JSON: never logged. */
  document: JsonDocument | undefined;
  /** The model's name as the caller wrote it. */
  requestedModel: string | undefined;
  /** What it costs; absent where no model is asked. */
  account: RequestAccount | undefined;
  /** Its place within the caller's limits, where these are. */
  admitted: AdmittedRequest | undefined;
  /** The model that its place is for as well, where models have limits. */
  limitedModel: string | undefined;
  /** The attempt that answers; until there is one, the latest that failed. */
  trace: AttemptTrace | undefined;
  usage: Usage | undefined;
  /** What it cost, in US dollars; absent where nobody knows. */
  costUsd: number | undefined;
  /** How the caches took it, in one word; absent where none was asked. */
  cache: string | undefined;
  /** The answer that it got without a provider being asked. */
  recalled: Recalled | undefined;
  /** Its answer, for others who ask the same meanwhile. */
  flight: AnswerFlight | undefined;
  /** How its conversation was shortened; absent where it was not. */
  condensed: Condensation | undefined;
  /** What summaries of it came to, in tokens. */
  summaryTokens:
    | { readonly input: number; readonly output: number }
    | undefined;
  /** What its guardrails came to, by their names, in their order; absent where it has none. */
  guardrails: Map<string, string> | undefined;
  /** What was asked aside for it, in tokens: it takes them of the caller's limit. */
  asideTokens = 0;
  finish: FinishClass | undefined;
  /** The model that answered, as the provider names it. */
  answeredBy: string | undefined;
  /** What the client was told, where a shadow is to be held against it. */
  told: Told | undefined;
  /** The client's stream, where another deployment may go on with it. */
  open: ToldReply | undefined;
  /** The status of the answer; 0 until it has begun. */
  status = 0;
  error: GatewayError | undefined;
  /** When the first content of the answer was there, on the same clock. */
  firstContentAt: number | undefined;
  /** How long it took; 0 until it has ended. */
  durationMs = 0;
  #connectionMs = 0;
  /** What parts of the answer came to that broke off and were gone on with, beyond what was told of them. */
  #begunTokens = 0;

  /**
   * Starts the clock of one request.
   *
   * @throws {TypeError} where the dialect of the route's clients was not loaded.
   */
  constructor(
    method: string,
    { path, client = "openai_chat", operation = "other" }: Pick<
      Route,
      "path" | "client" | "operation"
    >,
  ) {
    this.method = method;
    this.operation = operation;
    this.route = path;
    this.speaks = client;
    this.client = client === "openai_chat"
      ? openAiChatClient
      : clientDialect(client);
  }

  /**
   * Notes that an attempt has the answer, whose first content now goes to the client; or that it goes on with it.
   *
   * @param at When that content was there, on the clock of `performance.now()`. @default {now}
   */
  answers(trace: AttemptTrace, at: number = performance.now()): void {
    if (this.status !== 0 && this.trace !== undefined) {
      this.#goesOn(this.trace, trace);
    }
    this.trace = trace;
    trace.firstContentAt = at;
    this.firstContentAt ??= at;
    this.status = 200;
  }

  /** What the beginning of an answer has lost is lost to the whole, and what it came to counts. */
  #goesOn(begun: AttemptTrace, trace: AttemptTrace): void {
    for (const { action, field, detail } of begun.losses.losses) {
      trace.losses.add(action, field, detail);
    }
    const { estimatedTokens = 0, usage } = begun;
    this.#begunTokens += Math.max(0, estimatedTokens - (usage?.total ?? 0));
  }

  /** Notes an attempt that failed, unless another has the answer. */
  failed(trace: AttemptTrace): void {
    if (this.status === 0) this.trace = trace;
  }

  /** How long it waited for its turn, at deployments and for connections to them, in ms. */
  get queuedMs(): number {
    return this.attempts.queuedMs + this.#connectionMs;
  }

  /** What of its duration was the gateway's own work, in ms. */
  get overheadMs(): number {
    const { waiting, attempts: { queuedMs, pausedMs } } = this;
    return Math.max(0, this.durationMs - waiting.ms - queuedMs - pausedMs);
  }

  /** Notes how long one attempt waited for a connection, in ms. */
  awaitedConnection(ms: number): void {
    this.#connectionMs += ms;
  }

  /** Ends it: gives back what was reserved of the caller's limits, but for what was used. */
  settle(): void {
    this.durationMs = performance.now() - this.startedAt;
    this.account?.settle();
    const { admitted, recalled, usage, status, trace, asideTokens } = this;
    if (admitted === undefined) return;
    // No provider was asked.
    if (recalled !== undefined || this.cache === "replay") {
      return admitted.lease.settle({ tokens: asideTokens });
    }
    const told = usage?.total;
    const guessed = trace?.estimatedTokens;
    if (told !== undefined || guessed !== undefined) {
      const last = Math.max(told ?? 0, guessed ?? 0);
      const tokens = last + this.#begunTokens + asideTokens;
      admitted.lease.settle({ tokens });
    } else if (status === 200 || this.error?.kind === "client_closed") {
      // A provider may have done the work for a caller who left, and nobody tells.
      admitted.lease.release();
    } else admitted.lease.settle({ tokens: asideTokens });
  }
}
