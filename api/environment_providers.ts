import { providerTypes } from "@llm-proxy/core";
import { cloudEnvironment } from "./_cloud_environment.ts";
import { type EnvReader, readVariable } from "./_config_env.ts";
import { usualVariable } from "./_config_provider_keys.ts";
import { configSources, type ConfigSourcesOptions } from "./_config_sources.ts";
import { secretFault } from "./_config_texts.ts";

/** A provider that is off, and what would switch it on. */
export interface ProviderOff {
  readonly name: string;
  readonly reason: string;
  /** Nothing of it is set, so that nobody can have meant to have it on. */
  readonly isUnset?: true;
}

/** A provider that is on, and what its entry in a config would say. */
export interface ProviderOn {
  readonly type: string;
  readonly keyEnv?: string;
  readonly baseUrl?: string;
  readonly apiVersion?: string;
  readonly isEntra?: true;
}

/** What the environment says of the providers. */
export interface EnvironmentProviders {
  /** Types whose key is set and looks like one, and `mock`. */
  readonly on: readonly ProviderOn[];
  readonly off: readonly ProviderOff[];
}

const NOTHING_SET = configSources({ file: "", env: () => undefined });
/** Types that are another's second name. */
const ALIASES: ReadonlySet<string> = new Set(["grok"]);

/**
 * Finds the providers that need no config: those whose key is in the
 * environment, and the mock. What can't be a key switches nothing on (F3), and
 * neither does half of what a cloud needs. Without `readText` no file can be
 * read that the environment names.
 */
export function environmentProviders(
  env: EnvReader,
  options: Pick<ConfigSourcesOptions, "readText"> = {},
): EnvironmentProviders {
  const sources = configSources({ file: "", env, ...options });
  const on: ProviderOn[] = [{ type: "mock" }];
  const off: ProviderOff[] = [];
  for (const [name, { keyEnv: names, baseUrl }] of providerTypes) {
    const cloud = cloudEnvironment(name, sources);
    if (typeof cloud === "string") {
      const isUnset = cloud === cloudEnvironment(name, NOTHING_SET);
      off.push({ name, reason: cloud, ...(isUnset && { isUnset }) });
    } else if (cloud !== undefined) on.push(cloud);
    if (cloud !== undefined) continue;
    if (names === undefined || ALIASES.has(name)) continue;
    const keyEnv = usualVariable(names, env);
    const fault = keyFault(keyEnv, env);
    if (baseUrl === undefined) {
      off.push({ name, reason: "needs a config", isUnset: true });
    } else if (fault === undefined) on.push({ type: name, keyEnv });
    else off.push({ name, ...fault });
  }
  return { on, off };
}

function keyFault(
  name: string,
  env: EnvReader,
): Omit<ProviderOff, "name"> | undefined {
  const read = readVariable(name, env);
  if ("message" in read) return { reason: `no ${name}`, isUnset: true };
  const fault = secretFault(read.value);
  return fault === undefined
    ? undefined
    : { reason: `${name} ${fault.split(";")[0]}` };
}
