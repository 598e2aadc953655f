import { Cooldown, type CooldownOptions } from "../cooldown.ts";
import { UpstreamError } from "../errors.ts";
import { classifyFailure } from "../failure_class.ts";
import { retryDelay } from "../retry_after.ts";
import type { Availability, AvailabilityView } from "./availability.ts";
import type { Deployment } from "./deployment.ts";

/**
 * Keeps requests away from deployments that asked to be left alone, and from
 * keys that were refused, with all deployments behind them (U17, U18). The mock
 * provider never cools: its errors were asked for.
 *
 * @example A limit is one model's, a refused key is every model's
 * ```ts
 * import { ProviderFactory, UpstreamError } from "@llm-proxy/core";
 * import { Cooldowns, createDeployment } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "openai", type: "openai" });
 * const one = createDeployment({ provider, model: "gpt-5" });
 * const other = createDeployment({ provider, model: "gpt-5-mini" });
 * const cooldowns = new Cooldowns();
 * cooldowns.observe(one, new UpstreamError("rate_limit", "Slow down", { code: "rate_limit_exceeded" }));
 * assertEquals(cooldowns.isAvailable(other), true);
 * cooldowns.observe(one, new UpstreamError("authentication", "No", { code: "invalid_api_key" }));
 * assertEquals(cooldowns.isAvailable(other) === true, false);
 * factory.close();
 * ```
 */
export class Cooldowns implements AvailabilityView {
  readonly #deployments: Cooldown;
  readonly #keys: Cooldown;
  readonly #now: () => number;
  /** The ids of deployments that get nothing until somebody says otherwise. */
  drained: ReadonlySet<string> = new Set();

  /** Begins with nothing cooling. */
  constructor(options: CooldownOptions = {}) {
    this.#deployments = new Cooldown(options);
    this.#keys = new Cooldown(options);
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Takes note of a failed attempt; most errors cool nothing.
   *
   * @param isSole Whether the request can go nowhere else: then only what asks
   * for time is heeded.
   */
  observe(
    deployment: Deployment,
    error: unknown,
    { isSole = false }: { readonly isSole?: boolean } = {},
  ): void {
    if (deployment.provider.type === "mock") return;
    if (isSole && !asksForTime(error)) return;
    if (classifyFailure(error) === "credential") {
      this.#keys.observe(keyOf(deployment), error);
    } else this.#deployments.observe(deployment.id, error);
  }

  /** Notes that an attempt went well. */
  succeeded(deployment: Deployment): void {
    this.#deployments.succeeded(deployment.id);
    if (this.#keys.size > 0) this.#keys.succeeded(keyOf(deployment));
  }

  /** Whether the deployment is not drained, and neither it nor its key is cooling. */
  isAvailable(deployment: Deployment): Availability {
    if (this.drained.size > 0 && this.drained.has(deployment.id)) {
      return { reason: "it is drained" };
    }
    const cooling = this.#deployments.remaining(deployment.id);
    if (cooling > 0) {
      return {
        reason: "its provider asked to be left alone for a while",
        retryAt: this.#now() + cooling,
      };
    }
    return this.refusesKey(deployment)
      ? { reason: "its provider refuses the key" }
      : true;
  }

  /** Whether the key of a deployment was refused a moment ago. */
  refusesKey(deployment: Deployment): boolean {
    return this.#keys.size > 0 && !this.drained.has(deployment.id) &&
      this.#keys.remaining(keyOf(deployment)) > 0;
  }
}

function asksForTime(error: unknown): boolean {
  return error instanceof UpstreamError &&
    (retryDelay(error.headers, { body: error.details }) ?? 0) > 0;
}

function keyOf({ provider, keyIndex }: Deployment): string {
  return `${provider.name}#${keyIndex}`;
}
