import process from "node:process";
import { checkTree } from "./_config_check.ts";
import type { EnvReader } from "./_config_env.ts";
import { FaultList } from "./_config_faults.ts";
import { readConfigFile, readNamedFile } from "./_config_file.ts";
import { Lines } from "./_config_lines.ts";
import { configSources } from "./_config_sources.ts";
import { readTree } from "./_config_tree.ts";
import { loadPatternsFor } from "./_guard_patterns.ts";
import { parseYaml } from "./_config_yaml.ts";
import type { ConfigFault } from "./config_fault.ts";
import type { Config } from "./config_types.ts";

export { type ConfigFault, formatFault } from "./config_fault.ts";
export type {
  ApiKeyConfig,
  JwtConfig,
  KeyBudget,
  KeyTerms,
} from "./config_types_keys.ts";
export type {
  AppConfig,
  AuthConfig,
  Config,
  ServerConfig,
} from "./config_types.ts";
export type {
  CacheConfig,
  CacheTierConfig,
  CachingConfig,
  CondensationConfig,
  MemoryConfig,
  ResponseCacheConfig,
} from "./config_types_context.ts";
export type {
  CircuitBreakerConfig,
  LimitRuleConfig,
  ProviderRateLimit,
  RateLimitConfig,
  RetryConfig,
} from "./config_types_limits.ts";
export type {
  ConcurrencyConfig,
  LongContextPrices,
  ModelConfig,
  ModelPrices,
  WireApiName,
} from "./config_types_model.ts";
export type {
  BudgetAlertsConfig,
  BudgetConfig,
  BudgetLevel,
  LedgerConfig,
} from "./config_types_ledger.ts";
export type { StateConfig } from "./config_types_state.ts";
export type {
  ChaosConfig,
  ChaosFault,
  ChaosMatch,
  HealthCheckConfig,
  LoggingConfig,
  RequestContentConfig,
  RequestLogConfig,
  RotationConfig,
  TelemetryConfig,
} from "./config_types_operation.ts";
export type {
  HttpClientConfig,
  ProviderConfig,
  ProviderTypeName,
  TlsMaterial,
} from "./config_types_provider.ts";
export type {
  ArmConfig,
  HedgeConfig,
  RollbackConfig,
  RouteCacheConfig,
  RouteCondenseConfig,
  RouteConfig,
  RouteTargetConfig,
  SemanticCacheConfig,
  ShadowConfig,
  StickyConfig,
} from "./config_types_routing.ts";

/**
 * What became of a config file: the config, or every fault that was found, in
 * the order of the file.
 *
 * @example Either, or
 * ```ts
 * import { type ConfigResult, parseConfig } from "@llm-proxy/api";
 * import { assert } from "@std/assert";
 *
 * const result: ConfigResult = parseConfig("memory: {monitoring_interval: 2}", {
 *   file: "config.yaml",
 *   env: () => undefined,
 * });
 * assert(result.ok);
 * ```
 */
export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/**
 * What {@linkcode parseConfig} needs besides the text.
 *
 * @example The variables of the process
 * ```ts
 * import type { ParseConfigOptions } from "@llm-proxy/api";
 *
 * const options: ParseConfigOptions = {
 *   file: "config.yaml",
 *   env: (name) => Deno.env.get(name),
 * };
 * ```
 */
export interface ParseConfigOptions {
  /** How faults name the file; relative paths in it start where it is. */
  readonly file: string;
  /** Looks up an environment variable. */
  readonly env: (name: string) => string | undefined;
  /** Reads a file that the config names, or throws. @default {none can be read} */
  readonly readText?: ((path: string) => string) | undefined;
}

/**
 * Reads the text of a config file. An empty text gives all the defaults.
 *
 * `${NAME}` and `${NAME:-default}` in a value are replaced after the YAML has
 * been read, so that no variable can add to its structure; a variable that is
 * missing or empty is a fault, and so is a route that leads nowhere or in a
 * circle (checks F1, F2, F3 and F6).
 *
 * @param text YAML 1.2, one document, at most 4 MiB.
 * @param options The file's name and the variables.
 * @returns The config, or all faults at once. Never throws.
 *
 * @example A provider and a limit
 * ```ts
 * import { parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const text = `
 * server:
 *   port: \${PORT:-9000}
 * providers:
 *   - type: anthropic
 *     api_key: \${ANTHROPIC_API_KEY}
 * `;
 * const result = parseConfig(text, {
 *   file: "config.yaml",
 *   env: (name) => name === "ANTHROPIC_API_KEY" ? "sk-ant-w3Kd9" : undefined,
 * });
 * assert(result.ok);
 * assertEquals(result.config.server.port, 9000);
 * assertEquals(result.config.providers[0]?.name, "anthropic");
 * ```
 */
export function parseConfig(
  text: string,
  options: ParseConfigOptions,
): ConfigResult {
  const { file, env } = options;
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  const lines = new Lines(source);
  const list = new FaultList(file, lines);
  const { document, problems } = parseYaml(source, lines);
  problems.forEach((it) => list.addAt(it));
  if (document === undefined) return { ok: false, faults: list.take() };

  const tree = readTree(document, { text: source, env });
  tree.problems.forEach((it) => list.addAt(it));
  if (tree.stopped) return { ok: false, faults: list.take() };

  const { config, problems: found } = checkTree(tree, configSources(options));
  found.forEach((it) => list.addIn(tree, it));
  const faults = list.take();
  if (faults.length > 0 || config === undefined) return { ok: false, faults };
  return { ok: true, config };
}

/**
 * What {@linkcode loadConfig} may be given.
 *
 * @example Variables of one's own
 * ```ts
 * import type { LoadConfigOptions } from "@llm-proxy/api";
 *
 * const options: LoadConfigOptions = { env: () => undefined };
 * ```
 */
export interface LoadConfigOptions {
  /** Looks up an environment variable. @default {the process's own} */
  readonly env?: (name: string) => string | undefined;
}

/**
 * Reads a config file: {@linkcode parseConfig} with what can go wrong before
 * it. A file that is missing, unreadable, larger than 4 MiB or not UTF-8 is
 * one fault.
 *
 * @param file The path; faults name it as it is given.
 * @param options The variables.
 * @returns The config, or all faults at once. Never rejects.
 *
 * @example A file that is not there
 * ```ts
 * import { formatFault, loadConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const result = await loadConfig("no/such/config.yaml");
 * assert(!result.ok);
 * assertEquals(
 *   result.faults.map(formatFault),
 *   ["no/such/config.yaml:1:1: The file does not exist"],
 * );
 * ```
 */
export async function loadConfig(
  file: string,
  options: LoadConfigOptions = {},
): Promise<ConfigResult> {
  const read = await readConfigFile(file);
  if ("message" in read) {
    const fault = { file, line: 1, column: 1, path: "", message: read.message };
    return { ok: false, faults: [fault] };
  }
  await loadPatternsFor(read.text);
  return parseConfig(read.text, {
    file,
    env: options.env ?? processEnv,
    readText: readNamedFile,
  });
}

const processEnv: EnvReader = (name) => process.env[name];
