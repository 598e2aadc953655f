import type { PriceBook } from "@llm-proxy/context";
import type { Provider } from "@llm-proxy/core";
import type {
  DeploymentSettings,
  RouteDefinition,
  RoutedProvider,
  TargetDefinition,
} from "@llm-proxy/core/routing";
import type { Config } from "./config_types.ts";
import type { ModelConfig } from "./config_types_model.ts";
import type { ProviderConfig } from "./config_types_provider.ts";
import type { RouteConfig, RouteTargetConfig } from "./config_types_routing.ts";

const SECOND = 1000;

/** What a route table is built from; see `buildRouteTable`. */
export interface RouteOptions {
  /** One for each name of each route, in the order of the file. */
  readonly definitions: readonly RouteDefinition[];
  /** One for each provider that is on. */
  readonly providers: readonly RoutedProvider[];
  /** The names of the routes whose broken streams go on at another deployment. */
  readonly continuing: ReadonlySet<string>;
}

/**
 * The providers that are on, one entry for each of their keys: what is to be
 * made of them is what {@linkcode routeOptions} wants.
 */
export function providerPool(
  { providers }: Pick<Config, "providers">,
): ProviderConfig[] {
  return providers.filter(({ enabled }) => enabled).flatMap((entry) =>
    keysOf(entry).map((key) => ({ ...entry, api_key: key }))
  );
}

/** What the config says of routes, in the library's words and units. `made` has what became of each of the pool. */
export function routeOptions(
  { providers, routes }: Pick<Config, "providers" | "routes">,
  { made, prices, priorityOf }: {
    readonly made: readonly Provider[];
    /** What models cost. @default {nobody knows} */
    readonly prices?: PriceBook;
    /** The priority of a provider, in place of its own. @default {each has its own} */
    readonly priorityOf?: (provider: string) => number | undefined;
  },
): RouteOptions {
  let next = 0;
  return {
    definitions: routes.flatMap((route) =>
      route.match.map((name) => definitionOf(route, name))
    ),
    providers: providers.filter(({ enabled }) => enabled).flatMap((entry) => {
      const end = next + keysOf(entry).length;
      const [provider, ...moreKeys] = made.slice(next, end);
      next = end;
      if (provider === undefined) return [];
      const it = routed(entry, { provider, moreKeys, prices });
      const priority = priorityOf?.(entry.name);
      return [priority === undefined ? it : { ...it, priority }];
    }),
    continuing: new Set(
      routes.filter((it) => it.after_commit === "continue")
        .flatMap(({ match }) => match),
    ),
  };
}

/** A provider without a key is one as well. */
function keysOf(
  { api_keys: keys }: ProviderConfig,
): readonly (string | undefined)[] {
  return keys.length === 0 ? [undefined] : keys;
}

function routed(
  entry: ProviderConfig,
  { prices, ...made }: Pick<RoutedProvider, "provider" | "moreKeys"> & {
    readonly prices: PriceBook | undefined;
  },
): RoutedProvider {
  const { priority, forced, concurrency } = entry;
  const { name: provider, baseUrl: address } = made.provider;
  return {
    ...made,
    priority,
    forced,
    settings: {
      // The mock's errors were asked for.
      maxRetries: entry.type === "mock" ? 0 : entry.max_retries,
      retryDelayMs: entry.retry_delay * SECOND,
      ...(prices !== undefined && {
        prices: (model) =>
          prices.find({ provider, address, model })?.price.terms.rates,
      }),
      ...(concurrency?.max !== undefined && {
        maxConcurrency: concurrency.max,
      }),
      ...(concurrency !== undefined && {
        adaptive: concurrency.adaptive,
        maxQueue: concurrency.max_queue,
        maxWaitMs: concurrency.max_wait * SECOND,
      }),
    },
    models: new Map(
      entry.models?.map((model) => [model.name, settingsOf(model)]),
    ),
  };
}

function settingsOf(model: ModelConfig): DeploymentSettings {
  const { weight, capabilities, context_window: window } = model;
  return {
    weight,
    capabilities,
    ...(window !== undefined && { contextWindow: window }),
  };
}

function definitionOf(route: RouteConfig, match: string): RouteDefinition {
  const { sticky, shadow, hedge } = route;
  return {
    match,
    targets: route.targets.map(targetOf),
    strategy: route.strategy,
    fallbacks: route.fallbacks,
    contextWindowFallbacks: route.context_window_fallbacks,
    contentPolicyFallbacks: route.content_policy_fallbacks,
    ...(sticky !== undefined && {
      sticky: {
        ...(sticky.header !== undefined && {
          header: sticky.header.toLowerCase(),
        }),
        prefix: sticky.prefix,
        maxLoad: sticky.max_load,
      },
    }),
    arms: route.arms.map(({ rollback: _, ...arm }) => ({
      ...arm,
      targets: arm.targets.map(targetOf),
    })),
    ...(shadow !== undefined && { shadow }),
    ...(hedge !== undefined && {
      hedge: {
        quantile: hedge.quantile,
        maxShare: hedge.max_share,
        maxCostShare: hedge.max_cost_share,
        minSamples: hedge.min_samples,
        minDelayMs: hedge.min_delay * SECOND,
        maxDelayMs: hedge.max_delay * SECOND,
        burst: hedge.burst,
      },
    }),
  };
}

function targetOf(target: string | RouteTargetConfig): TargetDefinition {
  if (typeof target === "string") return { model: target };
  const { model, weight, priority } = target;
  return {
    model,
    ...(weight !== undefined && { weight }),
    ...(priority !== undefined && { priority }),
  };
}
