import { type HedgeOptions, HedgePolicy } from "./hedge_policy.ts";
import type { Route } from "./route.ts";

interface Kept {
  /** Those it was made with, or as good as. */
  options: HedgeOptions;
  readonly policy: HedgePolicy;
}

/**
 * The hedge policy of each route that has one, by its name, so that what was
 * saved up outlives a reload.
 *
 * @example Only routes that say so
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { buildRouteTable, Hedges } from "@llm-proxy/core/routing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const built = buildRouteTable([
 *   { match: "fast", targets: ["mock/echo", "mock/lorem"], hedge: {} },
 * ], { providers: [{ provider }] });
 * assert(built.ok);
 * const hedges = new Hedges();
 * const of = (name: string) => hedges.of(built.table.match(name)!.route);
 * assertEquals([of("fast") !== undefined, of("mock/echo")], [true, undefined]);
 * factory.close();
 * ```
 */
export class Hedges {
  readonly #policies = new Map<string, Kept>();

  /** How many routes have one. */
  get size(): number {
    return this.#policies.size;
  }

  /** The policy of a route; `undefined` where it never hedges. */
  of({ name, definition }: Route): HedgePolicy | undefined {
    const options = definition?.hedge;
    if (options === undefined) return undefined;
    const known = this.#policies.get(name);
    if (known?.options === options) return known.policy;
    if (known !== undefined && isAlike(known.options, options)) {
      known.options = options;
      return known.policy;
    }
    const policy = new HedgePolicy(options);
    this.#policies.set(name, { options, policy });
    return policy;
  }

  /** Forgets the routes that the config no longer has. */
  retain(names: Iterable<string>): void {
    const kept = new Set(names);
    for (const name of this.#policies.keys()) {
      if (!kept.has(name)) this.#policies.delete(name);
    }
  }
}

function isAlike(one: HedgeOptions, other: HedgeOptions): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
