import {
  measureRequest,
  type TokenEstimator,
  type TokenMeasure,
} from "@llm-proxy/context";
import type { Usage } from "@llm-proxy/core";
import type { Destination, InputSize } from "@llm-proxy/core/routing";

/** A model of which nothing is known. */
const UNKNOWN = "";

/**
 * How long a request is. It is measured when that is first asked, once for all
 * models, and not at all where nobody asks.
 */
export class RequestSize implements InputSize {
  readonly #request: Readonly<Record<string, unknown>>;
  readonly #estimator: TokenEstimator;
  #measure: TokenMeasure | undefined;

  /** Takes a request in any client's dialect. */
  constructor(
    request: Readonly<Record<string, unknown>>,
    estimator: TokenEstimator,
  ) {
    this.#request = request;
    this.#estimator = estimator;
  }

  /** What was measured. */
  get measure(): TokenMeasure {
    return this.#measure ??= measureRequest(this.#request);
  }

  get tokens(): number {
    return this.#estimator.estimate(this.measure, UNKNOWN).tokens;
  }

  at(destination: Destination): number {
    return this.#estimator.estimate(this.measure, tokenModel(destination)).low;
  }

  /** The likeliest number for one model. */
  likely(destination: Destination): number {
    return this.#estimator.estimate(this.measure, tokenModel(destination))
      .tokens;
  }

  /** Takes what the request was measured as once it was made shorter. */
  replace(measure: TokenMeasure): void {
    this.#measure = measure;
  }

  /** Corrects the estimates of a model by what its provider tells of a request that it refused. */
  learnTold(destination: Destination, tokens: number): void {
    this.#estimator.learn(this.measure, tokenModel(destination), tokens);
  }

  /** Corrects the estimates of the model that answered by what its provider reports. */
  learn(destination: Destination, usage: Usage): void {
    if (this.#measure === undefined) return;
    this.#estimator.learn(this.#measure, tokenModel(destination), usage.input);
  }
}

/** A model by the name under which its tokens are counted. */
export function tokenModel({ provider, model }: Destination): string {
  return `${provider.name}/${model}`;
}
