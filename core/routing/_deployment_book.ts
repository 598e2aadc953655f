import {
  createDeployment,
  type Deployment,
  type DeploymentSettings,
} from "./deployment.ts";
import type { RoutedProvider } from "./routed_provider.ts";

/** The deployments of one model at one provider, one for each key. */
export type Pool = readonly Deployment[];

/** What stands for any model of a provider. */
export const ANY_MODEL = "*";

interface Page {
  readonly entry: RoutedProvider;
  readonly pools: Map<string, Pool>;
}

/** All deployments of a table, each made once. Providers come in the order of their priority. */
export class DeploymentBook {
  readonly #pages = new Map<string, Page>();
  /** The providers that list a model, by its name. */
  readonly #listed = new Map<string, string[]>();

  /** Makes the deployments of all models that are listed or have settings. */
  constructor(providers: readonly RoutedProvider[]) {
    const ordered = providers.toSorted((a, b) => priorityOf(a) - priorityOf(b));
    for (const entry of ordered) {
      const { name, models = [] } = entry.provider;
      this.#pages.set(name, { entry, pools: new Map() });
      this.pool(name, ANY_MODEL);
      for (const model of entry.models?.keys() ?? []) this.pool(name, model);
      for (const model of new Set(models)) {
        this.pool(name, model);
        const names = this.#listed.get(model);
        if (names === undefined) this.#listed.set(model, [name]);
        else names.push(name);
      }
    }
  }

  /** The providers, in the order of their priority. */
  get providers(): readonly RoutedProvider[] {
    return [...this.#pages.values()].map(({ entry }) => entry);
  }

  /** Every deployment. */
  get deployments(): readonly Deployment[] {
    return [...this.#pages.values()]
      .flatMap(({ pools }) => [...pools.values()].flat());
  }

  /** The models that are listed, each with the providers that list it. */
  get listed(): ReadonlyMap<string, readonly string[]> {
    return this.#listed;
  }

  /** Whether there is such a provider. */
  has(provider: string): boolean {
    return this.#pages.has(provider);
  }

  /** The deployments of a model, made where they are new. Not for names that callers choose: they stay. */
  pool(provider: string, model: string): Pool {
    const page = this.#pages.get(provider);
    if (page === undefined) return [];
    const known = page.pools.get(model);
    if (known !== undefined) return known;
    const { entry } = page;
    const settings: DeploymentSettings = {
      priority: priorityOf(entry),
      ...entry.settings,
      ...entry.models?.get(model),
    };
    const pool = [entry.provider, ...entry.moreKeys ?? []]
      .map((provider, keyIndex) =>
        createDeployment({ ...settings, provider, model, keyIndex })
      );
    page.pools.set(model, pool);
    return pool;
  }

  /** The deployment of a model behind one key, where it is known. */
  find(
    provider: string,
    model: string,
    keyIndex: number,
  ): Deployment | undefined {
    return this.#pages.get(provider)?.pools.get(model)?.[keyIndex];
  }
}

function priorityOf({ priority = 100 }: RoutedProvider): number {
  return priority;
}
