import {
  createDeployment,
  type Deployment,
  deploymentId,
  type DeploymentSettings,
} from "./deployment.ts";
import type { RoutedProvider } from "./routed_provider.ts";
import { hashText } from "./stable_hash.ts";

/** The deployments of one model at one provider, one for each key. */
export type Pool = readonly Deployment[];

/** What stands for any model of a provider. */
export const ANY_MODEL = "*";

/** So many deployments of models that only callers named are kept; they are made anew when asked for again. */
const MAX_INSTANCES = 10_000;

interface Page {
  readonly entry: RoutedProvider;
  readonly pools: Map<string, Pool>;
}

/** All deployments of a table, each made once. Providers come in the order of their priority. */
export class DeploymentBook {
  readonly #pages = new Map<string, Page>();
  /** The providers that list a model, by its name. */
  readonly #listed = new Map<string, string[]>();
  /** Deployments of models that callers named, by their ids. */
  readonly #instances = new Map<string, Deployment>();

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

  /**
   * What a deployment with a `*` is for one model: a deployment of its own, so
   * that a model that fails, or is tried, says nothing of the provider's others.
   */
  instance(open: Deployment, model: string): Deployment {
    const { provider, keyIndex } = open;
    const known = this.#pages.get(provider.name)?.pools.get(model)?.[keyIndex];
    if (known !== undefined) return known;
    const id = deploymentId(provider.name, model, keyIndex);
    let instance = this.#instances.get(id);
    if (instance === undefined) {
      instance = {
        ...open,
        id,
        model,
        get prices() {
          return open.priceOf(model);
        },
        hash: hashText(id),
        adHoc: true,
      };
      if (this.#instances.size >= MAX_INSTANCES) this.#instances.clear();
      this.#instances.set(id, instance);
    }
    return instance;
  }
}

function priorityOf({ priority = 100 }: RoutedProvider): number {
  return priority;
}
