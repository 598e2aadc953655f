import type { CacheEntry } from "@llm-proxy/context";
import {
  GatewayError,
  type JsonDocument,
  UpstreamError,
} from "@llm-proxy/core";
import { answerReader } from "@llm-proxy/core/lazy";
import { AnswerFlight, type KeptAnswer } from "./answer_flight.ts";
import { type AnswerName, answerName } from "./_answer_key.ts";
import { armFor, isKept, isWhole, realmOf } from "./_answer_rules.ts";
import { type AnswerPolicy, CachePolicies } from "./_cache_policies.ts";
import { cacheWishes } from "./_cache_wishes.ts";
import type { Config } from "./config_types.ts";
import { dispatch } from "./dispatch.ts";
import type { RequestContext } from "./endpoints.ts";
import { FlightExchange } from "./_flight_exchange.ts";
import type { KeptAnswers } from "./kept_answers.ts";
import {
  type AskedQuestion,
  lookUpByMeaning,
  type NearAnswer,
  rehearse,
} from "./_semantic_answers.ts";
import { SilentExchange } from "./_silent_exchange.ts";
import { tellAnswer, tellFlight } from "./_tell_answer.ts";

/** Asks a provider, and tells the caller what it says. */
export type AskProvider = (context: RequestContext) => Promise<void>;

/**
 * Longer requests are passed by, in UTF-16 units: they are hardly ever asked
 * twice, and a digest of 32 MB would hold up all others.
 */
const MAX_TEXT = 8 * 1024 * 1024;
/** So many stale answers are renewed at a time. */
const MAX_RENEWALS = 8;

/** A request for which answers are kept. */
interface Cached extends AnswerName {
  readonly document: JsonDocument;
  readonly policy: AnswerPolicy;
  readonly ask: AskProvider;
}

/** What is known of a request's answer before a provider is asked. */
interface Known {
  /** The answer. */
  readonly found?: Omit<NearAnswer, "similarity"> & Partial<NearAnswer>;
  /** What is asked, for others who ask nearly the same. */
  readonly asked?: Promise<AskedQuestion | undefined>;
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
    const policy = this.#policies.of(record.access, match?.route.name ?? "");
    if (match === undefined || policy === undefined) return await ask(context);
    const { noStore, maxAgeMs } = cacheWishes(exchange.header("cache-control"));
    const arm = armFor(match, context);
    // Nobody could follow what nobody can read.
    const isPassedBy = noStore || arm === undefined ||
      document.text.length > MAX_TEXT ||
      answerReader(record.client) === undefined;
    const name = isPassedBy ? undefined : answerName(document, {
      model,
      client: record.client,
      header: (name) => exchange.header(name),
      realm: this.#realm,
      // Everybody's answers have a tenant that no key can be called.
      tenant: policy.isShared ? "" : `key ${record.key ?? ""}`,
      match,
      arm,
      asksByMeaning: policy.semantic?.model,
    });
    if (name === undefined) {
      record.cache = "bypass";
      return await ask(context);
    }
    record.requestedModel = model;
    const cached: Cached = { ...name, document, policy, ask };
    const { found, asked } = maxAgeMs === 0
      ? {}
      : await this.#lookUp(context, cached, maxAgeMs);
    if (found !== undefined) return await this.#recall(context, cached, found);
    // From here to the flight's beginning nobody else may come between.
    const flight = maxAgeMs === 0 ? undefined : this.#flights.get(name.key);
    if (flight?.canJoin) return await this.#join(context, cached, flight);
    record.cache = "miss";
    gateway.metrics.cacheLookup({ cache: "response", hit: false });
    await this.#lead(context, cached, asked);
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

  /** Looks for the answer to the request, and where that is wanted for one to nearly the same. */
  async #lookUp(
    context: RequestContext,
    { key, question, policy: { semantic: policy } }: Cached,
    maxAgeMs: number,
  ): Promise<Known> {
    const { waiting } = context.record;
    const kept = this.#kept;
    const found = kept.cache.get(key);
    const entry = found instanceof Promise
      ? await waiting.during(found)
      : found;
    if (entry !== undefined && entry.ageMs <= maxAgeMs && isKept(entry.value)) {
      return { found: { entry } };
    }
    const isComing = this.#flights.get(key)?.canJoin === true;
    if (question === undefined || policy === undefined || isComing) return {};
    // Whoever asks gets an answer without it, too.
    if (context.gateway.memory.isScarce) return {};
    const options = { kept, question, policy, maxAgeMs };
    if (policy.isDryRun) return { asked: rehearse(context, options) };
    const { asked, near } = await waiting.during(
      lookUpByMeaning(context, options),
    );
    return near === undefined
      ? { asked: Promise.resolve(asked) }
      : { found: near };
  }

  /** Answers from what is kept. */
  async #recall(
    context: RequestContext,
    cached: Cached,
    { entry, similarity }: Required<Known>["found"],
  ): Promise<void> {
    const { gateway, record } = context;
    const { value: kept, ageMs, isStale }: CacheEntry<KeptAnswer> = entry;
    record.cache = isStale ? "stale" : "hit";
    await record.account?.secured();
    gateway.metrics.cacheLookup({ cache: "response", hit: true });
    if (isStale) this.#renew(context, cached);
    const { document } = cached;
    await tellAnswer(context, { document, kept, ageMs, similarity });
  }

  /** Answers from what another has been asking for. */
  async #join(
    context: RequestContext,
    cached: Cached,
    flight: AnswerFlight,
  ): Promise<void> {
    const { gateway, exchange, record } = context;
    const { document } = cached;
    record.cache = "hit";
    record.account?.secure();
    gateway.metrics.cacheLookup({ cache: "response", hit: true });
    try {
      await tellFlight(context, { document, flight });
    } catch (error) {
      // What the provider says is said to all; why another was refused is not.
      const isOwn = error instanceof UpstreamError || record.status !== 0 ||
        exchange.signal.aborted;
      if (isOwn) throw error;
      record.cache = "miss";
      await this.#lead(context, cached);
    }
  }

  /** Has a provider asked, for all who ask the same meanwhile, and keeps the answer. */
  async #lead(
    context: RequestContext,
    { key, policy, ask }: Cached,
    asked?: Promise<AskedQuestion | undefined>,
  ): Promise<void> {
    const flight = new AnswerFlight(this.#kept.held);
    const exchange = new FlightExchange(context.exchange, flight);
    context.record.flight = flight;
    const { generation } = this.#kept;
    if (!this.#flights.has(key)) this.#flights.set(key, flight);
    try {
      await ask({ ...context, exchange });
      const kept = flight.end();
      const isWorthy = kept !== undefined && isWhole(kept) &&
        generation === this.#kept.generation;
      if (isWorthy) {
        this.#kept.cache.set(key, kept, policy);
        void asked?.then((question) => {
          if (question !== undefined) {
            this.#kept.semantic.add({ ...question, key });
          }
        });
      }
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
    if (gateway.memory.isScarce) return;
    this.#renewals++;
    const { route: path, operation, access, key, stream } = record;
    void dispatch({
      method: "POST",
      path,
      client: record.speaks,
      operation,
      open: true,
      handle: async (context) => {
        const { record } = context;
        Object.assign(record, { access, key, stream, cache: "renew" });
        record.account = gateway.accounts.begin(record);
        await this.#lead(context, cached);
      },
    }, { gateway, exchange: new SilentExchange(exchange, { signal }) })
      .finally(() => this.#renewals--);
  }
}
