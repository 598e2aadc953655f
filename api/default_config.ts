import defaults from "./config.defaults.json" with { type: "json" };
import type { ConfigOutput } from "./config_schema.ts";
import type { Config } from "./config_types.ts";
import { environmentProviders } from "./environment_providers.ts";
import { cloudOf } from "./_config_cloud.ts";
import { finish } from "./_config_finish.ts";
import { proxyFault } from "./_config_proxy.ts";
import { configSources } from "./_config_sources.ts";

type ProviderEntry = ConfigOutput["providers"][number];

/** What the schema fills in, as the task `schema` has written it: to load the schema takes longer than all else that a start without a file does. */
const DEFAULTS = defaults as unknown as {
  readonly config: ConfigOutput;
  readonly provider: Omit<ProviderEntry, "type">;
  readonly entra: ProviderEntry["entra"];
};

/**
 * What {@linkcode defaultConfig} may be given.
 *
 * @example The process's own variables
 * ```ts
 * import { defaultConfig } from "@llm-proxy/api";
 *
 * defaultConfig({ env: (name) => Deno.env.get(name) });
 * ```
 */
export interface DefaultConfigOptions {
  /** Looks up an environment variable. @default {nothing is found} */
  readonly env?: (name: string) => string | undefined;
  /** Reads a file that the environment names, or throws. @default {none can be read} */
  readonly readText?: (path: string) => string;
}

/**
 * The config without a file: the gateway on 127.0.0.1:8000 with the provider
 * `mock`, and every provider whose key is in the environment and looks like one.
 *
 * @returns A new config at each call.
 * @throws {TypeError} when one of them would be reached through a proxy of the
 * environment (`HTTPS_PROXY`) that can't be used.
 *
 * @example A key in the environment
 * ```ts
 * import { defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const { server, providers } = defaultConfig({
 *   env: (name) => name === "GROQ_API_KEY" ? "gsk-w3Kd9xQ" : undefined,
 * });
 * assertEquals(server.port, 8000);
 * assertEquals(providers.map(({ name }) => name), ["mock", "groq"]);
 * ```
 */
export function defaultConfig(options: DefaultConfigOptions = {}): Config {
  const env = options.env ?? (() => undefined);
  const sources = configSources({ file: "", env, readText: options.readText });
  const providers = environmentProviders(env, {
    readText: options.readText,
  }).on.map((
    { type, keyEnv, baseUrl, apiVersion, isEntra },
  ) => ({
    type,
    ...(keyEnv !== undefined && { api_key_env: keyEnv }),
    ...(baseUrl !== undefined && { base_url: baseUrl }),
    ...(apiVersion !== undefined && { api_version: apiVersion }),
    ...(isEntra && { entra: {} }),
  }));
  for (const provider of providers) {
    const cloud = cloudOf(provider, sources);
    const fault = proxyFault({ ...provider, ...cloud }, env);
    if (fault !== undefined) throw new TypeError(fault);
  }
  const { config, provider, entra } = structuredClone(DEFAULTS);
  const entries = providers.map((entry) => ({
    ...structuredClone(provider),
    ...entry,
    ...("entra" in entry && { entra: { ...entra } }),
  })) as ProviderEntry[];
  return finish({ ...config, providers: entries }, sources);
}
