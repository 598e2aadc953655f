import type { FetchToken } from "./access_tokens.ts";
import { requestToken, tokenClient } from "./_token_request.ts";
import type { EntraCredentials } from "./cloud_credentials.ts";
import type { HttpClientOptions } from "./http_client_options.ts";

const RESOURCE = "https://cognitiveservices.azure.com";
const AUTHORITY = "https://login.microsoftonline.com";
const METADATA_HOST = "169.254.169.254";

/**
 * How tokens for Azure are fetched (F1): by the client credentials of an
 * application, else as the machine's managed identity.
 */
export function entraTokens(
  credentials: EntraCredentials,
  pool: HttpClientOptions = {},
): FetchToken {
  const { tenantId, clientId, clientSecret, authority = AUTHORITY } =
    credentials;
  if (clientSecret === undefined || tenantId === undefined) {
    return managedIdentity(credentials);
  }
  const client = tokenClient(pool);
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId ?? "",
    client_secret: clientSecret,
    scope: `${RESOURCE}/.default`,
  }).toString();
  const tenant = encodeURIComponent(tenantId);
  const request = {
    method: "POST",
    url: `${authority.replace(/\/$/, "")}/${tenant}/oauth2/v2.0/token`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body,
  } as const;
  return (signal) => requestToken(request, { signal, client });
}

function managedIdentity(
  { clientId, metadataHost = METADATA_HOST }: EntraCredentials,
): FetchToken {
  const query = new URLSearchParams({
    "api-version": "2018-02-01",
    resource: RESOURCE,
    ...(clientId !== undefined && { client_id: clientId }),
  });
  const request = {
    method: "GET",
    url: `http://${metadataHost}/metadata/identity/oauth2/token?${query}`,
    headers: { metadata: "true" },
  } as const;
  return (signal) =>
    requestToken(request, { signal, client: { addressScope: "credentials" } });
}
