import type { ModelEntry, PriceTerms } from "@llm-proxy/context";
import type { Provider } from "@llm-proxy/core";
import { type Capability, capabilityNames } from "@llm-proxy/core/routing";
import type { Gateway } from "./gateway.ts";

/** Who says something of a model: the config, its provider's own list, or the price table. */
export type FactSource = "config" | "provider" | "table";

/** Something that is known of a model, and who says so. */
export interface Fact<T> {
  readonly value: T;
  readonly source: FactSource;
}

/** All that is known of a model at a provider. */
export interface ModelFacts {
  readonly provider: Provider;
  readonly entry: ModelEntry;
  readonly contextWindow: Fact<number> | undefined;
  readonly maxOutput: Fact<number> | undefined;
  /** What it can do; what is not there is unknown. */
  readonly capabilities: ReadonlyMap<Capability, Fact<boolean>>;
  /** What it costs, who says so, and which version of that. */
  readonly prices: PriceTerms | undefined;
}

/** What is known of every model that a provider has; the config's word counts before others'. */
export function factsOf(gateway: Gateway, provider: Provider): ModelFacts[] {
  const { config, catalogue, accounts } = gateway;
  const listed = new Map(
    (catalogue.peek(provider.name)?.models ?? []).map((it) => [it.id, it]),
  );
  const own = config.providers.find(({ name }) => name === provider.name);
  const told = new Map((own?.models ?? []).map((it) => [it.name, it]));
  const entries: readonly ModelEntry[] =
    provider.models?.map((id) => listed.get(id) ?? { id }) ??
      [...listed.values()];
  return entries.map((entry): ModelFacts => {
    const model = told.get(entry.id);
    const priced = accounts.priceOf({ provider, model: entry.id });
    const capabilities = new Map<Capability, Fact<boolean>>();
    for (const name of capabilityNames) {
      const fact = factOf(
        model?.capabilities[name],
        entry.capabilities?.[name],
      );
      if (fact !== undefined) capabilities.set(name, fact);
    }
    return {
      provider,
      entry,
      contextWindow: factOf(
        model?.context_window,
        entry.contextWindow,
        priced?.contextWindow,
      ),
      maxOutput: factOf(model?.max_output_tokens, entry.maxOutput),
      capabilities,
      prices: priced?.price.terms,
    };
  });
}

/** The facts as callers are told them. */
export function toldFacts(facts: ModelFacts): Record<string, unknown> {
  const { provider, entry, contextWindow, maxOutput, prices } = facts;
  const { rates, tiers = [], source, version } = prices ?? {};
  return {
    id: `${provider.name}/${entry.id}`,
    object: "model",
    provider: provider.name,
    created: entry.created,
    owned_by: entry.ownedBy ?? provider.name,
    context_window: contextWindow?.value ?? null,
    max_output_tokens: maxOutput?.value ?? null,
    capabilities: Object.fromEntries(
      [...facts.capabilities].map(([name, { value }]) => [name, value]),
    ),
    prices: rates === undefined ? null : {
      currency: "USD",
      per_million_tokens: rates,
      above_input_tokens: tiers.map(({ above, rates }) => ({ above, rates })),
      source,
      version,
    },
    sources: {
      context_window: contextWindow?.source,
      max_output_tokens: maxOutput?.source,
      capabilities: Object.fromEntries(
        [...facts.capabilities].map(([name, { source }]) => [name, source]),
      ),
    },
  };
}

function factOf<T>(
  config: T | undefined,
  provider: T | undefined,
  table?: T | undefined,
): Fact<T> | undefined {
  if (config !== undefined) return { value: config, source: "config" };
  if (provider !== undefined) return { value: provider, source: "provider" };
  if (table !== undefined) return { value: table, source: "table" };
  return undefined;
}
