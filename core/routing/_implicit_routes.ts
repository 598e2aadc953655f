import { ANY_MODEL, type DeploymentBook } from "./_deployment_book.ts";
import type {
  FallbackChains,
  Route,
  RouteMatch,
  RouteTarget,
} from "./route.ts";
import { weighted } from "./weighted.ts";

const NO_FALLBACKS: FallbackChains = {
  error: [],
  contextWindow: [],
  contentPolicy: [],
};
/** So many sets of providers that list the same models are kept. */
const MAX_SETS = 1000;

/** The routes that follow from the providers alone. */
export class ImplicitRoutes {
  readonly #book: DeploymentBook;
  readonly #find: (model: string) => readonly string[];
  readonly #addresses = new Map<string, Route>();
  readonly #listed = new Map<string, Route>();
  /** By the names of the providers, for they are few where models are many. */
  readonly #discovered = new Map<string, Route>();
  readonly #forced: Route | undefined;
  readonly #open: Route | undefined;

  /** Makes those that are known beforehand. */
  constructor(
    book: DeploymentBook,
    find: (model: string) => readonly string[],
  ) {
    this.#book = book;
    this.#find = find;
    for (const [model, names] of book.listed) {
      this.#listed.set(model, this.#route(model, names, model));
    }
    const { providers } = book;
    for (const { provider: { name } } of providers) {
      this.#addresses.set(name, this.#route(`${name}/*`, [name], ANY_MODEL));
    }
    const forced = providers.find(({ forced }) => forced)?.provider.name;
    this.#forced = this.#addresses.get(forced ?? "");
    const unlisted = providers.filter(({ provider }) =>
      provider.models === undefined && provider.type !== "mock"
    );
    const [only] = unlisted;
    this.#open = unlisted.length === 1
      ? this.#addresses.get(only?.provider.name ?? "")
      : undefined;
  }

  /** For an address `provider/model` with its first slash there. */
  address(name: string, slash: number): RouteMatch | undefined {
    const route = this.#addresses.get(name.slice(0, slash));
    if (route === undefined || slash === name.length - 1) return undefined;
    return { route, capture: name.slice(slash + 1) };
  }

  /** For any bare name, where a provider is forced. */
  forced(name: string): RouteMatch | undefined {
    if (this.#forced === undefined || !isBare(name)) return undefined;
    return { route: this.#forced, capture: name };
  }

  /** For a name that the config lists. */
  listed(name: string): RouteMatch | undefined {
    const route = this.#listed.get(name);
    return route && { route, capture: "" };
  }

  /** For a name that providers are known to list. */
  discovered(name: string): RouteMatch | undefined {
    const found = this.#find(name);
    if (found.length === 0) return undefined;
    const names = found.length === 1 ? found : this.#book.providers
      .map(({ provider }) => provider.name)
      .filter((provider) => found.includes(provider));
    const key = names.join("/");
    let route = this.#discovered.get(key);
    if (route === undefined) {
      route = this.#route(name, names, ANY_MODEL);
      if (route.targets.length === 0) return undefined;
      if (this.#discovered.size >= MAX_SETS) this.#discovered.clear();
      this.#discovered.set(key, route);
    }
    return { route, capture: name };
  }

  /** For a bare name that nobody knows. */
  open(name: string): RouteMatch | undefined {
    if (this.#open === undefined || !isBare(name)) return undefined;
    return { route: this.#open, capture: name };
  }

  #route(name: string, providers: readonly string[], model: string): Route {
    const targets = providers.flatMap((provider, rank) => {
      const pool = this.#book.pool(provider, model);
      return pool.map((deployment): RouteTarget => ({
        deployment,
        provider: deployment.provider,
        model,
        weight: deployment.weight / pool.length,
        rank,
        around: model === ANY_MODEL ? ["", ""] : undefined,
      }));
    });
    return {
      name,
      definition: undefined,
      targets,
      strategy: weighted,
      sticky: undefined,
      arms: [],
      shadow: undefined,
      fallbacks: NO_FALLBACKS,
      open: model === ANY_MODEL,
    };
  }
}

/**
 * Whether a name has no provider in front. One with a slash that leads nowhere
 * may be a slip, and what it carries is meant for somebody else.
 */
function isBare(name: string): boolean {
  return name !== "" && !name.includes("/");
}
