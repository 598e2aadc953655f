import type { RequestAuthorizer } from "./authorized_transport.ts";
import { AwsSigner } from "./aws_signer.ts";
import { entraTokens } from "./entra_tokens.ts";
import { googleTokens } from "./google_tokens.ts";
import type { ProviderSettings } from "./provider_factory.ts";
import { TokenAuthorizer } from "./token_authorizer.ts";

/** A region becomes a part of a host's name: it must not become another host. */
const REGION = /^[a-z0-9-]{1,40}$/;

/** Where Bedrock is in the region of the settings. */
export function bedrockAddress({ aws }: ProviderSettings): string | undefined {
  if (aws === undefined) return undefined;
  const { region } = aws;
  if (!REGION.test(region)) {
    throw new TypeError(
      `Cannot reach Amazon's region '${region}': no such name`,
    );
  }
  const domain = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : "amazonaws.com";
  return `https://bedrock-runtime.${region}.${domain}`;
}

/** What signs requests to Amazon; none where a key is sent. */
export function awsAuthorizer(
  { apiKey, aws, pool }: ProviderSettings,
): RequestAuthorizer | undefined {
  if (apiKey !== undefined || aws === undefined) return undefined;
  return aws.secretAccessKey === undefined && aws.role === undefined
    ? undefined
    : new AwsSigner(aws, { pool });
}

/** Where Vertex AI is for the project and the location of the settings (D29). */
export function vertexAddress(
  { google }: ProviderSettings,
): string | undefined {
  if (google === undefined) return undefined;
  const { project, location = "global" } = google;
  if (!REGION.test(location)) {
    throw new TypeError(
      `Cannot reach Google's location '${location}': no such name`,
    );
  }
  const host = location === "global"
    ? "aiplatform.googleapis.com"
    : location === "us" || location === "eu"
    ? `aiplatform.${location}.rep.googleapis.com`
    : `${location}-aiplatform.googleapis.com`;
  return `https://${host}/v1/projects/${
    encodeURIComponent(project)
  }/locations/${location}`;
}

/** What fetches tokens for Google Cloud; none where a key is sent. */
export function googleAuthorizer(
  { apiKey, google, pool }: ProviderSettings,
): RequestAuthorizer | undefined {
  return apiKey !== undefined || google === undefined
    ? undefined
    : new TokenAuthorizer(googleTokens(google, pool));
}

/** What fetches tokens for Azure; none where a key is sent. */
export function entraAuthorizer(
  { apiKey, entra, pool }: ProviderSettings,
): RequestAuthorizer | undefined {
  return apiKey !== undefined || entra === undefined
    ? undefined
    : new TokenAuthorizer(entraTokens(entra, pool));
}
