import { resolve } from "node:path";
import type { Config } from "./config_types.ts";
import { defaultConfig } from "./default_config.ts";
import {
  environmentProviders,
  type ProviderOff,
} from "./environment_providers.ts";
import { FAULT, tell } from "./_terminal.ts";

/** A config that is in force, with what should be told of it. */
export interface Loaded {
  readonly config: Config;
  readonly off: readonly ProviderOff[];
  readonly notices: readonly string[];
}

/**
 * The config file that the arguments or the environment name. A task runs in
 * the project's folder; the path is meant from where its caller stood.
 */
export function configFile(told: string | undefined): string | undefined {
  const file = told ?? Deno.env.get("LLM_PROXY_CONFIG");
  const from = Deno.env.get("INIT_CWD");
  return file && from ? resolve(from, file) : file;
}

/** Reads a config file. What reads YAML is loaded only where there is some. */
export async function load(file: string): Promise<Loaded | number> {
  const { formatFault, loadConfig } = await import("./config.ts");
  const result = await loadConfig(file);
  if (!result.ok) {
    return tell(result.faults.map(formatFault).join("\n"), FAULT);
  }
  const off = result.config.providers
    .filter(({ enabled }) => !enabled)
    .map(({ name }) => ({ name, reason: "enabled: false" }));
  return { config: result.config, off, notices: result.notices };
}

/** Without a config the environment says which providers are on. */
export function fromEnvironment(): Loaded | number {
  const env = (name: string): string | undefined => Deno.env.get(name);
  const { off } = environmentProviders(env);
  try {
    return { config: defaultConfig({ env }), off, notices: [] };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return tell(`llm-proxy: ${error.message}`, FAULT);
  }
}
