import type { Deployment } from "./deployment.ts";
import type { Candidate, FoundRoute, RouteTarget } from "./route.ts";
import type { RoutedProvider } from "./routed_provider.ts";

/**
 * Finds the route of a model name. It is made once, by `buildRouteTable`, and
 * never changes. A look-up costs the same with
 * ten routes and with thousands.
 *
 * The first of these that fits: a route of that very name; the pattern with the
 * most letters, which for an address `provider/model` must spell the provider;
 * the provider of an address; the forced provider; the providers that list the
 * model in the config; the route `*`; the providers that are known to list it;
 * the one real provider that has no list in the config, which then judges
 * itself: a catalogue never decides access.
 *
 * @example Two ways to one model
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { buildRouteTable, type RouteTable } from "@llm-proxy/core/routing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock", models: ["echo"] });
 * const built = buildRouteTable([], { providers: [{ provider }] });
 * assert(built.ok);
 * const table: RouteTable = built.table;
 * assertEquals(table.match("echo")?.route.targets[0]?.deployment.id, "mock/echo");
 * assertEquals(table.match("mock/echo")?.capture, "echo");
 * assertEquals(table.knows("other"), false);
 * factory.close();
 * ```
 */
export interface RouteTable {
  /** Every deployment that a route names or a provider has. */
  readonly deployments: readonly Deployment[];
  /** The providers, in the order of their priority. */
  readonly providers: readonly RoutedProvider[];
  /** The names that can be asked for as they are: routes without `*`, then listed models. */
  readonly names: readonly string[];
  /** The route of a name; `undefined` where there is none. */
  match(name: string): FoundRoute | undefined;
  /** Whether a name is known without trusting the one open provider with it. */
  knows(name: string): boolean;
  /** The places where targets lead, the `*` of each filled in with what a match captured. */
  candidates(
    targets: readonly RouteTarget[],
    capture: string,
  ): readonly Candidate[];
}
