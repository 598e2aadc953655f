import type { ConfigOutput } from "./config_schema.ts";
import type { Config } from "./config_types.ts";
import type {
  HttpClientConfig,
  ProviderConfig,
} from "./config_types_provider.ts";
import type { ProviderRateLimit } from "./config_types_limits.ts";
import { defaultKeyName } from "./_config_cross_checks.ts";
import { type EnvReader, readVariable } from "./_config_env.ts";
import { keyVariable } from "./_config_provider_keys.ts";

type ProviderOutput = ConfigOutput["providers"][number];

/** Joins what the schema gave out across sections: names, keys and defaults of providers. */
export function finish(output: ConfigOutput, env: EnvReader): Config {
  const client = withinLimit(output.http_client);
  return {
    ...output,
    auth: {
      api_keys: output.auth.api_keys.map((entry, index) =>
        typeof entry === "string"
          ? { name: defaultKeyName(index), key: entry }
          : entry
      ),
    },
    http_client: client,
    providers: output.providers.map((it) => finishProvider(it, client, env)),
    memory: {
      ...output.memory,
      gc_threshold_percent: Math.min(
        output.memory.gc_threshold_percent,
        output.memory.max_usage_percent,
      ),
    },
  };
}

function finishProvider(
  provider: ProviderOutput,
  client: HttpClientConfig,
  env: EnvReader,
): ProviderConfig {
  return withinLimit({
    ...provider,
    name: provider.name ?? provider.type,
    api_key: provider.api_key ?? resolveKey(provider, env),
    base_url: provider.base_url?.replace(/\/+$/, ""),
    timeout: provider.timeout ?? client.total_timeout,
    max_connections: provider.max_connections ?? client.max_connections,
    max_keepalive_connections: provider.max_keepalive_connections ??
      client.max_keepalive_connections,
    keepalive_expiry: provider.keepalive_expiry ?? client.keepalive_expiry,
    rate_limit: finishRateLimit(provider.rate_limit),
  });
}

function resolveKey(
  provider: ProviderOutput,
  env: EnvReader,
): string | undefined {
  const name = keyVariable(provider);
  if (name === undefined || !provider.enabled) return undefined;
  const read = readVariable(name, env);
  return "value" in read ? read.value : undefined;
}

const PER_MINUTE: ReadonlyMap<string, number> = new Map([
  ["second", 60],
  ["minute", 1],
  ["hour", 1 / 60],
  ["day", 1 / 1440],
]);

function finishRateLimit(
  limit: ProviderOutput["rate_limit"],
): ProviderRateLimit | undefined {
  if (typeof limit !== "string") return limit;
  const [number = "", unit = ""] = limit.split("/");
  return { requests_per_minute: Number(number) * (PER_MINUTE.get(unit) ?? 1) };
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
