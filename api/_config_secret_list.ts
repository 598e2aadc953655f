import { readServiceAccount } from "@llm-proxy/core";
import type { Config } from "./config_types.ts";
import type { ProviderConfig } from "./config_types_provider.ts";

/** Every secret that a config holds: none of them may reach a log. */
export function secretsOf(
  { auth, budget_alerts: alerts, guardrails, providers, state, telemetry }:
    Config,
): string[] {
  const secrets = [
    ...auth.api_keys.map(({ key }) => key),
    ...providers.flatMap((
      { api_keys: keys, custom_headers: headers, proxy, ...provider },
    ) => [
      ...keys,
      ...cloudSecrets(provider),
      ...Object.values(headers),
      ...passwordsOf(proxy),
    ]),
    ...Object.values(telemetry.headers),
    ...alerts === undefined ? [] : [alerts.secret],
    ...guardrails.flatMap((it) => it.type === "webhook" ? [it.secret] : []),
    ...state.token === undefined ? [] : [state.token],
  ];
  // One proxy of the environment is the way to many providers.
  return [...new Set(secrets)];
}

/** What proves who asks at a cloud; of a service account's file the key in it. */
function cloudSecrets(
  { aws, google, entra }: Pick<ProviderConfig, "aws" | "google" | "entra">,
): readonly string[] {
  return [
    aws?.secret_access_key,
    aws?.session_token,
    aws?.role?.from === "container" ? aws.role.authorization : undefined,
    entra?.client_secret,
    ...privateKeysIn(google?.service_account),
  ].filter((secret) => secret !== undefined);
}

/** The lines of a key in PEM form: whatever shows one shows its lines. */
function privateKeysIn(serviceAccount: string | undefined): readonly string[] {
  if (serviceAccount === undefined) return [];
  try {
    return readServiceAccount(serviceAccount).private_key.split("\n")
      .filter((line) => line.length > 30 && !line.includes("--"));
  } catch {
    // No key, no secret: nothing is signed with what can't be read.
    return [];
  }
}

/** A proxy's password, as it is written and as it is meant; a token may stand in its user's place. */
function passwordsOf(proxy: string | undefined): readonly string[] {
  const { username = "", password = "" } = (proxy && URL.parse(proxy)) || {};
  const secret = password || username;
  return secret === "" ? [] : [secret, decodeURIComponent(secret)];
}
