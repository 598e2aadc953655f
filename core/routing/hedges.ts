import { HedgePolicy } from "./hedge_policy.ts";
import type { Route } from "./route.ts";

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
  readonly #policies = new Map<
    string,
    { readonly settings: string; readonly policy: HedgePolicy }
  >();

  /** The policy of a route; `undefined` where it never hedges. */
  of({ name, definition }: Route): HedgePolicy | undefined {
    const options = definition?.hedge;
    if (options === undefined) return undefined;
    const known = this.#policies.get(name);
    const settings = JSON.stringify(options);
    if (known?.settings === settings) return known.policy;
    const policy = new HedgePolicy(options);
    this.#policies.set(name, { settings, policy });
    return policy;
  }
}
