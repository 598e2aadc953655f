import { type ContentVisitor, walkRequest } from "./_content_walk.ts";
import { ExactTokens, type ExactTokensOptions } from "./exact_tokens.ts";
import { TokenEstimator } from "./token_estimator.ts";
import { measureRequest, type TokenMeasure } from "./token_measure.ts";
import { familyOf } from "./_token_rates.ts";

/** A number of tokens. */
export interface CountedTokens {
  /** How many. */
  readonly tokens: number;
  /** Whether they were counted by the model's own encoding; else it is an estimate. */
  readonly exact: boolean;
}

/** How a {@linkcode TokenCounter} works. */
export interface TokenCounterOptions extends ExactTokensOptions {
  /** What estimates where nothing can be counted. @default {one of its own} */
  readonly estimator?: TokenEstimator;
}

/** Gathers the words; pictures, tools, schemas and sounds can only be estimated. */
class Texts implements ContentVisitor {
  readonly texts: string[] = [];
  frames = 0;
  isPlain = true;

  text(text: string): void {
    this.texts.push(text);
  }

  frame(): void {
    this.frames++;
  }

  tool(): void {
    this.isPlain = false;
  }

  schema(): void {
    this.isPlain = false;
  }

  image(): void {
    this.isPlain = false;
  }

  media(): void {
    this.isPlain = false;
  }
}

/**
 * Counts the tokens of requests: exactly where the encoding of the model is
 * public and nothing but text is in them, else by an estimate that says so.
 *
 * @example What is counted, and what is estimated
 * ```ts
 * import { TokenCounter } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const counter = new TokenCounter();
 * const request = { messages: [{ role: "user", content: "Say 42" }] };
 * const estimate = await counter.count(request, "claude-sonnet-4-5");
 * assertEquals(estimate.exact, false);
 * counter.close();
 * ```
 */
export class TokenCounter {
  /** What estimates, and is corrected by what providers report. */
  readonly estimator: TokenEstimator;
  readonly #exact: ExactTokens;

  /** Loads nothing yet. */
  constructor({ estimator, ...options }: TokenCounterOptions = {}) {
    this.estimator = estimator ?? new TokenEstimator();
    this.#exact = new ExactTokens(options);
  }

  /** Whether the tables of an encoding are in memory, some 100 MB. */
  get isLoaded(): boolean {
    return this.#exact.isLoaded;
  }

  /** Counts a request in any client's dialect, or a conversation in the canonical vocabulary. */
  async count(
    request: Readonly<Record<string, unknown>>,
    model: string,
  ): Promise<CountedTokens> {
    const { encoding, frame, answer } = familyOf(model);
    if (encoding !== undefined) {
      const words = new Texts();
      walkRequest(request, words);
      const tokens = words.isPlain
        ? await this.#exact.count(words.texts, encoding)
        : undefined;
      if (tokens !== undefined) {
        const frames = words.frames * frame + answer;
        return { tokens: tokens + frames, exact: true };
      }
    }
    return this.estimated(measureRequest(request), model);
  }

  /** The estimate of what was measured, marked as one. */
  estimated(measure: TokenMeasure, model: string): CountedTokens {
    const { tokens } = this.estimator.estimate(measure, model);
    return { tokens, exact: false };
  }

  /** Ends the worker, if it runs, and frees its memory. A later count starts it anew. */
  close(): void {
    this.#exact.close();
  }
}
