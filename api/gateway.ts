import type {
  FeatureFlags,
  MemoryManager,
  ModelCache,
  OpenStateStore,
  TokenCounter,
} from "@llm-proxy/context";
import {
  Chaos,
  classifyFailure,
  type Destination,
  GatewayError,
  type Provider,
  type ProviderChecks,
  ProviderFactory,
  type ProviderHealth,
  type ThoughtStore,
} from "@llm-proxy/core";
import {
  Failover,
  type RoutedAttempt,
  type RouteTable,
} from "@llm-proxy/core/routing";
import type { Logger, RequestLog } from "@llm-proxy/logging";
import type { Accounts } from "./accounts.ts";
import { KeyRing } from "./authenticate.ts";
import { Condensing } from "./condensing.ts";
import type { Config } from "./config_types.ts";
import { HangUps } from "./hang_up.ts";
import { LazyAnswers } from "./lazy_answers.ts";
import type { GatewayControls } from "./gateway_controls.ts";
import type { GatewayOptions } from "./_gateway_options.ts";
import { Guardrails } from "./guardrails.ts";
import { LastingParts } from "./_lasting_parts.ts";
import { reasonOff } from "./_reason_off.ts";
import { Rollouts } from "./rollouts.ts";
import type { RequestLimits } from "./request_limits.ts";
import type { RequestMetrics } from "./_request_metrics.ts";
import { chaosFaults, retryOptions } from "./resilience_options.ts";
import { routesOf } from "./_routes_of.ts";
import { startChecks } from "./_start_checks.ts";

/**
 * Everything that a request needs, made from one config. A request keeps the
 * one with which it began; {@linkcode Gateway.next} makes the one for those
 * that begin after the config has changed.
 */
export class Gateway {
  readonly config: Config;
  readonly keys: KeyRing;
  /** Carries requests to deployments. */
  readonly failover: Failover;
  /** The names of the routes whose broken streams go on at another deployment. */
  readonly continuing: ReadonlySet<string>;
  /** What becomes of streams whose clients leave. */
  readonly hangUps: HangUps;
  /** The models that were chosen. */
  readonly selections: LastingParts["selections"];
  /** Makes long conversations shorter, where that is wanted. */
  readonly condensing: Condensing;
  /** Answers that are kept; `undefined` where none are for anybody. */
  readonly answers: LazyAnswers | undefined;
  /** Faults that are wanted; `undefined` where none are. */
  readonly chaos: Chaos | undefined;
  /** Arms of routes that are watched; `undefined` where none are. */
  readonly rollouts: Rollouts | undefined;
  /** Rules for what goes to models and what comes from them; `undefined` where there are none. */
  readonly guardrails: Guardrails | undefined;
  readonly #lasting: LastingParts;
  /** Providers whose models the config does not list. */
  readonly #asked: readonly Provider[];
  readonly #checks: ProviderChecks | undefined;

  /**
   * Makes the providers; no connection is opened yet.
   *
   * @throws {TypeError} when the config leads nowhere; nothing has changed then.
   */
  constructor(config: Config, options: GatewayOptions | LastingParts) {
    // Tried on nothing first, so that a config is put in force whole or not at all.
    routesOf(config, { factory: new ProviderFactory() });
    this.config = config;
    const lasting = options instanceof LastingParts
      ? options
      : new LastingParts(options);
    this.#lasting = lasting;
    lasting.adopt(config);
    const { providerLimits: limits } = lasting;
    this.keys = new KeyRing(config.auth.api_keys, lasting);
    const { table, continuing } = routesOf(config, lasting);
    this.continuing = continuing;
    this.hangUps = new HangUps(config);
    this.selections = lasting.selections;
    lasting.retain(table.deployments);
    const { states, breakers, cooldowns, bulkheads, budget, hedges } = lasting;
    this.failover = new Failover({
      table,
      states,
      breakers,
      cooldowns,
      bulkheads,
      limits,
      budget,
      hedges,
      retry: retryOptions(config.retry),
    });
    this.metrics.watch(this);
    this.condensing = new Condensing(this, lasting.summaries);
    this.guardrails = Guardrails.of(this);
    this.answers = lasting.kept && new LazyAnswers(config, lasting.kept);
    // Each key does as well as its account does.
    this.health.watch(
      table.providers.flatMap(({ provider, moreKeys = [] }) => [
        provider,
        ...moreKeys,
      ]),
    );
    this.#checks = startChecks(this);
    const rollouts = new Rollouts(config, (it) => lasting.rollBack(it));
    this.rollouts = rollouts.size > 0 ? rollouts : undefined;
    const faults = chaosFaults(config.chaos_engineering);
    this.chaos = faults.length > 0 ? new Chaos({ faults }) : undefined;
    this.#asked = this.providers.filter(({ models }) => !models);
    lasting.list(this.#asked);
  }

  get logger(): Logger {
    return this.#lasting.logger;
  }

  /** What a restart must not lose; closed after the gateway, by whoever opened it. */
  get state(): OpenStateStore {
    return this.#lasting.state;
  }

  /** Proofs of thought that clients may lose. */
  get thoughts(): ThoughtStore {
    return this.#lasting.thoughts;
  }

  /** Responses that clients may go on with. */
  get responses(): LastingParts["responses"] {
    return this.#lasting.responses;
  }

  /** What of it can be changed from outside. */
  get controls(): GatewayControls {
    return this.#lasting.controls;
  }

  /** What requests cost. */
  get accounts(): Accounts {
    return this.#lasting.accounts;
  }

  /** What callers may ask. */
  get limits(): RequestLimits {
    return this.#lasting.limits;
  }

  get catalogue(): ModelCache {
    return this.#lasting.catalogue;
  }

  /** Counts tokens; loads nothing until something is to be counted exactly. */
  get tokens(): TokenCounter {
    return this.#lasting.tokens;
  }

  /** Switches for what is new; each change is logged. */
  get flags(): FeatureFlags {
    return this.#lasting.storedFlags.flags;
  }

  /** Watches the memory. */
  get memory(): MemoryManager {
    return this.#lasting.memory;
  }

  /** How providers do. */
  get health(): ProviderHealth {
    return this.#lasting.health;
  }

  /** What is counted. */
  get metrics(): RequestMetrics {
    return this.#lasting.metrics;
  }

  /** The last requests. */
  get requests(): RequestLog {
    return this.#lasting.requests;
  }

  /** When the first of them was made, in ms since 1970. */
  get startedAt(): number {
    return this.#lasting.startedAt;
  }

  /** Whether it is about to stop, so that nothing more should be sent. */
  get draining(): boolean {
    return this.#lasting.draining;
  }

  /** Says at `/health/ready` that nothing more should be sent. */
  drain(): void {
    this.#lasting.draining = true;
  }

  /**
   * The gateway of another config, with all that outlives a config. What runs
   * goes on with this one, to its end.
   *
   * @throws {TypeError} as the constructor does; this one stays in force then.
   */
  next(config: Config): Gateway {
    const next = new Gateway(config, this.#lasting);
    this.#checks?.close();
    return next;
  }

  /** What outlives its config. */
  get parts(): LastingParts {
    return this.#lasting;
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

  /** Closes every connection, those in use included; resolves when what they cost is written. */
  async close(): Promise<void> {
    this.#checks?.close();
    this.answers?.close();
    this.guardrails?.close();
    await this.#lasting.close();
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
}
