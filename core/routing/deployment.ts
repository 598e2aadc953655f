import type { Provider } from "../provider.ts";
import { type Capabilities, lackingBits } from "./capability.ts";
import { hashText } from "./stable_hash.ts";

/** What tokens cost, in US dollars per million: the same number in millionths per token. */
export interface TokenPrices {
  /** A token of the request. */
  readonly input: number;
  /** A token of the answer. */
  readonly output: number;
}

/** Says what a model costs now, as the provider names it; `undefined` where that is unknown. */
export type PriceLookup = (model: string) => TokenPrices | undefined;

/** What can be said of a model at a provider, besides where it is. */
export interface DeploymentSettings {
  /** Its share among deployments of one rank; 0 is drained: reached when all others fail. @default {1} */
  readonly weight?: number;
  /** Its place where no route orders it; the lowest is tried first. @default {100} */
  readonly priority?: number;
  /** Words of the operator; a request may ask for deployments that have some. @default {[]} */
  readonly tags?: readonly string[];
  /** What it can do. What is not named is unknown, and then allowed. @default {{}} */
  readonly capabilities?: Capabilities;
  /** The most tokens that request and answer may have together. Absent: unknown. */
  readonly contextWindow?: number;
  /** What it costs, or what says so of a model when it is asked. Absent: unknown. */
  readonly prices?: TokenPrices | PriceLookup;
  /** The most requests at a time. Absent: no limit. */
  readonly maxConcurrency?: number;
  /** The limit is found by itself, below `maxConcurrency`. @default {false} */
  readonly adaptive?: boolean;
  /** How many requests may wait for their turn. @default {that of the `Bulkheads`} */
  readonly maxQueue?: number;
  /** How long one waits at most, in ms. @default {that of the `Bulkheads`} */
  readonly maxWaitMs?: number;
  /** How often it is asked again for the same request, where there is no other. @default {2} */
  readonly maxRetries?: number;
  /** The bound of the first wait before that, in ms; it doubles. @default {500} */
  readonly retryDelayMs?: number;
}

/** A provider's model behind one key, with its settings. */
export interface DeploymentPlace extends DeploymentSettings {
  /** The provider, with this key as its credential. */
  readonly provider: Provider;
  /** The model as the provider names it; `*` in it stands for any text. */
  readonly model: string;
  /** Which of the provider's keys, from 0. @default {0} */
  readonly keyIndex?: number;
}

/**
 * The unit of routing: a model at a provider behind one key. It never changes;
 * how it does is in its {@linkcode DeploymentState}. It holds the provider and
 * so a credential: show its `id`, never the whole.
 */
export interface Deployment {
  /** `provider/model`, from the second key on with `#1` and so on. Stable over reloads. */
  readonly id: string;
  /** The provider, with this key as its credential. */
  readonly provider: Provider;
  /** The model as the provider names it; `*` in it stands for any text. */
  readonly model: string;
  /** Which of the provider's keys, from 0. */
  readonly keyIndex: number;
  /** Its share among deployments of one rank. */
  readonly weight: number;
  /** Its place where no route orders it; the lowest is tried first. */
  readonly priority: number;
  /** Words of the operator. */
  readonly tags: readonly string[];
  /** What it can do. */
  readonly capabilities: Capabilities;
  /** What it is known to lack, one bit each; for the filter. */
  readonly lacks: number;
  /** The most tokens of request and answer together; `Infinity` where unknown. */
  readonly contextWindow: number;
  /** What it costs now, where that is known. */
  readonly prices: TokenPrices | undefined;
  /** What says so. */
  readonly priceOf: PriceLookup;
  /** The most requests at a time; `Infinity` without a limit. */
  readonly maxConcurrency: number;
  /** The limit is found by itself, below `maxConcurrency`. */
  readonly adaptive: boolean;
  /** How many requests may wait for their turn, where that is its own. */
  readonly maxQueue: number | undefined;
  /** How long one waits at most, in ms, where that is its own. */
  readonly maxWaitMs: number | undefined;
  /** How often it is asked again for the same request. */
  readonly maxRetries: number;
  /** The bound of the first wait before that, in ms. */
  readonly retryDelayMs: number;
  /** A hash of the id; for sticky sessions. */
  readonly hash: number;
  /** Whether the config does not have its model: a caller named it, where any will do. */
  readonly adHoc: boolean;
}

/**
 * Makes a deployment.
 *
 * @throws {RangeError} when a number is out of its range.
 *
 * @example The second key of a provider
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { createDeployment } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const deployment = createDeployment({
 *   provider,
 *   model: "echo",
 *   keyIndex: 1,
 *   contextWindow: 8192,
 *   capabilities: { vision: false },
 * });
 * assertEquals(deployment.id, "mock/echo#1");
 * assertEquals(deployment.weight, 1);
 * factory.close();
 * ```
 */
export function createDeployment(place: DeploymentPlace): Deployment {
  const { provider, model, keyIndex = 0, capabilities = {} } = place;
  const id = deploymentId(provider.name, model, keyIndex);
  const { weight = 1, priority = 100 } = place;
  const prices = typeof place.prices === "function" ? undefined : place.prices;
  const priceOf = typeof place.prices === "function"
    ? place.prices
    : () => prices;
  const { contextWindow = Infinity, maxConcurrency = Infinity } = place;
  const { maxRetries = 2, retryDelayMs = 500 } = place;
  check(Number.isInteger(keyIndex) && keyIndex >= 0, id, "keyIndex");
  check(weight >= 0 && weight < Infinity, id, "weight");
  check(Number.isFinite(priority), id, "priority");
  check(contextWindow >= 1, id, "contextWindow");
  check(isCount(maxConcurrency), id, "maxConcurrency");
  check(Number.isInteger(maxRetries) && maxRetries >= 0, id, "maxRetries");
  check(retryDelayMs >= 0 && retryDelayMs <= 60_000, id, "retryDelayMs");
  check(isPrice(prices?.input) && isPrice(prices?.output), id, "prices");
  return {
    id,
    provider,
    model,
    keyIndex,
    weight,
    priority,
    tags: place.tags ?? [],
    capabilities,
    lacks: lackingBits(capabilities),
    contextWindow,
    get prices(): TokenPrices | undefined {
      return priceOf(model);
    },
    priceOf,
    maxConcurrency,
    adaptive: place.adaptive ?? false,
    maxQueue: place.maxQueue,
    maxWaitMs: place.maxWaitMs,
    maxRetries,
    retryDelayMs,
    hash: hashText(id),
    adHoc: false,
  };
}

/** The name of a deployment. */
export function deploymentId(
  provider: string,
  model: string,
  keyIndex: number = 0,
): string {
  return `${provider}/${model}${keyIndex > 0 ? `#${keyIndex}` : ""}`;
}

function isCount(count: number): boolean {
  return count >= 1 && (Number.isInteger(count) || count === Infinity);
}

function isPrice(price: number | undefined): boolean {
  return price === undefined || price >= 0 && price < Infinity;
}

function check(holds: boolean, id: string, name: string): void {
  if (!holds) {
    throw new RangeError(
      `Cannot make deployment '${id}': its '${name}' is out of range`,
    );
  }
}
