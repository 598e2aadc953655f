import { providerTypes } from "@llm-proxy/core";
import { isKeyless } from "./_config_cloud.ts";
import { type EnvReader, readVariable } from "./_config_env.ts";

/** Headers in which a provider may be given its credential by hand. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
]);

/** What a provider's entry says of its credential, whatever its state of checking. */
export interface KeySource {
  readonly type?: unknown;
  readonly api_key?: unknown;
  readonly api_keys?: unknown;
  readonly api_key_env?: unknown;
  readonly base_url?: unknown;
  readonly custom_headers?: unknown;
  readonly aws?: unknown;
  readonly entra?: unknown;
}

/** The first of a type's variables that is set, else its usual one. */
export function usualVariable(
  names: readonly [usual: string, ...others: string[]],
  env: EnvReader,
): string {
  return names.find((name) => "value" in readVariable(name, env)) ?? names[0];
}

/**
 * The variable that holds a provider's key: the one that its entry names, else
 * a usual one of its type. With an address of its own a provider gets no
 * usual key: a credential goes to the origin that it was made for, and nowhere
 * else.
 */
export function keyVariable(
  provider: KeySource,
  env: EnvReader,
): string | undefined {
  const { type, api_key_env: named } = provider;
  if (typeof named === "string") return named;
  if (provider.api_key !== undefined || provider.api_keys !== undefined) {
    return undefined;
  }
  if (provider.base_url !== undefined) return undefined;
  if (isKeyless({ ...provider }, env)) return undefined;
  const headers = provider.custom_headers;
  const byHand = typeof headers === "object" && headers !== null &&
    Object.keys(headers).some((name) =>
      CREDENTIAL_HEADERS.has(name.toLowerCase())
    );
  if (byHand || typeof type !== "string") return undefined;
  const names = providerTypes.get(type)?.keyEnv;
  return names && usualVariable(names, env);
}
