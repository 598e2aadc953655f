import { providerTypes } from "@llm-proxy/core";

/** Headers in which a provider may be given its credential by hand. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "x-api-key",
  "api-key",
]);

/** What a provider's entry says of its credential, whatever its state of checking. */
export interface KeySource {
  readonly type?: unknown;
  readonly api_key?: unknown;
  readonly api_keys?: unknown;
  readonly api_key_env?: unknown;
  readonly base_url?: unknown;
  readonly custom_headers?: unknown;
}

/**
 * The variable that holds a provider's key: the one that its entry names, else
 * the usual one of its type. With an address of its own a provider gets no
 * usual key: a credential goes to the origin that it was made for, and nowhere
 * else.
 */
export function keyVariable(provider: KeySource): string | undefined {
  const { type, api_key_env: named } = provider;
  if (typeof named === "string") return named;
  if (provider.api_key !== undefined || provider.api_keys !== undefined) {
    return undefined;
  }
  if (provider.base_url !== undefined) return undefined;
  const headers = provider.custom_headers;
  const byHand = typeof headers === "object" && headers !== null &&
    Object.keys(headers).some((name) =>
      CREDENTIAL_HEADERS.has(name.toLowerCase())
    );
  if (byHand || typeof type !== "string") return undefined;
  return providerTypes.get(type)?.keyEnv;
}
