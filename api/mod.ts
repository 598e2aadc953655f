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

export type {
  AwsConfig,
  EntraConfig,
  GoogleConfig,
} from "./config_types_cloud.ts";
export { type App, type AppOptions, createApp } from "./app.ts";
export { type Surface } from "./surface.ts";
export {
  type ApiKeyConfig,
  type AppConfig,
  type ArmConfig,
  type AuthConfig,
  type BudgetAlertsConfig,
  type BudgetConfig,
  type BudgetLevel,
  type CacheConfig,
  type CacheTierConfig,
  type CachingConfig,
  type ChaosConfig,
  type ChaosFault,
  type ChaosMatch,
  type CircuitBreakerConfig,
  type ConcurrencyConfig,
  type CondensationConfig,
  type Config,
  type ConfigFault,
  type ConfigResult,
  formatFault,
  type HealthCheckConfig,
  type HedgeConfig,
  type HttpClientConfig,
  type JwtConfig,
  type KeyBudget,
  type KeyTerms,
  type LedgerConfig,
  type LimitRuleConfig,
  loadConfig,
  type LoadConfigOptions,
  type LoggingConfig,
  type LongContextPrices,
  type MemoryConfig,
  type ModelConfig,
  type ModelPrices,
  parseConfig,
  type ParseConfigOptions,
  type ProviderConfig,
  type ProviderRateLimit,
  type ProviderTypeName,
  type RateLimitConfig,
  type RequestContentConfig,
  type RequestLogConfig,
  type ResponseCacheConfig,
  type RetryConfig,
  type RollbackConfig,
  type RotationConfig,
  type RouteCacheConfig,
  type RouteCondenseConfig,
  type RouteConfig,
  type RouteTargetConfig,
  type SemanticCacheConfig,
  type ServerConfig,
  type ShadowConfig,
  type StateConfig,
  type StickyConfig,
  type TelemetryConfig,
  type TlsMaterial,
  type WireApiName,
} from "./config.ts";
export type {
  DenyGuardrail,
  EndingGuardrail,
  GuardrailBase,
  GuardrailConfig,
  GuardrailSide,
  JsonSchemaGuardrail,
  MaxGuardrail,
  PatternsGuardrail,
  PiiGuardrail,
  PiiKind,
  WebhookGuardrail,
} from "./config_types_guardrails.ts";
export type { ConfigStatus, ReloadResult } from "./config_life.ts";
export type { Provenance } from "./_config_provenance.ts";
export type { GatewayControls, WorkerGroup } from "./gateway_controls.ts";
export { defaultConfig, type DefaultConfigOptions } from "./default_config.ts";
export { configJsonSchema } from "./config_json_schema.ts";
export { listen, type Listener, type ListenOptions } from "./listen.ts";
export type { ListenerRefusal } from "./listener_refusal.ts";
export { serve } from "./serve.ts";
export { VERSION } from "./version.ts";
