import * as z from "@zod/zod";
import { address, line, secret } from "./_config_values.ts";

const id = (what: string) =>
  z.string().max(128).regex(
    /^[\w.:-]+$/,
    "must be letters, digits, '_', '.', ':' and '-'",
  ).optional().describe(what);

/** `providers[].aws` */
export const aws = z.strictObject({
  region: z.string().regex(
    /^[a-z0-9-]{1,40}$/,
    "must be a region's name such as us-east-1",
  ).optional().describe("The region; AWS_REGION by default."),
  access_key_id: secret(1).optional()
    .describe("The public half of a key; AWS_ACCESS_KEY_ID by default."),
  secret_access_key: secret(1).optional()
    .describe("Its secret half; AWS_SECRET_ACCESS_KEY by default."),
  session_token: z.string().min(1).max(8192).regex(
    /^[!-~]+$/,
    "must hold nothing but printable ASCII without spaces",
  ).optional().describe(
    "The token of temporary credentials; AWS_SESSION_TOKEN by default.",
  ),
  role: z.enum(["instance", "container", "web_identity"]).optional().describe(
    "Who gives temporary credentials in the place of a key: the instance's metadata server, the platform of a container or pod, or Amazon's token service for the token in AWS_WEB_IDENTITY_TOKEN_FILE.",
  ),
}).describe("Of type bedrock: where it is, and what requests are signed with.");

/** `providers[].google` */
export const google = z.strictObject({
  project: id("The project's id; GOOGLE_CLOUD_PROJECT by default."),
  location: z.string().regex(
    /^[a-z0-9-]{1,40}$/,
    "must be a location's name such as us-central1 or global",
  ).optional().describe(
    "The location; GOOGLE_CLOUD_LOCATION, else global, by default.",
  ),
  credentials_file: line(4096).optional().describe(
    "A service account's key, JSON; GOOGLE_APPLICATION_CREDENTIALS by default.",
  ),
  metadata_server: z.boolean().default(false).describe(
    "Whether the machine's metadata server is asked for tokens instead.",
  ),
}).describe("Of type vertex: where it is, and who asks there.");

/** `providers[].entra` */
export const entra = z.strictObject({
  tenant_id: id("The directory; AZURE_TENANT_ID by default."),
  client_id: id(
    "The application, or one of several managed identities; AZURE_CLIENT_ID by default.",
  ),
  client_secret: secret(1).optional()
    .describe("The application's secret; AZURE_CLIENT_SECRET by default."),
  authority: address().optional().describe(
    "Who gives tokens, where that is not https://login.microsoftonline.com.",
  ),
  managed_identity: z.boolean().default(false).describe(
    "Whether the machine's managed identity asks, by its metadata server.",
  ),
}).describe("Of type azure_openai: who asks there, instead of a key.");
