/**
 * The HTTP surface of the llm-proxy gateway: config, routes, listener, service.
 *
 * @example A gateway as a fetch handler
 * ```ts
 * import { createApp, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const app = createApp(defaultConfig());
 * const response = await app.fetch(new Request("http://localhost/health"));
 * assertEquals((await response.json()).status, "healthy");
 * await app.close();
 * ```
 *
 * @module
 */

export { type App, type AppOptions, createApp } from "./app.ts";
export {
  type ApiKeyConfig,
  type AppConfig,
  type AuthConfig,
  type CacheConfig,
  type CacheTierConfig,
  type CachingConfig,
  type ChaosConfig,
  type ChaosFault,
  type ChaosMatch,
  type CircuitBreakerConfig,
  type CondensationConfig,
  type Config,
  type ConfigFault,
  type ConfigResult,
  formatFault,
  type HealthCheckConfig,
  type HttpClientConfig,
  loadConfig,
  type LoadConfigOptions,
  type LoggingConfig,
  type MemoryConfig,
  parseConfig,
  type ParseConfigOptions,
  type ProviderConfig,
  type ProviderRateLimit,
  type ProviderTypeName,
  type RateLimitConfig,
  type RotationConfig,
  type ServerConfig,
  type TelemetryConfig,
} from "./config.ts";
export { defaultConfig, type DefaultConfigOptions } from "./default_config.ts";
export { configJsonSchema } from "./config_json_schema.ts";
export { listen, type Listener } from "./listen.ts";
export { serve } from "./serve.ts";
export { VERSION } from "./version.ts";
