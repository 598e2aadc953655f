import { providerTypes } from "@llm-proxy/core";
import type { Config } from "./config_types.ts";

/** Why a provider that exists is off: what would switch it on. */
export function reasonOff(
  name: string,
  { providers }: Pick<Config, "providers">,
): string | undefined {
  if (providers.some((entry) => entry.name === name)) {
    return "the config has it with 'enabled: false'";
  }
  const type = providerTypes.get(name);
  if (type === undefined) return undefined;
  return type.keyEnv === undefined || type.baseUrl === undefined
    ? "add it to the config"
    : `set ${type.keyEnv[0]}, or add it to the config`;
}
