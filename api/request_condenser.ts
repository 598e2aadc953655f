import {
  type Condensed,
  type ContextCondenser,
  measureRequest,
  type Summarizer,
} from "@llm-proxy/context";
import {
  type Conversation,
  GatewayError,
  type JsonDocument,
  type LossReport,
  UpstreamError,
} from "@llm-proxy/core";
import type { Candidate, RouteRequest } from "@llm-proxy/core/routing";
import { type Condensation, condensationOf } from "./condensation.ts";
import type { CondensePolicy } from "./condense_policy.ts";
import { isTooLong, toldLength } from "./context_length.ts";
import type { RequestContext } from "./endpoints.ts";
import { modelSummarizer } from "./model_summarizer.ts";
import { type RequestSize, tokenModel } from "./request_size.ts";

/** What is kept for an answer whose length nobody told, in tokens. */
const USUAL_OUTPUT = 4_096;
/** An answer gets half of a window at most. */
const MOST_OUTPUT = 0.5;
/** What was too long is sent again with so much of it at most, whatever was told. */
const AGAIN = 0.7;

/** What a {@linkcode RequestCondenser} is made with. */
export interface RequestCondenserOptions {
  readonly condenser: ContextCondenser;
  readonly policy: CondensePolicy;
  readonly document: JsonDocument;
  /** What routing knows of the request. */
  readonly request: Pick<RouteRequest, "model" | "outputTokens">;
  readonly size: RequestSize;
}

/** Condenses one request: ahead of the first attempt, and once more when it was too long. */
export class RequestCondenser {
  readonly #context: RequestContext;
  readonly #options: RequestCondenserOptions;
  #conversation: Conversation | undefined;

  /** Does nothing yet. */
  constructor(context: RequestContext, options: RequestCondenserOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** What is sent in the place of the request's own words, and a note of it; nothing where these are. */
  condensed(losses: LossReport): Conversation | undefined {
    const conversation = this.#conversation;
    if (conversation === undefined) return undefined;
    losses.add("changed", "messages", "condensed");
    return conversation;
  }

  /**
   * Carries the request, condensed before where it is long, and after where it
   * was too long for all that it could go to: then it is sent once more.
   *
   * @throws {GatewayError} what `carry` throws.
   */
  async carry<T>(carry: () => Promise<T>): Promise<T> {
    const { size, policy: { threshold } } = this.#options;
    if (threshold !== undefined && this.#tokens() > threshold) {
      await this.#apply(threshold, "threshold");
    }
    const { record, exchange, gateway } = this.#context;
    try {
      return await carry();
    } catch (error) {
      const { error_patterns: patterns } = gateway.config.condensation;
      const isOver = record.status !== 0 || exchange.signal.aborted;
      if (isOver || !isTooLong(error, patterns)) throw error;
      const before = size.measure;
      await this.#apply(this.#limitAfter(error), "error");
      if (size.measure === before) throw error;
      return await carry();
    }
  }

  /** The model that tokens are counted for. */
  #target(): Candidate | undefined {
    return this.#context.record.trace?.candidate ?? this.#candidates()[0];
  }

  #candidates(): readonly Candidate[] {
    const { table } = this.#context.gateway;
    return table.match(this.#options.request.model)?.candidates ?? [];
  }

  #tokens(): number {
    const { size } = this.#options;
    const target = this.#target();
    return target === undefined ? size.tokens : size.likely(target);
  }

  /** What a request that was too long may have. */
  #limitAfter(error: GatewayError): number {
    // Our own plan has refused it: the windows are known.
    if (!(error instanceof UpstreamError)) return this.window() ?? Infinity;
    const { size } = this.#options;
    const target = this.#target();
    const { limit, actual } = toldLength(error.message);
    if (actual !== undefined && target !== undefined) {
      size.learnTold(target, actual);
    }
    const window = limit ?? target?.deployment.contextWindow ?? Infinity;
    const room = window - this.#output(window);
    return Math.min(room, this.#tokens() * AGAIN);
  }

  #output(window: number): number {
    const { outputTokens = USUAL_OUTPUT } = this.#options.request;
    return Math.min(outputTokens, window * MOST_OUTPUT);
  }

  /** What the largest model that the request can go to has room for, answer and all; absent where that is unknown. */
  window(): number | undefined {
    const windows = this.#candidates()
      .map(({ deployment }) => deployment.contextWindow)
      .filter((window) => window !== Infinity);
    if (windows.length === 0) return undefined;
    const window = Math.max(...windows);
    return window - this.#output(window);
  }

  /** Condenses the conversation as it is now to a limit of tokens. */
  async condense(limit: number): Promise<Condensed<Conversation>> {
    const { condenser, policy, document } = this.#options;
    const { record, exchange } = this.#context;
    const target = this.#target();
    const { summaryModel } = policy;
    const conversation = this.#conversation ??
      record.client.decodeRequest(document, {
        header: (name) => exchange.header(name),
      });
    return await condenser.condense(conversation, {
      ...policy,
      limit: Math.max(1, Math.floor(limit)),
      model: target === undefined ? conversation.model : tokenModel(target),
      summarize: summaryModel === undefined
        ? undefined
        : this.#summarizer(summaryModel),
      summaryScope: JSON.stringify([record.key ?? "", summaryModel ?? ""]),
    });
  }

  /** What passes as it is may hold what only its own dialect has words for: then it goes as it is. */
  async #tryTo(limit: number): Promise<Condensed<Conversation> | undefined> {
    try {
      return await this.condense(limit);
    } catch (cause) {
      if (!(cause instanceof GatewayError)) throw cause;
      const { gateway: { logger }, record } = this.#context;
      logger.debug("a conversation can't be condensed", {
        request_id: record.id,
        cause,
      });
      return undefined;
    }
  }

  async #apply(limit: number, reason: Condensation["reason"]): Promise<void> {
    const condensed = await this.#tryTo(limit);
    if (condensed === undefined) return;
    const { conversation, report } = condensed;
    if (report.after === report.before) return;
    this.#conversation = conversation;
    this.#options.size.replace(measureRequest(conversation));
    this.#context.record.condensed = condensationOf(report, reason);
  }

  #summarizer(model: string): Summarizer {
    const { record } = this.#context;
    const summarize = modelSummarizer(this.#context, {
      model,
      onUsage: ({ input, output }) => {
        const known = record.summaryTokens;
        record.summaryTokens = {
          input: input + (known?.input ?? 0),
          output: output + (known?.output ?? 0),
        };
      },
    });
    return (request) => record.waiting.during(summarize(request));
  }
}
