import { GatewayError, type Provider } from "@llm-proxy/core";
import { type Capability, capabilityNames } from "@llm-proxy/core/routing";
import { decodeName } from "./_decode_name.ts";
import type { RequestContext } from "./endpoints.ts";
import { factsOf, type ModelFacts, toldFacts } from "./model_facts.ts";
import { checkQuery } from "./_known_query.ts";
import { queryOf } from "./_query.ts";
import { sendJson } from "./_send_json.ts";

const COLLECTION = "/v1/providers/";
/** So many models are shown of a search. */
const MAX_FOUND = 1_000;
const NUMBERS = ["max_cost", "max_output_cost", "min_context"] as const;
const TEXTS = ["provider", "q"] as const;

/**
 * `GET /v1/models/search?supports_vision=&max_cost=…`: the models that can do
 * what is asked for (`supports_tools`, `…_vision`, `…_json_schema`,
 * `…_streaming`, `…_audio`, `…_file`), cost no more (`max_cost` and
 * `max_output_cost`, US dollars per million tokens), have room (`min_context`),
 * are of one `provider`, and have `q` in their names. The cheapest come first;
 * what is not known of a model does not count for it.
 *
 * @throws {GatewayError} 400 where the query is none.
 */
export async function searchModels(context: RequestContext): Promise<void> {
  const { gateway, exchange } = context;
  const query = new URLSearchParams(queryOf(exchange.target));
  const wanted = wantedIn(query);
  await Promise.all([gateway.loadCatalogue(), gateway.accounts.prices.load()]);
  const found = gateway.providers
    .filter(({ name }) => (wanted.provider ?? name) === name)
    .flatMap((provider) => factsOf(gateway, provider))
    .filter((facts) => fits(facts, wanted))
    .sort((a, b) => costOf(a) - costOf(b));
  sendJson(context, {
    object: "list",
    data: found.slice(0, MAX_FOUND).map(toldFacts),
    has_more: found.length > MAX_FOUND,
  });
}

/**
 * `POST /v1/models/refresh`: asks every provider for its list, now.
 */
export async function refreshModels(context: RequestContext): Promise<void> {
  const { gateway } = context;
  const data = await Promise.all(
    gateway.providers.map((provider) => refreshed(context, provider)),
  );
  sendJson(context, { object: "list", data });
}

/**
 * `GET /v1/providers/{name}/models`: what is known of a provider's models.
 *
 * @throws {GatewayError} 404 where there is no such provider.
 */
export async function getProviderModels(
  context: RequestContext,
): Promise<void> {
  const { provider } = await providerAt(context);
  const data = factsOf(context.gateway, provider).map(toldFacts);
  sendJson(context, { object: "list", data });
}

/**
 * `GET /v1/providers/{name}/models/{id}`: what is known of one of them.
 *
 * @throws {GatewayError} 404 where there is none.
 */
export async function getProviderModel(
  context: RequestContext,
): Promise<void> {
  const { provider, rest } = await providerAt(context);
  const id = decodeName(rest.slice("models/".length));
  const facts = factsOf(context.gateway, provider)
    .find(({ entry }) => entry.id === id);
  if (facts === undefined) {
    throw new GatewayError(
      "not_found",
      `Provider '${provider.name}' lists no model '${id.slice(0, 200)}'`,
      { code: "model_not_found", param: "model" },
    );
  }
  sendJson(context, toldFacts(facts));
}

/**
 * `POST /v1/providers/{name}/models/refresh`: asks one provider for its list.
 *
 * @throws {GatewayError} 404 where there is no such provider.
 */
export async function refreshProviderModels(
  context: RequestContext,
): Promise<void> {
  const { provider } = await providerAt(context);
  sendJson(context, await refreshed(context, provider));
}

/**
 * The provider that a path below `/v1/providers/` names, and what follows.
 *
 * @throws {GatewayError} 404 where there is none that is on.
 */
export async function providerAt(
  { gateway, exchange: { path } }: RequestContext,
): Promise<{ readonly provider: Provider; readonly rest: string }> {
  const [name = "", ...rest] = path.slice(COLLECTION.length).split("/");
  const provider = gateway.providers.find((it) => it.name === decodeName(name));
  if (provider === undefined) {
    throw new GatewayError(
      "not_found",
      `There is no provider '${decodeName(name).slice(0, 200)}'`,
      { code: "provider_not_found" },
    );
  }
  await Promise.all([gateway.loadCatalogue(), gateway.accounts.prices.load()]);
  return { provider, rest: rest.join("/") };
}

/** What became of asking; one whose models the config lists is not asked. */
async function refreshed(
  { gateway: { catalogue } }: RequestContext,
  { name, models }: Provider,
): Promise<Record<string, unknown>> {
  if (models !== undefined) {
    return { provider: name, models: models.length, source: "config" };
  }
  const before = Date.now();
  const listing = await catalogue.refresh(name);
  const isFresh = listing !== undefined && listing.readAt >= before;
  return {
    provider: name,
    models: listing?.models.length ?? null,
    source: "provider",
    refreshed: isFresh,
    read_at: listing && new Date(listing.readAt).toISOString(),
  };
}

interface Wanted {
  readonly capabilities: ReadonlyMap<Capability, boolean>;
  readonly max_cost?: number;
  readonly max_output_cost?: number;
  readonly min_context?: number;
  readonly provider?: string;
  readonly q?: string;
}

function wantedIn(query: URLSearchParams): Wanted {
  checkQuery(query, [
    ...capabilityNames.map((it) => `supports_${it}`),
    ...NUMBERS,
    ...TEXTS,
  ]);
  const capabilities = new Map<Capability, boolean>();
  const rest: Record<string, number | string> = {};
  for (const [name, text] of query) {
    const capability = capabilityNames.find((it) => `supports_${it}` === name);
    if (capability !== undefined) {
      if (text !== "true" && text !== "false") throw badQuery(name);
      capabilities.set(capability, text === "true");
    } else if (NUMBERS.some((it) => it === name)) {
      const number = Number(text);
      if (text === "" || !(number >= 0 && number < Infinity)) {
        throw badQuery(name);
      }
      rest[name] = number;
    } else rest[name] = text;
  }
  return { capabilities, ...rest };
}

function fits(facts: ModelFacts, wanted: Wanted): boolean {
  for (const [name, value] of wanted.capabilities) {
    if (facts.capabilities.get(name)?.value !== value) return false;
  }
  const { max_cost: input, max_output_cost: output, min_context: room } =
    wanted;
  const rates = facts.prices?.rates;
  if (input !== undefined && !(rates && rates.input <= input)) return false;
  if (output !== undefined && !(rates && rates.output <= output)) return false;
  if (room !== undefined && !((facts.contextWindow?.value ?? 0) >= room)) {
    return false;
  }
  const { q } = wanted;
  return q === undefined ||
    facts.entry.id.toLowerCase().includes(q.toLowerCase());
}

/** Both ways together, for the order; unknown prices come last. */
function costOf({ prices }: ModelFacts): number {
  return prices === undefined
    ? Number.MAX_VALUE
    : prices.rates.input + prices.rates.output;
}

function badQuery(name: string): GatewayError {
  return new GatewayError(
    "invalid_request",
    `Query '${name.slice(0, 64)}' must be ${
      name.startsWith("supports_")
        ? "true or false"
        : "a number that is not negative"
    }`,
    { code: "invalid_query", param: name.slice(0, 64) },
  );
}
