import { ModelCache } from "@llm-proxy/context";
import {
  type Deployment,
  listModels,
  type Provider,
  ProviderFactory,
  providerTypes,
  Router,
} from "@llm-proxy/core";
import type { StructuredLogger } from "@llm-proxy/logging";
import { KeyRing } from "./authenticate.ts";
import type { Config } from "./config_types.ts";
import type { ProviderConfig } from "./config_types_provider.ts";
import { providerSettings } from "./_provider_settings.ts";

/** Why a provider that exists is off: what would switch it on. */
function reasonOff(name: string, { providers }: Config): string | undefined {
  if (providers.some((entry) => entry.name === name)) {
    return "the config has it with 'enabled: false'";
  }
  const type = providerTypes.get(name);
  if (type === undefined) return undefined;
  return type.keyEnv === undefined || type.baseUrl === undefined
    ? "add it to the config"
    : `set ${type.keyEnv}, or add it to the config`;
}

/** Everything that a request needs, made once from the config. */
export class Gateway {
  readonly config: Config;
  readonly logger: StructuredLogger;
  readonly keys: KeyRing;
  readonly router: Router;
  readonly catalogue: ModelCache;
  /** When it was made, in ms since 1970. */
  readonly startedAt: number = Date.now();
  readonly #factory = new ProviderFactory();
  /** Providers whose models the config does not list. */
  readonly #asked: readonly Provider[];

  /** Makes the providers; no connection is opened yet. */
  constructor(config: Config, logger: StructuredLogger) {
    this.config = config;
    this.logger = logger;
    this.keys = new KeyRing(config.auth.api_keys);
    this.catalogue = new ModelCache({
      onFailure: (provider, cause) =>
        logger.warn("a provider does not list its models", { provider, cause }),
    });
    const enabled = config.providers.filter(({ enabled }) => enabled);
    this.router = new Router(enabled.map((entry) => this.#entry(entry)), {
      find: (model) => this.catalogue.find(model),
      off: (name) => reasonOff(name, config),
    });
    this.#asked = this.router.providers.filter(({ models }) => !models);
    for (const provider of this.#asked) {
      this.catalogue.add(
        provider.name,
        (signal) => listModels(provider, { signal }),
      );
    }
  }

  /**
   * Finds where a model name leads. Providers are asked for their lists only
   * when nothing in memory knows the name.
   *
   * @throws {GatewayError} 404 `model_not_found`.
   */
  resolve(name: string): Deployment | Promise<Deployment> {
    if (this.router.knows(name) || this.#asked.length === 0) {
      return this.router.resolve(name);
    }
    return this.loadCatalogue().then(() => this.router.resolve(name));
  }

  /** Has every provider's list in memory, as far as they answer. */
  async loadCatalogue(): Promise<void> {
    await Promise.all(
      this.#asked.map(({ name }) => this.catalogue.list(name)),
    );
  }

  /** Closes every connection, those in use included. */
  close(): void {
    this.catalogue.close();
    this.#factory.close();
  }

  #entry(
    entry: ProviderConfig,
  ): { provider: Provider; priority: number; forced: boolean } {
    const provider = this.#factory.create(providerSettings(entry, this.config));
    return { provider, priority: entry.priority, forced: entry.forced };
  }
}
