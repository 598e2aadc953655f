import type { FlagDefinition } from "@llm-proxy/context";
import type {
  CacheConfig,
  CachingConfig,
  CondensationConfig,
  MemoryConfig,
} from "./config_types_context.ts";
import type { ApiKeyConfig, JwtConfig } from "./config_types_keys.ts";
import type {
  ChaosConfig,
  HealthCheckConfig,
  LoggingConfig,
  TelemetryConfig,
} from "./config_types_operation.ts";
import type {
  HttpClientConfig,
  ProviderConfig,
} from "./config_types_provider.ts";
import type {
  CircuitBreakerConfig,
  RateLimitConfig,
  RetryConfig,
} from "./config_types_limits.ts";
import type {
  BudgetAlertsConfig,
  BudgetConfig,
  LedgerConfig,
} from "./config_types_ledger.ts";
import type { GuardrailConfig } from "./config_types_guardrails.ts";
import type { RouteConfig } from "./config_types_routing.ts";
import type { StateConfig } from "./config_types_state.ts";

/**
 * The whole configuration of the gateway: every default filled in, every
 * `${VARIABLE}` replaced. Keys are spelt as in the file. Holds secrets.
 *
 * Durations are seconds, keys in `_mb` MiB and keys in `_kb` KiB.
 *
 * @example The address to listen on
 * ```ts
 * import { type Config, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const config: Config = defaultConfig();
 * assertEquals(`${config.server.host}:${config.server.port}`, "127.0.0.1:8000");
 * ```
 */
export interface Config {
  /** What this installation is called. */
  readonly app: AppConfig;
  /** The public listener and its limits. */
  readonly server: ServerConfig;
  /** Who may call. */
  readonly auth: AuthConfig;
  /** The providers, in the order of the file. */
  readonly providers: readonly ProviderConfig[];
  /** Where requests go that are not meant for one provider. */
  readonly routes: readonly RouteConfig[];
  /** Rules for what goes to models and what comes from them. @default {[]} */
  readonly guardrails: readonly GuardrailConfig[];
  /** The names of the guardrails of routes that name none, in order. @default {[]} */
  readonly default_guardrails: readonly string[];
  /** Timeouts and connections towards every provider. */
  readonly http_client: HttpClientConfig;
  /** The gateway's own log. */
  readonly logging: LoggingConfig;
  /** Where the service keeps what a restart must not lose. */
  readonly state: StateConfig;
  /** What every request cost. */
  readonly ledger: LedgerConfig;
  /** What may be spent. @default {[]} */
  readonly budgets: readonly BudgetConfig[];
  /** A webhook for warnings of budgets. @default {none} */
  readonly budget_alerts?: BudgetAlertsConfig | undefined;
  /** What replaces the built-in cache. */
  readonly cache: CacheConfig;
  /** Traces and metrics sent to a collector. */
  readonly telemetry: TelemetryConfig;
  /** Limits on callers. */
  readonly rate_limit: RateLimitConfig;
  /** When a failing deployment is left alone. */
  readonly circuit_breaker: CircuitBreakerConfig;
  /** How many attempts a request may have. */
  readonly retry: RetryConfig;
  /** How long conversations are shortened. */
  readonly condensation: CondensationConfig;
  /** The sizes of the built-in caches. */
  readonly caching: CachingConfig;
  /** How the process reacts to memory pressure. */
  readonly memory: MemoryConfig;
  /** Probes of the providers between requests. */
  readonly health_check: HealthCheckConfig;
  /** Faults injected on purpose. */
  readonly chaos_engineering: ChaosConfig;
  /** Switches: on, off, or for whom. @default {{}} */
  readonly feature_flags: Readonly<Record<string, FlagDefinition>>;
}

/**
 * What this installation is called.
 *
 * @example Without a config
 * ```ts
 * import { type AppConfig, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const app: AppConfig = defaultConfig().app;
 * assertEquals(app.name, "llm-proxy");
 * ```
 */
export interface AppConfig {
  /** Shown by `GET /` and in telemetry. @default {"llm-proxy"} */
  readonly name: string;
  /** A word of your own, for example `production`. */
  readonly environment?: string | undefined;
}

/**
 * The public listener and its limits.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type ServerConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const server: ServerConfig = defaultConfig().server;
 * assertEquals(server.max_body_mb, 32);
 * ```
 */
export interface ServerConfig {
  /** Address to bind; anything but loopback needs a key in `auth`. @default {"127.0.0.1"} */
  readonly host: string;
  /** 0 takes any free port. @default {8000} */
  readonly port: number;
  /** Largest request body, MiB. @default {32} */
  readonly max_body_mb: number;
  /** All request bodies that the process holds at once, MiB; the app made last says it for all. @default {a sixteenth of the memory limit, 256 at most, and no less than max_body_mb} */
  readonly max_held_mb?: number | undefined;
  /** Open client connections; further ones are refused. @default {8192} */
  readonly max_connections: number;
  /** Seconds for a request's head. @default {10} */
  readonly header_timeout: number;
  /** Seconds for a request's body. @default {30} */
  readonly body_timeout: number;
  /** Seconds an idle connection is kept. @default {75} */
  readonly keep_alive_timeout: number;
  /** Largest head of a request, KiB. @default {32} */
  readonly max_header_kb: number;
  /** Seconds that running requests get at shutdown. @default {30} */
  readonly shutdown_timeout: number;
  /** A listener of its own for admins, who always need a key. @default {none} */
  readonly admin?: { readonly host: string; readonly port: number } | undefined;
}

/**
 * Who may call.
 *
 * @example Nobody has a key: only loopback is served
 * ```ts
 * import { type AuthConfig, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const auth: AuthConfig = defaultConfig().auth;
 * assertEquals(auth.api_keys, []);
 * ```
 */
export interface AuthConfig {
  /** The callers' keys. @default {[]} */
  readonly api_keys: readonly ApiKeyConfig[];
  /** Tokens of an OpenID Connect provider. @default {none are taken} */
  readonly jwt?: JwtConfig | undefined;
}
