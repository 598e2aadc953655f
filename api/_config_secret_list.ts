import type { Config } from "./config_types.ts";

/** Every secret that a config holds: none of them may reach a log. */
export function secretsOf(
  { auth, providers, state, telemetry }: Config,
): string[] {
  const secrets = [
    ...auth.api_keys.map(({ key }) => key),
    ...providers.flatMap((
      { api_keys: keys, custom_headers: headers, proxy },
    ) => [
      ...keys,
      ...Object.values(headers),
      ...passwordsOf(proxy),
    ]),
    ...Object.values(telemetry.headers),
    ...state.token === undefined ? [] : [state.token],
  ];
  // One proxy of the environment is the way to many providers.
  return [...new Set(secrets)];
}

/** A proxy's password, as it is written and as it is meant; a token may stand in its user's place. */
function passwordsOf(proxy: string | undefined): readonly string[] {
  const { username = "", password = "" } = (proxy && URL.parse(proxy)) || {};
  const secret = password || username;
  return secret === "" ? [] : [secret, decodeURIComponent(secret)];
}
