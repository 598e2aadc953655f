import type { Capabilities } from "@llm-proxy/core/routing";

/**
 * A model that a provider offers, and what is known of it. A plain name in the
 * file is one of which nothing else is said.
 *
 * @example A model without vision
 * ```ts
 * import { type ModelConfig, parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const text = `
 * providers:
 *   - type: mock
 *     models: [echo, {name: slow, capabilities: {vision: false}}]
 * `;
 * const result = parseConfig(text, { file: "config.yaml", env: () => undefined });
 * assert(result.ok);
 * const models: readonly ModelConfig[] | undefined = result.config.providers[0]?.models;
 * assertEquals(models?.map(({ name }) => name), ["echo", "slow"]);
 * assertEquals(models?.[1]?.capabilities.vision, false);
 * ```
 */
export interface ModelConfig {
  /** As the provider names it. */
  readonly name: string;
  /** Its share among models of one rank; 0 is reached when all others fail. @default {1} */
  readonly weight: number;
  /** The most tokens of request and answer together. @default {unknown} */
  readonly context_window?: number | undefined;
  /** The most tokens of an answer. @default {unknown} */
  readonly max_output_tokens?: number | undefined;
  /** What it can do; what is not named is unknown, and then allowed. @default {{}} */
  readonly capabilities: Capabilities;
  /** By which of OpenAI's APIs it is asked. @default {as its provider says} */
  readonly wire_api?: WireApiName | undefined;
  /** How its answers begin with thought. @default {as its provider says} */
  readonly think_tags?: "tagged" | "open" | undefined;
  /** Whether it takes system messages. @default {as its provider says} */
  readonly system_messages?: boolean | undefined;
  /** What it costs. @default {what the price table says of the provider's address} */
  readonly prices?: ModelPrices | undefined;
}

/**
 * By which of OpenAI's APIs a model is asked: Chat Completions, Responses, or
 * `auto`: by Responses where the client speaks it or the model answers by it
 * alone, else by Chat Completions.
 *
 * @example A name
 * ```ts
 * import type { WireApiName } from "@llm-proxy/api";
 *
 * const api: WireApiName = "responses";
 * ```
 */
export type WireApiName = "auto" | "chat" | "responses";

/**
 * What tokens cost, in US dollars per million.
 *
 * @example A million tokens there and back
 * ```ts
 * import type { ModelPrices } from "@llm-proxy/api";
 *
 * const prices: ModelPrices = { input: 0.25, output: 2, cached_input: 0.025 };
 * ```
 */
export interface ModelPrices {
  /** Tokens of the request. */
  readonly input: number;
  /** Tokens of the answer. */
  readonly output: number;
  /** Tokens of the request that the provider had in its cache. @default {input} */
  readonly cached_input?: number | undefined;
  /** Tokens of the request that the provider writes to its cache. @default {input} */
  readonly cache_write?: number | undefined;
  /** Those of them that it keeps for an hour. @default {cache_write} */
  readonly cache_write_1h?: number | undefined;
  /** Tokens of the answer that are thought. @default {output} */
  readonly reasoning?: number | undefined;
  /** Tokens of audio in the request. @default {input} */
  readonly audio_input?: number | undefined;
  /** Tokens of audio in the answer. @default {output} */
  readonly audio_output?: number | undefined;
  /** Tokens of images in the request. @default {input} */
  readonly image_input?: number | undefined;
  /** Tokens of images in the answer. @default {output} */
  readonly image_output?: number | undefined;
  /** A search of the web by the provider, US dollars each. @default {0} */
  readonly web_search?: number | undefined;
  /** A request, US dollars each. @default {0} */
  readonly request?: number | undefined;
  /** By what tokens are multiplied in a service tier, for example `batch: 0.5`. @default {{}} */
  readonly service_tiers?: Readonly<Record<string, number>> | undefined;
  /** What requests with a long input cost instead, all of their tokens. @default {[]} */
  readonly long_context?: readonly LongContextPrices[] | undefined;
}

/**
 * What tokens cost where the input is long, in US dollars per million.
 *
 * @example Above 200,000 tokens
 * ```ts
 * import type { LongContextPrices } from "@llm-proxy/api";
 *
 * const long: LongContextPrices = { above: 200_000, input: 6, output: 22.5 };
 * ```
 */
export interface LongContextPrices
  extends Omit<ModelPrices, "service_tiers" | "long_context"> {
  /** For requests with more input tokens than this. */
  readonly above: number;
}

/**
 * How many requests each model of a provider takes at a time, behind each of
 * its keys.
 *
 * @example Eight at a time
 * ```ts
 * import { type ConcurrencyConfig, parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const result = parseConfig("providers: [{type: mock, concurrency: {max: 8}}]", {
 *   file: "config.yaml",
 *   env: () => undefined,
 * });
 * assert(result.ok);
 * const concurrency: ConcurrencyConfig | undefined =
 *   result.config.providers[0]?.concurrency;
 * assertEquals(concurrency?.max_queue, 16);
 * ```
 */
export interface ConcurrencyConfig {
  /** The most at a time. @default {no limit; 200 where it is adaptive} */
  readonly max?: number | undefined;
  /** Whether the limit is found by itself, up to `max`. @default {false} */
  readonly adaptive: boolean;
  /** How many may wait for their turn. @default {16} */
  readonly max_queue: number;
  /** Seconds that one waits at most. @default {1} */
  readonly max_wait: number;
}
