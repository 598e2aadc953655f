import { type ChaosFault, checkChaosFault } from "./chaos_fault.ts";
import { ChaosTransport } from "./chaos_transport.ts";
import type { Provider } from "./provider.ts";

/** What {@linkcode Chaos} does. */
export interface ChaosOptions {
  /** Tried in order; the first that strikes an attempt is used. */
  readonly faults: readonly ChaosFault[];
  /**
   * Gives numbers from 0 up to but not including 1.
   *
   * @default {Math.random}
   */
  readonly random?: () => number;
}

/** What is known of an attempt besides its provider. */
export interface ChaosAttempt {
  /** The model, as the provider names it. Absent: no fault that names one strikes. */
  readonly model?: string;
  /** The route that the request came by. Absent: no fault that names one strikes. */
  readonly route?: string;
}

/** How often a fault struck. */
export interface ChaosCount {
  /** The fault, as it was given. */
  readonly fault: ChaosFault;
  /** Attempts that it has struck. */
  readonly strikes: number;
}

/**
 * Lets attempts fail on purpose, to see how a gateway and its clients take it.
 *
 * It decides anew for each attempt. One that is spared keeps its provider as it
 * is and costs no more than a look at each fault; one that is struck gets the
 * provider with a {@linkcode ChaosTransport} in front of its own.
 *
 * @example Every attempt at one model is refused
 * ```ts
 * import { Chaos, ProviderFactory } from "@llm-proxy/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const chaos = new Chaos({
 *   faults: [{
 *     type: "rate_limit",
 *     probability: 1,
 *     match: { provider: "mock", model: "echo" },
 *     retryAfter: 5,
 *   }],
 * });
 * const factory = new ProviderFactory();
 * const mock = factory.create({ name: "mock", type: "mock" });
 * assert(chaos.provider(mock, { model: "lorem" }) === mock);
 *
 * const struck = chaos.provider(mock, { model: "echo" });
 * const { status, headers, body } = await struck.transport.send(
 *   { method: "POST", url: "mock://mock/chat/completions", headers: {}, body: "{}" },
 *   { signal: new AbortController().signal },
 * );
 * body.cancel();
 * assertEquals([status, headers["retry-after"]], [429, "5"]);
 * assertEquals(chaos.counts().map(({ strikes }) => strikes), [1]);
 * factory.close();
 * ```
 */
export class Chaos {
  readonly #faults: readonly ChaosFault[];
  readonly #strikes: number[];
  readonly #random: () => number;

  /**
   * Takes the faults.
   *
   * @throws {TypeError} when the type of a fault is unknown.
   * @throws {RangeError} when a number of a fault is missing or out of its range.
   */
  constructor({ faults, random = Math.random }: ChaosOptions) {
    faults.forEach((it, at) => checkChaosFault(`Chaos: 'faults[${at}]`, it));
    this.#faults = faults;
    this.#strikes = faults.map(() => 0);
    this.#random = random;
  }

  /**
   * The provider to make one attempt with: itself, or, where a fault strikes,
   * a copy that is reached through the fault.
   */
  provider(provider: Provider, attempt: ChaosAttempt = {}): Provider {
    for (let at = 0; at < this.#faults.length; at++) {
      const fault = this.#faults[at]!;
      if (!isMeant(fault, provider.name, attempt)) continue;
      if (this.#random() >= fault.probability) continue;
      this.#strikes[at]! += 1;
      const { dialect, transport } = provider;
      return {
        ...provider,
        transport: new ChaosTransport(transport, {
          fault,
          dialect,
          random: this.#random,
        }),
      };
    }
    return provider;
  }

  /** How often each fault has struck, in the faults' order. */
  counts(): ChaosCount[] {
    return this.#faults.map((fault, at) => ({
      fault,
      strikes: this.#strikes[at]!,
    }));
  }
}

function isMeant(
  { match }: ChaosFault,
  provider: string,
  { model, route }: ChaosAttempt,
): boolean {
  if (match === undefined) return true;
  return (match.provider === undefined || match.provider === provider) &&
    (match.model === undefined || match.model === model) &&
    (match.route === undefined || match.route === route);
}
