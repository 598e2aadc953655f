import {
  type CacheAdapter,
  type MemoryManager,
  MemoryStateStore,
  ModelCache,
  type OpenStateStore,
  SmartCache,
  TokenCounter,
} from "@llm-proxy/context";
import {
  listModels,
  MemoryThoughtStore,
  type Provider,
  ProviderFactory,
  ProviderHealth,
  RetryBudget,
} from "@llm-proxy/core";
import {
  type Breakers,
  Bulkheads,
  Cooldowns,
  type Deployment,
  DeploymentStates,
  Hedges,
  ProviderLimits,
  Shadows,
} from "@llm-proxy/core/routing";
import type { Logger, RequestLog } from "@llm-proxy/logging";
import { openRequestLog } from "./_open_request_log.ts";
import { isDeepStrictEqual } from "node:util";
import { Accounts } from "./accounts.ts";
import { summaryBounds } from "./condense_policy.ts";
import type { Config } from "./config_types.ts";
import { Drains } from "./drains.ts";
import type { GatewayOptions } from "./_gateway_options.ts";
import type { GatewayControls } from "./gateway_controls.ts";
import { IdempotentAnswers } from "./idempotent_answers.ts";
import { JwtBearers } from "./jwt_bearers.ts";
import { KeptAnswers } from "./kept_answers.ts";
import { KeptBreakers } from "./kept_breakers.ts";
import { watchMemory } from "./_memory_watch.ts";
import { ModelSelections } from "./model_selection.ts";
import type { Rollback } from "./rollouts.ts";
import { RequestLimits } from "./request_limits.ts";
import { RequestMetrics } from "./_request_metrics.ts";
import { limitOptions, retryBudgetOptions } from "./resilience_options.ts";
import { type ResponseStore, StateResponseStore } from "./response_store.ts";
import { sharedLimits } from "./_shared_limits.ts";
import { StoredFlags } from "./stored_flags.ts";
import { StoredKeys } from "./stored_keys.ts";
import { StoredOwners } from "./stored_owners.ts";

const MIB = 1024 * 1024;

/**
 * What of a gateway outlives its config: what has been counted, what is known
 * of deployments, what is open. A config that is read again changes it in place.
 */
export class LastingParts {
  readonly logger: Logger;
  /** What a restart must not lose; closed after the gateway, by whoever opened it. */
  readonly state: OpenStateStore;
  /** What of it can be changed from outside. */
  readonly controls: GatewayControls;
  /** Responses that clients may go on with. */
  readonly responses: ResponseStore;
  /** When it was made, in ms since 1970. */
  readonly startedAt: number = Date.now();
  /** It is about to stop: no load balancer should send it more. */
  draining = false;
  /** Switches for what is new. */
  readonly storedFlags: StoredFlags;
  /** Counts tokens; loads nothing until something is to be counted exactly. */
  readonly tokens: TokenCounter = new TokenCounter();
  readonly factory: ProviderFactory = new ProviderFactory();
  /** How providers do. */
  readonly health: ProviderHealth = new ProviderHealth();
  readonly catalogue: ModelCache;
  /** How deployments do. */
  readonly states: DeploymentStates = new DeploymentStates();
  readonly cooldowns: Cooldowns = new Cooldowns();
  /** The deployments that get nothing. */
  readonly drains: Drains;
  readonly bulkheads: Bulkheads = new Bulkheads();
  readonly hedges: Hedges = new Hedges();
  /** What requests cost. */
  readonly accounts: Accounts;
  /** The models that were chosen. */
  readonly selections: ModelSelections;
  /** The keys that are no part of a config. */
  readonly keys: StoredKeys;
  /** The bearers of tokens, where any are taken. */
  bearers: JwtBearers | undefined;
  /** Answers to requests that are to be made once. */
  readonly idempotent: IdempotentAnswers;
  /** Whose files at providers are. */
  readonly owners: StoredOwners;
  /** What callers may ask. */
  readonly limits: RequestLimits;
  /** What providers' accounts may be asked. */
  readonly providerLimits: ProviderLimits = new ProviderLimits();
  /** Copies of requests, whose answers are compared and thrown away. */
  readonly shadows: Shadows;
  /** Proofs of thought that clients may lose. */
  readonly thoughts: MemoryThoughtStore = new MemoryThoughtStore();
  /** What is counted. */
  readonly metrics: RequestMetrics;
  /** The last requests. */
  readonly requests: RequestLog;
  /** Providers that are asked for their models. */
  readonly #listing = new Map<string, Provider>();
  readonly #breakers: KeptBreakers;
  #budget: RetryBudget | undefined;
  #summaries: SmartCache<string> | undefined;
  #memory: MemoryManager | undefined;
  #kept: KeptAnswers | undefined;
  #config: Config | undefined;
  readonly #cache: CacheAdapter<unknown> | undefined;

  /** Begins with nothing known. */
  constructor(options: GatewayOptions) {
    const { logger, state: given, directory, controls = {}, cache } = options;
    const state = given ?? new MemoryStateStore();
    this.logger = logger;
    this.state = state;
    this.keys = new StoredKeys({
      state,
      logger,
      isFollowed: given !== undefined,
    });
    this.controls = controls;
    this.#cache = cache;
    this.metrics = new RequestMetrics(options);
    this.selections = new ModelSelections(state);
    this.#breakers = new KeptBreakers({ logger, state: given });
    this.accounts = new Accounts({
      logger,
      state,
      directory,
      onRefusal: (limit) =>
        this.metrics.limitRefused({ limit, unit: "budget" }),
    });
    this.requests = openRequestLog(this.metrics, controls.workers);
    this.responses = new StateResponseStore(state, {
      onFailure: (cause) => logger.warn("a response was not kept", { cause }),
    });
    this.idempotent = new IdempotentAnswers(state, { logger });
    this.owners = new StoredOwners(state);
    this.limits = new RequestLimits({
      onRefusal: (refusal) => this.metrics.limitRefused(refusal),
      shared: state.isShared ? sharedLimits(state, logger) : undefined,
    });
    this.keys.onChange = () => this.limits.forget(this.keys.keys.values());
    this.drains = new Drains(state, this.cooldowns);
    this.storedFlags = new StoredFlags(state, logger);
    this.keys.onPoll = async () => {
      await this.drains.refresh();
      await this.storedFlags.refresh();
      await this.selections.refresh();
      await this.owners.refresh();
    };
    this.catalogue = new ModelCache({
      store: given,
      onFailure: (provider, cause) =>
        logger.warn("a provider does not list its models", { provider, cause }),
    });
    this.shadows = new Shadows({ limits: this.providerLimits });
    this.health.onChange(({ provider: { name: provider }, from, to }) =>
      logger.warn("a provider's health has changed", { provider, from, to })
    );
  }

  /** The breakers of the config that was adopted last. */
  get breakers(): Breakers {
    return this.#breakers.breakers;
  }

  /** Summaries of conversations. */
  get summaries(): SmartCache<string> {
    return this.#summaries ??= new SmartCache(
      this.#config && summaryBounds(this.#config),
    );
  }

  /**
   * Watches the memory.
   *
   * @throws {TypeError} before a config was adopted.
   */
  get memory(): MemoryManager {
    if (this.#memory !== undefined) return this.#memory;
    throw new TypeError("Cannot watch the memory: no config was adopted");
  }

  /** Answers that are kept; `undefined` where none are for anybody. */
  get kept(): KeptAnswers | undefined {
    return this.#kept;
  }

  /** What bounds all extra attempts together. */
  get budget(): RetryBudget {
    return this.#budget ??= new RetryBudget(
      this.#config && retryBudgetOptions(this.#config.retry),
    );
  }

  /** Goes by another config from now on; what has been counted by unchanged rules goes on. */
  adopt(config: Config): void {
    const before = this.#config;
    this.#config = config;
    const { providers, ...callers } = limitOptions(config);
    this.limits.define(callers);
    this.limits.forgetConfigured(config.auth.api_keys.map(({ name }) => name));
    this.providerLimits.define(providers);
    this.accounts.adopt(config);
    this.bearers = JwtBearers.of(config.auth.jwt, {
      before: this.bearers,
      logger: this.logger,
    });
    this.hedges.retain(config.routes.flatMap(({ match }) => match));
    const { max_rows: maxRows, max_mb: maxMb } = config.logging.requests;
    this.requests.resize({ maxRows, maxBytes: Math.floor(maxMb * MIB) });
    this.#breakers.adopt(config.circuit_breaker);
    if (!isDeepStrictEqual(before?.memory, config.memory)) {
      this.#memory?.close();
      this.#memory = watchMemory(config, {
        logger: this.logger,
        tokens: this.tokens,
        thoughts: this.thoughts,
        summaries: () => this.summaries,
        maxSummaryBytes: () =>
          this.#config === undefined ? 0 : summaryBounds(this.#config).maxBytes,
        kept: () => this.kept,
      });
    }
    if (!isDeepStrictEqual(before?.feature_flags, config.feature_flags)) {
      this.storedFlags.adopt(config.feature_flags);
    }
    this.#kept = KeptAnswers.of(config, {
      before: this.#kept,
      state: this.state,
      cache: this.#cache,
    });
    const bounds = before && summaryBounds(before);
    if (!isDeepStrictEqual(bounds, summaryBounds(config))) {
      this.#summaries = undefined;
    }
    if (!isDeepStrictEqual(before?.retry, config.retry)) {
      this.#budget = undefined;
    }
  }

  /** Switches the flag of an arm off that does worse than the rest of its route. */
  rollBack({ flag, ...rollback }: Rollback): void {
    if (!this.storedFlags.switchOff(flag)) return;
    this.logger.error("an arm is rolled back", { flag, ...rollback });
  }

  /** Forgets how deployments did that the config no longer has. */
  retain(deployments: readonly Deployment[]): void {
    this.states.retain(deployments);
    this.#breakers.retain(deployments);
    this.bulkheads.retain(deployments);
    this.shadows.states.retain(deployments);
  }

  /** Has these providers asked for their models, and no others; what they listed stays known. */
  list(providers: readonly Provider[]): void {
    for (const [name, provider] of this.#listing) {
      if (providers.includes(provider)) continue;
      this.#listing.delete(name);
      this.catalogue.remove(name);
    }
    for (const provider of providers) {
      if (this.#listing.has(provider.name)) continue;
      this.#listing.set(provider.name, provider);
      this.catalogue.add(
        provider.name,
        (signal) => listModels(provider, { signal }),
        { address: provider.baseUrl },
      );
    }
  }

  /** Closes every connection, those in use included; resolves when what they cost is written. */
  async close(): Promise<void> {
    this.keys.close();
    this.metrics.close();
    this.shadows.close();
    this.catalogue.close();
    this.#memory?.close();
    this.tokens.close();
    this.factory.close();
    await this.idempotent.close();
    await this.#kept?.close();
    await this.#breakers.close();
    await this.accounts.close();
  }
}
