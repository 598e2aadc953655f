import type { FetchToken } from "./access_tokens.ts";
import { requestToken, tokenClient } from "./_token_request.ts";
import type { GoogleCredentials } from "./cloud_credentials.ts";
import { isObject } from "./dialects/_json.ts";
import type { HttpClientOptions } from "./http_client_options.ts";

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const METADATA_HOST = "169.254.169.254";
const TOKEN_PATH =
  "/computeMetadata/v1/instance/service-accounts/default/token";

/** What a service account's key file holds, as far as it is needed. */
export interface ServiceAccount {
  /** Who asks. */
  readonly client_email: string;
  /** PEM. A secret. */
  readonly private_key: string;
  /** Which of the account's keys it is. */
  readonly private_key_id?: string;
  /** Who gives tokens. */
  readonly token_uri: string;
}

/**
 * How tokens for Google Cloud are fetched: signed for by the key of a service
 * account (RFC 7523), else asked of the machine's metadata server (D29).
 *
 * @throws {TypeError} when the key can't be read; its text is not told.
 */
export function googleTokens(
  { serviceAccount, metadataHost = METADATA_HOST }: GoogleCredentials,
  pool: HttpClientOptions = {},
): FetchToken {
  if (serviceAccount === undefined) {
    const request = {
      method: "GET",
      url: `http://${metadataHost}${TOKEN_PATH}`,
      headers: { "metadata-flavor": "Google" },
    } as const;
    return (signal) =>
      requestToken(request, {
        signal,
        client: { addressScope: "credentials" },
      });
  }
  const account = readServiceAccount(serviceAccount);
  const client = tokenClient(pool);
  return async (signal) => {
    const body = new URLSearchParams({
      grant_type: GRANT,
      assertion: await signAssertion(account),
    });
    return await requestToken({
      method: "POST",
      url: account.token_uri,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: body.toString(),
    }, { signal, client });
  };
}

/**
 * Reads a service account's key file.
 *
 * @throws {TypeError} when it is none; its text is not told.
 *
 * @example What it is read for
 * ```ts
 * import { readServiceAccount } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const account = readServiceAccount(
 *   `{"client_email": "gateway@acme.iam.gserviceaccount.com", "private_key": "…"}`,
 * );
 * assertEquals(account.token_uri, "https://oauth2.googleapis.com/token");
 * ```
 */
export function readServiceAccount(json: string): ServiceAccount {
  const value = parse(json);
  const { client_email: email, private_key: key, private_key_id: id } = value;
  const { token_uri: uri = "https://oauth2.googleapis.com/token" } = value;
  if (
    typeof email !== "string" || typeof key !== "string" ||
    typeof uri !== "string" || !URL.canParse(uri)
  ) {
    throw new TypeError(
      "Cannot read the service account's key: it must be JSON with 'client_email' and 'private_key'",
    );
  }
  return {
    client_email: email,
    private_key: key,
    ...(typeof id === "string" && { private_key_id: id }),
    token_uri: uri,
  };
}

function parse(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

async function signAssertion(account: ServiceAccount): Promise<string> {
  // Of no use to those who have no such provider.
  const jose = await import("jose");
  const key = await jose.importPKCS8(account.private_key, "RS256");
  const { private_key_id: kid } = account;
  return await new jose.SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(kid && { kid }) })
    .setIssuer(account.client_email)
    .setAudience(account.token_uri)
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(key);
}
