import type { DeploymentBook } from "./_deployment_book.ts";
import { fillIn } from "./_fallback_chains.ts";
import type { ImplicitRoutes } from "./_implicit_routes.ts";
import type { PatternIndex } from "./_pattern_index.ts";
import type { Deployment } from "./deployment.ts";
import type {
  Candidate,
  FallbackChains,
  FoundRoute,
  Route,
  RouteMatch,
  RouteTarget,
} from "./route.ts";
import type { RouteTable } from "./route_table.ts";
import type { RoutedProvider } from "./routed_provider.ts";

/** What was found for names is remembered up to so many names and places where they lead, and then looked up anew. */
const MAX_FOUND = 4_000;
/** No model has a longer name: what callers send as one is not remembered. */
const MAX_NAME = 256;

/** What a table is made of; see `buildRouteTable`. */
export interface RouteTableParts {
  readonly book: DeploymentBook;
  /** The routes whose name has no `*`. */
  readonly exact: ReadonlyMap<string, Route>;
  /** The routes with a pattern. */
  readonly patterns: PatternIndex<Route>;
  /** The route whose pattern is `*` alone. */
  readonly rest: Route | undefined;
  readonly implicit: ImplicitRoutes;
}

/** A table made of its parts; see {@linkcode RouteTable}. */
export class BuiltRouteTable implements RouteTable {
  readonly #parts: RouteTableParts;
  /** What was found for names, where that stays what it is. */
  readonly #found = new Map<string, FoundRoute>();
  /** How many names and places that are. */
  #size = 0;

  /** Takes the parts as they are. */
  constructor(parts: RouteTableParts) {
    this.#parts = parts;
  }

  /** Every deployment that a route names or a provider has. */
  get deployments(): readonly Deployment[] {
    return this.#parts.book.deployments;
  }

  /** The providers, in the order of their priority. */
  get providers(): readonly RoutedProvider[] {
    return this.#parts.book.providers;
  }

  /** The names that can be asked for as they are: routes without `*`, then listed models. */
  get names(): readonly string[] {
    const { exact, book } = this.#parts;
    return [...new Set([...exact.keys(), ...book.listed.keys()])];
  }

  /** The route of a name; `undefined` where there is none. */
  match(name: string): FoundRoute | undefined {
    const lasting = this.#lasting(name);
    if (lasting !== undefined) return lasting;
    const { implicit } = this.#parts;
    const match = implicit.discovered(name) ?? implicit.open(name);
    return match && this.#fillIn(match);
  }

  /** Whether a name is known without trusting the one open provider with it. */
  knows(name: string): boolean {
    return this.#lasting(name) !== undefined ||
      this.#parts.implicit.discovered(name) !== undefined;
  }

  /** The route of a name that the config itself has, nothing being guessed or forced. */
  named(name: string): RouteMatch | undefined {
    const { rest, implicit } = this.#parts;
    return this.#defined(name) ?? implicit.listed(name) ?? withRest(rest, name);
  }

  /** The places where a route leads, the `*` of each filled in. */
  candidates(
    targets: readonly RouteTarget[],
    capture: string,
  ): readonly Candidate[] {
    const hasOpen = targets.some(({ around }) => around !== undefined);
    return hasOpen
      ? targets.map((target) => this.#fill(target, capture))
      : targets;
  }

  /** The route of a name that has the same one as long as there is the table. */
  #lasting(name: string): FoundRoute | undefined {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const { rest, implicit } = this.#parts;
    const match = this.#defined(name) ?? implicit.forced(name) ??
      implicit.listed(name) ?? withRest(rest, name);
    if (match === undefined) return undefined;
    const found = this.#fillIn(match);
    if (name.length > MAX_NAME) return found;
    this.#size += 1 + found.candidates.length;
    if (this.#size > MAX_FOUND) {
      this.#found.clear();
      this.#size = 1 + found.candidates.length;
    }
    this.#found.set(name, found);
    return found;
  }

  /** A route of that name, or a pattern or address that fits it. */
  #defined(name: string): RouteMatch | undefined {
    const { exact, patterns, implicit } = this.#parts;
    const route = exact.get(name);
    if (route !== undefined) return { route, capture: "" };
    const found = patterns.match(name);
    const slash = name.indexOf("/");
    const address = slash > 0 && (found === undefined || found.before <= slash)
      ? implicit.address(name, slash)
      : undefined;
    if (address !== undefined || found === undefined) return address;
    return { route: found.value, capture: found.capture };
  }

  #fillIn({ route, capture }: RouteMatch): FoundRoute {
    return {
      route,
      capture,
      candidates: this.candidates(route.targets, capture),
      fallbacks: fallbacksOf(route, capture),
    };
  }

  #fill(target: RouteTarget, capture: string): Candidate {
    const { around, weight, rank } = target;
    if (around === undefined) return target;
    const model = around[0] + capture + around[1];
    const deployment = this.#parts.book.instance(target.deployment, model);
    return { deployment, provider: target.provider, model, weight, rank };
  }
}

/** The fallbacks of a route, the `*` of each filled in. */
function fallbacksOf(
  { fallbacks, open }: Route,
  capture: string,
): FallbackChains {
  if (!open || capture === "" || isEmpty(fallbacks)) return fallbacks;
  const fill = (name: string): string => fillIn(name, capture);
  return {
    error: fallbacks.error.map(fill),
    contextWindow: fallbacks.contextWindow.map(fill),
    contentPolicy: fallbacks.contentPolicy.map(fill),
  };
}

function isEmpty(
  { error, contextWindow, contentPolicy }: FallbackChains,
): boolean {
  return error.length + contextWindow.length + contentPolicy.length === 0;
}

function withRest(
  rest: Route | undefined,
  name: string,
): RouteMatch | undefined {
  return rest && name !== "" ? { route: rest, capture: name } : undefined;
}
