import { buildRouteTable, type RouteTable } from "@llm-proxy/core/routing";
import type { Config } from "./config_types.ts";
import type { LastingParts } from "./_lasting_parts.ts";
import { providerSettings } from "./_provider_settings.ts";
import { providerPool, routeOptions } from "./route_options.ts";

/** What routes are made of besides a config. */
type RouteParts =
  & Pick<LastingParts, "factory">
  & Partial<Pick<LastingParts, "accounts" | "catalogue" | "selections">>;

/**
 * The routes of a config, over providers that a factory makes.
 *
 * @throws {TypeError} when it leads nowhere.
 */
export function routesOf(
  config: Config,
  { factory, accounts, catalogue, selections }: RouteParts,
): { readonly table: RouteTable; readonly continuing: ReadonlySet<string> } {
  const made = factory.update(
    providerPool(config).map((entry) => providerSettings(entry, config)),
  );
  const { definitions, providers, continuing } = routeOptions(config, {
    made,
    ...accounts && { prices: accounts.prices },
    priorityOf: (provider) => selections?.priorityOf(provider),
  });
  const find = (model: string): readonly string[] =>
    catalogue?.find(model) ?? [];
  const built = buildRouteTable(definitions, { providers, find });
  if (built.ok) return { table: built.table, continuing };
  // The check of a file finds these; a config made in code may have them.
  const faults = built.faults.map(({ message }) => message);
  throw new TypeError(`Cannot route: ${faults.join("; ")}`);
}
