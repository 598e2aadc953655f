import { resolve } from "node:path";
import type { ConfigFault } from "./config_fault.ts";
import type { Config } from "./config_types.ts";
import { variableOrCredential } from "./_credentials.ts";
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
  /** The file's text, where there is one. */
  readonly text?: string;
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

/** Reads a config file; tells its faults where it has any. */
export async function load(file: string): Promise<Loaded | number> {
  const read = await readConfig(file);
  if (!("faults" in read)) return read;
  const { formatFault } = await import("./config.ts");
  return tell(read.faults.map(formatFault).join("\n"), FAULT);
}

/** Reads a config file. What reads YAML is loaded only where there is some. */
export async function readConfig(
  file: string,
): Promise<Loaded | { readonly faults: readonly ConfigFault[] }> {
  const { parseConfig } = await import("./config.ts");
  const { readConfigFile, readNamedFile } = await import("./_config_file.ts");
  const { loadPatternsFor } = await import("./_guard_patterns.ts");
  const read = await readConfigFile(file);
  if ("message" in read) {
    const { message } = read;
    return { faults: [{ file, line: 1, column: 1, path: "", message }] };
  }
  await loadPatternsFor(read.text);
  const result = parseConfig(read.text, {
    file,
    env: variableOrCredential(),
    readText: readNamedFile,
  });
  if (!result.ok) return { faults: result.faults };
  const { config } = result;
  const off = config.providers
    .filter(({ enabled }) => !enabled)
    .map(({ name }) => ({ name, reason: "enabled: false" }));
  return { config, off, text: read.text };
}

/** Without a config the environment says which providers are on. */
export function fromEnvironment(): Loaded | number {
  const env = variableOrCredential();
  const readText = (path: string): string => Deno.readTextFileSync(path);
  const { off } = environmentProviders(env, { readText });
  try {
    return { config: defaultConfig({ env, readText }), off };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return tell(`llm-proxy: ${error.message}`, FAULT);
  }
}
