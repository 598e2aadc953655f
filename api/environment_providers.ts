import { providerTypes } from "@llm-proxy/core";

/** A provider that is off, and what would switch it on. */
export interface ProviderOff {
  readonly name: string;
  readonly reason: string;
}

/** What the environment says of the providers. */
export interface EnvironmentProviders {
  /** Types whose key is set, and `mock`. */
  readonly on: readonly { readonly type: string; readonly keyEnv?: string }[];
  readonly off: readonly ProviderOff[];
}

/** Types that are another's second name. */
const ALIASES: ReadonlySet<string> = new Set(["grok"]);

/**
 * Finds the providers that need no config: those whose key is in the
 * environment, and the mock.
 */
export function environmentProviders(
  env: (name: string) => string | undefined,
): EnvironmentProviders {
  const on: { type: string; keyEnv?: string }[] = [{ type: "mock" }];
  const off: ProviderOff[] = [];
  for (const [name, { keyEnv, baseUrl }] of providerTypes) {
    if (keyEnv === undefined || ALIASES.has(name)) continue;
    if (baseUrl === undefined) off.push({ name, reason: "needs a config" });
    else if (!env(keyEnv)) off.push({ name, reason: `no ${keyEnv}` });
    else on.push({ type: name, keyEnv });
  }
  return { on, off };
}
