import { providerTypes } from "@llm-proxy/core";
import { type EnvReader, readVariable } from "./_config_env.ts";
import { usualVariable } from "./_config_provider_keys.ts";
import { secretFault } from "./_config_values.ts";

/** A provider that is off, and what would switch it on. */
export interface ProviderOff {
  readonly name: string;
  readonly reason: string;
}

/** What the environment says of the providers. */
export interface EnvironmentProviders {
  /** Types whose key is set and looks like one, and `mock`. */
  readonly on: readonly { readonly type: string; readonly keyEnv?: string }[];
  readonly off: readonly ProviderOff[];
}

/** Types that are another's second name. */
const ALIASES: ReadonlySet<string> = new Set(["grok"]);

/**
 * Finds the providers that need no config: those whose key is in the
 * environment, and the mock. What can't be a key switches nothing on (F3).
 */
export function environmentProviders(
  env: EnvReader,
): EnvironmentProviders {
  const on: { type: string; keyEnv?: string }[] = [{ type: "mock" }];
  const off: ProviderOff[] = [];
  for (const [name, { keyEnv: names, baseUrl }] of providerTypes) {
    if (names === undefined || ALIASES.has(name)) continue;
    const keyEnv = usualVariable(names, env);
    const reason = baseUrl === undefined
      ? "needs a config"
      : keyFault(keyEnv, env);
    if (reason === undefined) on.push({ type: name, keyEnv });
    else off.push({ name, reason });
  }
  return { on, off };
}

function keyFault(name: string, env: EnvReader): string | undefined {
  const read = readVariable(name, env);
  if ("message" in read) return `no ${name}`;
  const fault = secretFault(read.value);
  return fault && `${name} ${fault.split(";")[0]}`;
}
