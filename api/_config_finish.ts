import type { ConfigOutput } from "./config_schema.ts";
import type { Config } from "./config_types.ts";
import type {
  HttpClientConfig,
  ProviderConfig,
} from "./config_types_provider.ts";
import type { RouteConfig } from "./config_types_routing.ts";
import { defaultKeyName } from "./_config_key_name.ts";
import { readVariable } from "./_config_env.ts";
import { cloudOf } from "./_config_cloud.ts";
import { keyVariable } from "./_config_provider_keys.ts";
import { providerProxy } from "./_config_proxy.ts";
import type { ConfigSources } from "./_config_sources.ts";
import { isModulePath } from "./_load_export.ts";
import { finishState } from "./_config_state.ts";
import { readTlsFiles } from "./_config_tls_files.ts";

type ProviderOutput = ConfigOutput["providers"][number];
type RouteOutput = ConfigOutput["routes"][number];

/** Joins what the schema gave out across sections: names, keys and defaults of providers. */
export function finish(output: ConfigOutput, sources: ConfigSources): Config {
  const client = withinLimit(output.http_client);
  return {
    ...output,
    auth: {
      ...output.auth,
      api_keys: output.auth.api_keys.map((entry, index) =>
        typeof entry === "string"
          ? { name: defaultKeyName(index), key: entry }
          : entry
      ),
    },
    http_client: client,
    logging: finishLogging(output.logging, sources),
    cache: withModule(output.cache, sources),
    state: finishState(output.state, sources),
    ledger: finishLedger(output.ledger, sources),
    providers: output.providers.map((it) =>
      finishProvider(it, client, sources)
    ),
    routes: output.routes.map(finishRoute),
    memory: {
      ...output.memory,
      gc_threshold_percent: Math.min(
        output.memory.gc_threshold_percent,
        output.memory.max_usage_percent,
      ),
    },
  };
}

function finishLogging(
  logging: ConfigOutput["logging"],
  sources: ConfigSources,
): ConfigOutput["logging"] {
  const { file } = logging;
  return {
    ...withModule(logging, sources),
    ...(file !== undefined && { file: sources.resolve(file) }),
  };
}

function finishLedger(
  ledger: ConfigOutput["ledger"],
  { resolve }: ConfigSources,
): ConfigOutput["ledger"] {
  const { journal } = ledger;
  return journal === undefined
    ? ledger
    : { ...ledger, journal: resolve(journal) };
}

/** Where the path of a module starts that takes the place of one of the gateway's own. */
function withModule<T extends { readonly module?: string | undefined }>(
  section: T,
  { resolve }: ConfigSources,
): T {
  const { module } = section;
  return module !== undefined && isModulePath(module)
    ? { ...section, module: resolve(module) }
    : section;
}

function finishProvider(
  provider: ProviderOutput,
  client: HttpClientConfig,
  sources: ConfigSources,
): ProviderConfig {
  const keys = keysOf(provider, sources);
  const { aws: _, google: __, entra: ___, ...rest } = provider;
  const cloud = cloudOf(provider, sources);
  return withinLimit({
    ...rest,
    ...cloud,
    name: provider.name ?? provider.type,
    api_key: keys[0],
    api_keys: keys,
    base_url: provider.base_url?.replace(/\/+$/, ""),
    timeout: provider.timeout ?? client.total_timeout,
    max_connections: provider.max_connections ?? client.max_connections,
    max_keepalive_connections: provider.max_keepalive_connections ??
      client.max_keepalive_connections,
    keepalive_expiry: provider.keepalive_expiry ?? client.keepalive_expiry,
    models: provider.models?.map((it) =>
      typeof it === "string" ? { name: it, weight: 1, capabilities: {} } : it
    ),
    proxy: providerProxy({ ...rest, ...cloud }, sources.env),
    tls: readTlsFiles(provider, sources),
  });
}

function keysOf(
  provider: ProviderOutput,
  { env }: ConfigSources,
): readonly string[] {
  if (provider.api_keys !== undefined) return provider.api_keys;
  if (provider.api_key !== undefined) return [provider.api_key];
  const name = keyVariable(provider, env);
  if (name === undefined || !provider.enabled) return [];
  const read = readVariable(name, env);
  return "value" in read ? [read.value] : [];
}

function finishRoute(route: RouteOutput): RouteConfig {
  const { match, hedge } = route;
  return {
    ...route,
    match: typeof match === "string" ? [match] : match,
    hedge: hedge && {
      ...hedge,
      max_delay: Math.max(hedge.min_delay, hedge.max_delay),
    },
  };
}

interface Pool {
  readonly max_connections: number;
  readonly max_keepalive_connections: number;
}

/** A default must not contradict the smaller limit that somebody set. */
function withinLimit<T extends Pool>(pool: T): T {
  return {
    ...pool,
    max_keepalive_connections: Math.min(
      pool.max_keepalive_connections,
      pool.max_connections,
    ),
  };
}
