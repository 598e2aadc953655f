import { BuiltRouteTable } from "./_built_route_table.ts";
import { DeploymentBook } from "./_deployment_book.ts";
import { checkChains, makeChains } from "./_fallback_chains.ts";
import { ImplicitRoutes } from "./_implicit_routes.ts";
import { makeRoute, type RouteDraft } from "./_make_route.ts";
import { PatternIndex, splitPattern } from "./_pattern_index.ts";
import type { Route } from "./route.ts";
import type { RouteDefinition, RouteFault } from "./route_definition.ts";
import type { RouteTable } from "./route_table.ts";
import type { RoutedProvider } from "./routed_provider.ts";

/** What a table is built on. */
export interface RouteTableOptions {
  /** The providers. */
  readonly providers: readonly RoutedProvider[];
  /** The names of the providers that are known to list a model; memory only. */
  readonly find?: (model: string) => readonly string[];
}

/** A table, or everything that is wrong with its definitions. */
export type RouteTableResult =
  | { readonly ok: true; readonly table: RouteTable }
  | { readonly ok: false; readonly faults: readonly RouteFault[] };

/** More routes than a file should have. */
const MAX_ROUTES = 10_000;
/** More faults than anybody reads. */
const MAX_FAULTS = 250;

/**
 * Builds a {@linkcode RouteTable} from plain data. All that is wrong is told at
 * once, 250 faults at most: unknown targets and fallbacks, circles of
 * fallbacks, names that come twice, numbers out of their range (F6).
 *
 * @throws {RangeError} when a setting of a provider's model is out of its range.
 *
 * @example An alias with a fallback
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { buildRouteTable } from "@llm-proxy/core/routing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const providers = [{ provider }];
 * const good = buildRouteTable([
 *   { match: "fast", targets: ["mock/echo"], fallbacks: ["mock/slow"] },
 *   { match: "gpt-*", targets: ["mock/gpt-*"] },
 * ], { providers });
 * assert(good.ok);
 * assertEquals(good.table.match("gpt-5")?.capture, "5");
 *
 * const bad = buildRouteTable([
 *   { match: "fast", targets: ["mock/echo"], fallbacks: ["fast"] },
 * ], { providers });
 * assert(!bad.ok);
 * assertEquals(bad.faults, [{
 *   path: [0, "fallbacks", 0],
 *   message: "Fallbacks go in a circle: fast -> fast",
 * }]);
 * factory.close();
 * ```
 */
export function buildRouteTable(
  definitions: readonly RouteDefinition[],
  { providers, find = () => [] }: RouteTableOptions,
): RouteTableResult {
  if (definitions.length > MAX_ROUTES) {
    const message = `There are more than ${MAX_ROUTES} routes`;
    return { ok: false, faults: [{ path: [], message }] };
  }
  const faults: RouteFault[] = [];
  const book = new DeploymentBook(providers);
  const drafts = definitions.map((definition, index) =>
    makeRoute(definition, { book, index, faults })
  );
  const named = byName(drafts, faults);
  const implicit = new ImplicitRoutes(book, find);
  const table = new BuiltRouteTable({ book, implicit, ...named });
  const finding = (name: string) => table.named(name);
  checkChains(definitions, { find: finding, faults });
  if (faults.length > 0) {
    return { ok: false, faults: faults.slice(0, MAX_FAULTS) };
  }
  for (const draft of drafts) {
    if (draft.definition === undefined) continue;
    draft.fallbacks = makeChains(draft.definition, finding);
  }
  return { ok: true, table };
}

function byName(drafts: readonly RouteDraft[], faults: RouteFault[]): {
  readonly exact: ReadonlyMap<string, Route>;
  readonly patterns: PatternIndex<Route>;
  readonly rest: Route | undefined;
} {
  const exact = new Map<string, Route>();
  const patterns = new PatternIndex<Route>();
  const names = new Set<string>();
  let rest: Route | undefined;
  drafts.forEach((route, index) => {
    const { name } = route;
    if (names.has(name)) {
      const message = `Another route has the name '${name}' already`;
      faults.push({ path: [index, "match"], message });
      return;
    }
    names.add(name);
    const pattern = splitPattern(name);
    if (name === "*") rest = route;
    else if (pattern === undefined) exact.set(name, route);
    else patterns.add(pattern, route);
  });
  return { exact, patterns, rest };
}
