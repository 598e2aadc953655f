import type { ProviderSettings } from "@llm-proxy/core";
import { cloudSettings } from "./_provider_cloud.ts";
import { modelQuirks, providerQuirks } from "./_provider_quirks.ts";
import type { Config } from "./config_types.ts";
import type { ProviderConfig } from "./config_types_provider.ts";

const SECOND = 1000;
const MIB = 1024 * 1024;

/** What the config says of a provider, in the library's words and units. */
export function providerSettings(
  entry: ProviderConfig,
  { http_client: client }: Config,
): ProviderSettings {
  return {
    name: entry.name,
    type: entry.type,
    ...(entry.api_key !== undefined && { apiKey: entry.api_key }),
    ...(entry.base_url !== undefined && { baseUrl: entry.base_url }),
    ...(entry.models !== undefined &&
      { models: entry.models.map(({ name }) => name) }),
    ...cloudSettings(entry),
    headers: entry.custom_headers,
    quirks: providerQuirks(entry),
    ...modelQuirks(entry),
    limits: {
      queue: client.queue_timeout * SECOND,
      connect: client.connect_timeout * SECOND,
      headers: client.header_timeout * SECOND,
      content: client.first_token_timeout * SECOND,
      idle: client.idle_timeout * SECOND,
      total: (entry.timeout ?? client.total_timeout) * SECOND,
    },
    pool: {
      maxConnections: entry.max_connections ?? client.max_connections,
      maxKeepAliveConnections: entry.max_keepalive_connections ??
        client.max_keepalive_connections,
      keepAliveExpiry: (entry.keepalive_expiry ?? client.keepalive_expiry) *
        SECOND,
      maxResponseBytes: client.max_response_mb * MIB,
      ...entry.tls,
      ...(entry.proxy !== undefined && { proxy: entry.proxy }),
      ...(entry.allow_private_addresses !== undefined && {
        addressScope: entry.allow_private_addresses ? "loopback" : "public",
      }),
    },
  };
}
