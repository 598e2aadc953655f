import {
  MemoryStateStore,
  ModelCache,
  type OpenStateStore,
  TokenCounter,
} from "@llm-proxy/context";
import {
  Chaos,
  classifyFailure,
  type Destination,
  GatewayError,
  listModels,
  type Provider,
  ProviderChecks,
  ProviderFactory,
  ProviderHealth,
  providerTypes,
  RetryBudget,
} from "@llm-proxy/core";
import {
  Breakers,
  buildRouteTable,
  Bulkheads,
  Cooldowns,
  DeploymentStates,
  Failover,
  Hedges,
  ProviderLimits,
  type RoutedAttempt,
  type RouteTable,
  Shadows,
} from "@llm-proxy/core/routing";
import type { Logger } from "@llm-proxy/logging";
import { KeyRing } from "./authenticate.ts";
import type { Config } from "./config_types.ts";
import { providerSettings } from "./_provider_settings.ts";
import { RequestLimits } from "./request_limits.ts";
import { sharedLimits } from "./_shared_limits.ts";
import { RequestMetrics } from "./_request_metrics.ts";
import {
  breakersOptions,
  chaosFaults,
  limitOptions,
  retryBudgetOptions,
  retryOptions,
} from "./resilience_options.ts";
import { providerPool, routeOptions } from "./route_options.ts";

const SECOND = 1000;

/** Why a provider that exists is off: what would switch it on. */
function reasonOff(name: string, { providers }: Config): string | undefined {
  if (providers.some((entry) => entry.name === name)) {
    return "the config has it with 'enabled: false'";
  }
  const type = providerTypes.get(name);
  if (type === undefined) return undefined;
  return type.keyEnv === undefined || type.baseUrl === undefined
    ? "add it to the config"
    : `set ${type.keyEnv[0]}, or add it to the config`;
}

/** Everything that a request needs, made once from the config. */
export class Gateway {
  readonly config: Config;
  readonly logger: Logger;
  /** What a restart must not lose; closed after the gateway, by whoever opened it. */
  readonly state: OpenStateStore;
  readonly keys: KeyRing;
  /** What callers may ask. */
  readonly limits: RequestLimits;
  /** Carries requests to deployments. */
  readonly failover: Failover;
  readonly catalogue: ModelCache;
  /** The names of the routes whose broken streams go on at another deployment. */
  readonly continuing: ReadonlySet<string>;
  /** Counts tokens; loads nothing until something is to be counted exactly. */
  readonly tokens: TokenCounter = new TokenCounter();
  /** Copies of requests, whose answers are compared and thrown away. */
  readonly shadows: Shadows;
  /** How providers do. */
  readonly health: ProviderHealth = new ProviderHealth();
  /** What is counted. */
  readonly metrics: RequestMetrics;
  /** Faults that are wanted; `undefined` where none are. */
  readonly chaos: Chaos | undefined;
  /** When it was made, in ms since 1970. */
  readonly startedAt: number = Date.now();
  /** It is about to stop: no load balancer should send it more. */
  draining = false;
  readonly #factory = new ProviderFactory();
  /** Providers whose models the config does not list. */
  readonly #asked: readonly Provider[];
  readonly #checks: ProviderChecks | undefined;

  /** Makes the providers; no connection is opened yet. */
  constructor(
    config: Config,
    logger: Logger,
    state: OpenStateStore = new MemoryStateStore(),
  ) {
    this.config = config;
    this.logger = logger;
    this.state = state;
    this.keys = new KeyRing(config.auth.api_keys);
    const limits = limitOptions(config);
    this.limits = new RequestLimits({
      ...limits,
      onRefusal: (refusal) => this.metrics.limitRefused(refusal),
      shared: state.isShared ? sharedLimits(state, logger) : undefined,
    });
    this.catalogue = new ModelCache({
      onFailure: (provider, cause) =>
        logger.warn("a provider does not list its models", { provider, cause }),
    });
    const { table, continuing } = this.#routes();
    this.continuing = continuing;
    const providerLimits = new ProviderLimits(limits.providers);
    this.shadows = new Shadows({ limits: providerLimits });
    this.failover = new Failover({
      table,
      states: new DeploymentStates(),
      breakers: new Breakers({
        ...breakersOptions(config.circuit_breaker),
        onStateChange: (deployment, { from, to, reason }) =>
          logger.warn("a circuit breaker has changed", {
            deployment,
            from,
            to,
            reason,
          }),
      }),
      cooldowns: new Cooldowns(),
      bulkheads: new Bulkheads(),
      limits: providerLimits,
      budget: new RetryBudget(retryBudgetOptions(config.retry)),
      hedges: new Hedges(),
      retry: retryOptions(config.retry),
    });
    this.metrics = new RequestMetrics(this);
    // Each key does as well as its account does.
    this.health.watch(
      table.providers.flatMap(({ provider, moreKeys = [] }) => [
        provider,
        ...moreKeys,
      ]),
    );
    this.health.onChange(({ provider: { name: provider }, from, to }) =>
      logger.warn("a provider's health has changed", { provider, from, to })
    );
    this.#checks = this.#startChecks();
    const faults = chaosFaults(config.chaos_engineering);
    this.chaos = faults.length > 0 ? new Chaos({ faults }) : undefined;
    this.#asked = this.providers.filter(({ models }) => !models);
    for (const provider of this.#asked) {
      this.catalogue.add(
        provider.name,
        (signal) => listModels(provider, { signal }),
      );
    }
  }

  /** The routes. */
  get table(): RouteTable {
    return this.failover.table;
  }

  /** The providers in the order of their priority. */
  get providers(): readonly Provider[] {
    return this.table.providers.map(({ provider }) => provider);
  }

  /**
   * Has a model's name known where that is possible: providers are asked for
   * their lists only when nothing in memory knows it.
   *
   * @throws {GatewayError} 404 `model_not_found` where its provider is off.
   */
  learn(name: string): Promise<void> | void {
    if (this.table.knows(name)) return;
    if (this.#asked.length === 0) return this.#checkOff(name);
    return this.loadCatalogue().then(() => this.#checkOff(name));
  }

  /** The provider of an attempt, behind whatever fault is wanted. */
  reach({ provider, model }: Destination, route: string): Provider {
    return this.chaos?.provider(provider, { model, route }) ?? provider;
  }

  /** Notes what a failed attempt says of its provider. */
  noteFailure(
    { candidate: { provider }, signal, limits }: RoutedAttempt,
    error: unknown,
  ): void {
    this.health.failed(provider, {
      failureClass: classifyFailure(error, {
        callerLeft: signal.aborted,
        limits,
        ownLimits: provider.limits,
      }),
      code: error instanceof GatewayError ? error.code : "internal_error",
    });
  }

  /** Has every provider's list in memory, as far as they answer. */
  async loadCatalogue(): Promise<void> {
    await Promise.all(
      this.#asked.map(({ name }) => this.catalogue.list(name)),
    );
  }

  /** Closes every connection, those in use included. */
  close(): void {
    this.#checks?.close();
    this.metrics.close();
    this.shadows.close();
    this.catalogue.close();
    this.tokens.close();
    this.#factory.close();
  }

  #checkOff(name: string): void {
    if (this.table.match(name) !== undefined) return;
    const [provider = ""] = name.split("/", 1);
    const reason = name.includes("/")
      ? reasonOff(provider, this.config)
      : undefined;
    if (reason === undefined) return;
    throw new GatewayError(
      "not_found",
      `Provider '${provider.slice(0, 200)}' is off: ${reason}`,
      { code: "model_not_found", param: "model" },
    );
  }

  /** Asks every provider from time to time how it is, where that is wanted. */
  #startChecks(): ProviderChecks | undefined {
    const { enabled, interval, timeout } = this.config.health_check;
    if (!enabled) return undefined;
    const checks = new ProviderChecks({
      health: this.health,
      interval: interval * SECOND,
      timeout: timeout * SECOND,
    });
    checks.watch(this.providers);
    return checks;
  }

  #routes(): {
    readonly table: RouteTable;
    readonly continuing: ReadonlySet<string>;
  } {
    const pool = providerPool(this.config);
    const made = pool.map((entry) =>
      this.#factory.create(providerSettings(entry, this.config))
    );
    const { definitions, providers, continuing } = routeOptions(
      this.config,
      made,
    );
    const built = buildRouteTable(definitions, {
      providers,
      find: (model) => this.catalogue.find(model),
    });
    if (built.ok) return { table: built.table, continuing };
    // The check of a file finds these; a config made in code may have them.
    const faults = built.faults.map(({ message }) => message);
    throw new TypeError(`Cannot route: ${faults.join("; ")}`);
  }
}
