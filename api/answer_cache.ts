import { type CacheEntry, cacheKey, type CacheStats } from "@llm-proxy/context";
import { answerReader, GatewayError, type JsonDocument } from "@llm-proxy/core";
import { AnswerFlight, type KeptAnswer } from "./answer_flight.ts";
import { armOf, type RouteMatch } from "@llm-proxy/core/routing";
import { answerKey } from "./_answer_key.ts";
import { type AnswerPolicy, CachePolicies } from "./_cache_policies.ts";
import { cacheWishes } from "./_cache_wishes.ts";
import type { Config } from "./config_types.ts";
import { dispatch } from "./dispatch.ts";
import type { RequestContext } from "./endpoints.ts";
import { FlightExchange } from "./_flight_exchange.ts";
import type { KeptAnswers } from "./kept_answers.ts";
import { SilentExchange } from "./_silent_exchange.ts";
import { tellAnswer, tellFlight } from "./_tell_answer.ts";
import { toldRequest } from "./_told_request.ts";

/** Asks a provider, and tells the caller what it says. */
export type AskProvider = (context: RequestContext) => Promise<void>;

/** So many stale answers are renewed at a time. */
const MAX_RENEWALS = 8;

/** A request for which answers are kept. */
interface Cached {
  readonly document: JsonDocument;
  readonly key: string;
  readonly policy: AnswerPolicy;
  readonly ask: AskProvider;
}

/**
 * Answers that are kept for whoever asks the same again, and answers on their
 * way for whoever asks the same meanwhile.
 *
 * Only whole answers that came to their own end are kept, by a key of all that
 * may change them, each caller's own unless they are shared on purpose.
 */
export class AnswerCache {
  readonly #kept: KeptAnswers;
  readonly #policies: CachePolicies;
  readonly #realm: string;
  readonly #flights = new Map<string, AnswerFlight>();
  readonly #ending = new AbortController();
  #renewals = 0;

  /** Takes what the config says, and where answers are kept. */
  constructor(config: Config, kept: KeptAnswers) {
    this.#kept = kept;
    this.#policies = new CachePolicies(config);
    this.#realm = realmOf(config);
  }

  /** How the cache has done. */
  get stats(): CacheStats {
    return this.#kept.cache.stats;
  }

  /** Answers a request from what is kept or on its way, else has a provider asked. */
  async serve(
    context: RequestContext,
    { document, model, ask }: Pick<Cached, "document" | "ask"> & {
      readonly model: string;
    },
  ): Promise<void> {
    const { gateway, exchange, record } = context;
    const learning = gateway.learn(model);
    if (learning !== undefined) await record.waiting.during(learning);
    const match = gateway.table.match(model);
    const policy = this.#policies.of(record.key, match?.route.name ?? "");
    if (match === undefined || policy === undefined) return await ask(context);
    const wishes = cacheWishes(exchange.header("cache-control"));
    const arm = armFor(match, context);
    // Nobody could follow what nobody can read.
    const isPassedBy = wishes.noStore || arm === undefined ||
      answerReader(record.client) === undefined;
    const key = isPassedBy ? undefined : answerKey(document, {
      model,
      client: record.client,
      header: (name) => exchange.header(name),
      realm: this.#realm,
      // Everybody's answers have a tenant that no key can be called.
      tenant: policy.isShared ? "" : `key ${record.key ?? ""}`,
      match,
      arm,
    });
    if (key === undefined) {
      record.cache = "bypass";
      return await ask(context);
    }
    record.requestedModel = model;
    const cached = { document, key, policy, ask };
    const { maxAgeMs } = wishes;
    const found = maxAgeMs === 0 ? undefined : this.#kept.cache.get(key);
    const entry = found instanceof Promise
      ? await record.waiting.during(found)
      : found;
    if (entry !== undefined && entry.ageMs <= maxAgeMs && isKept(entry.value)) {
      return await this.#recall(context, cached, entry);
    }
    // From here to the flight's beginning nobody else may come between.
    const flight = maxAgeMs === 0 ? undefined : this.#flights.get(key);
    if (flight?.canJoin) return await this.#join(context, cached, flight);
    record.cache = "miss";
    gateway.metrics.cacheLookup({ cache: "response", hit: false });
    await this.#lead(context, cached);
  }

  /** Forgets every answer. */
  async clear(): Promise<void> {
    await this.#kept.clear();
  }

  /** Ends renewals. */
  close(): void {
    this.#ending.abort(
      new GatewayError("overloaded", "The gateway is shutting down", {
        code: "shutting_down",
      }),
    );
  }

  /** Answers from what is kept. */
  async #recall(
    context: RequestContext,
    cached: Cached,
    { value: kept, ageMs, isStale }: CacheEntry<KeptAnswer>,
  ): Promise<void> {
    context.record.cache = isStale ? "stale" : "hit";
    context.record.account?.secure();
    context.gateway.metrics.cacheLookup({ cache: "response", hit: true });
    if (isStale) this.#renew(context, cached);
    await tellAnswer(context, { document: cached.document, kept, ageMs });
  }

  /** Answers from what another has been asking for. */
  async #join(
    context: RequestContext,
    { document }: Cached,
    flight: AnswerFlight,
  ): Promise<void> {
    context.record.cache = "hit";
    context.record.account?.secure();
    context.gateway.metrics.cacheLookup({ cache: "response", hit: true });
    await tellFlight(context, { document, flight });
  }

  /** Has a provider asked, for all who ask the same meanwhile, and keeps the answer. */
  async #lead(
    context: RequestContext,
    { key, policy, ask }: Cached,
  ): Promise<void> {
    const flight = new AnswerFlight(this.#kept.held);
    const exchange = new FlightExchange(context.exchange, flight);
    context.record.flight = flight;
    const { generation } = this.#kept;
    if (!this.#flights.has(key)) this.#flights.set(key, flight);
    try {
      await ask({ ...context, exchange });
      const kept = flight.end();
      const isKept = kept !== undefined && isWhole(kept) &&
        generation === this.#kept.generation;
      if (isKept) this.#kept.cache.set(key, kept, policy);
    } catch (error) {
      flight.fail(error);
      throw error;
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
      flight.close();
      exchange.close();
    }
  }

  /** Asks again for an answer that is stale, in the background and once at a time. */
  #renew({ gateway, exchange, record }: RequestContext, cached: Cached): void {
    const { signal } = this.#ending;
    const isUnderWay = this.#flights.has(cached.key);
    if (isUnderWay || this.#renewals >= MAX_RENEWALS || signal.aborted) return;
    this.#renewals++;
    const { route: path, client, operation, key, stream } = record;
    void dispatch({
      method: "POST",
      path,
      client,
      operation,
      open: true,
      handle: async (context) => {
        const { record } = context;
        Object.assign(record, { key, stream, cache: "renew" });
        record.account = gateway.accounts.begin(record);
        await this.#lead(context, cached);
      },
    }, { gateway, exchange: new SilentExchange(exchange, signal) })
      .finally(() => this.#renewals--);
  }
}

/**
 * The arm of a route's experiment that a caller is in, "" for none; nothing
 * where each request is drawn anew.
 */
function armFor(
  { route }: RouteMatch,
  context: RequestContext,
): string | undefined {
  if (route.arms.length === 0) return "";
  if (context.record.key === undefined) return undefined;
  return armOf(route, toldRequest({ model: route.name }, context))?.name ?? "";
}

/** Whether it is what was kept: somebody else's cache may give back anything. */
function isKept(value: Partial<KeptAnswer> | null): boolean {
  return Array.isArray(value?.answer?.parts);
}

/** Whether an answer came to its own end and says something. */
function isWhole({ answer: { finish, parts } }: KeptAnswer): boolean {
  if (finish !== "stop" && finish !== "tool") return false;
  if (parts.some(({ type }) => type === "refusal")) return false;
  return parts.some((part) =>
    part.type === "tool_call" || part.type === "text" && part.text !== ""
  );
}

/** A digest of all of a config that may change an answer; in doubt, it may. */
function realmOf(config: Config): string {
  const {
    app: _app,
    server: _server,
    auth: _auth,
    logging: _logging,
    state: _state,
    cache: _cache,
    caching: _caching,
    telemetry: _telemetry,
    rate_limit: _limits,
    memory: _memory,
    health_check: _checks,
    ...rest
  } = config;
  return cacheKey([JSON.stringify(rest)]);
}
