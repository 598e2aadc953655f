import type { Config } from "./config_types.ts";

/** Every secret that a config holds: none of them may reach a log. */
export function secretsOf(
  { auth, providers, telemetry }: Config,
): string[] {
  return [
    ...auth.api_keys.map(({ key }) => key),
    ...providers.flatMap((
      { api_keys: keys, custom_headers: headers, proxy },
    ) => [
      ...keys,
      ...Object.values(headers),
      ...passwordsOf(proxy),
    ]),
    ...Object.values(telemetry.headers),
  ];
}

/** A proxy's password, as it is written and as it is meant. */
function passwordsOf(proxy: string | undefined): readonly string[] {
  const { password = "" } = (proxy && URL.parse(proxy)) || {};
  return password === ""
    ? []
    : [...new Set([password, decodeURIComponent(password)])];
}
