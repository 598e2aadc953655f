import type { AwsRole } from "@llm-proxy/core";

/**
 * Where a provider of type `bedrock` is, and what its requests are signed with.
 *
 * @example Credentials of the environment
 * ```ts
 * import { type AwsConfig, parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const env: Record<string, string> = {
 *   AWS_REGION: "eu-west-1",
 *   AWS_ACCESS_KEY_ID: "AKIAQ7W2ER5TY8UI",
 *   AWS_SECRET_ACCESS_KEY: "9f8s7d6f5g4h3j2k1l0q",
 * };
 * const result = parseConfig("providers: [{type: bedrock}]", {
 *   file: "config.yaml",
 *   env: (name) => env[name],
 * });
 * assert(result.ok);
 * const aws: AwsConfig | undefined = result.config.providers[0]?.aws;
 * assertEquals(aws?.region, "eu-west-1");
 * ```
 */
export interface AwsConfig {
  /** Part of the address, and of each signature. @default {AWS_REGION} */
  readonly region: string;
  /** The public half of a key. @default {AWS_ACCESS_KEY_ID} */
  readonly access_key_id?: string | undefined;
  /** Its secret half. @default {AWS_SECRET_ACCESS_KEY} */
  readonly secret_access_key?: string | undefined;
  /** Of temporary credentials. @default {AWS_SESSION_TOKEN} */
  readonly session_token?: string | undefined;
  /** Who gives temporary credentials, by what the environment says of it. */
  readonly role?: AwsRole | undefined;
}

/**
 * Where a provider of type `vertex` is, and who asks there.
 *
 * @example The metadata server of the machine
 * ```ts
 * import { type GoogleConfig, parseConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const result = parseConfig(
 *   "providers: [{type: vertex, google: {project: acme, metadata_server: true}}]",
 *   { file: "config.yaml", env: () => undefined },
 * );
 * assert(result.ok);
 * const google: GoogleConfig | undefined = result.config.providers[0]?.google;
 * assertEquals(google?.location, "global");
 * ```
 */
export interface GoogleConfig {
  /** The project's id. @default {GOOGLE_CLOUD_PROJECT} */
  readonly project: string;
  /** A region, or `global`. @default {GOOGLE_CLOUD_LOCATION, else global} */
  readonly location: string;
  /** A service account's key file. @default {GOOGLE_APPLICATION_CREDENTIALS} */
  readonly credentials_file?: string | undefined;
  /** What that file holds. A secret. */
  readonly service_account?: string | undefined;
  /** Whether the machine's metadata server is asked for tokens instead. @default {false} */
  readonly metadata_server: boolean;
}

/**
 * Who asks at a provider of type `azure_openai`, instead of a key.
 *
 * @example The managed identity of the machine
 * ```ts
 * import { type EntraConfig, parseConfig } from "@llm-proxy/api";
 * import { assert } from "@std/assert";
 *
 * const result = parseConfig(
 *   `providers:
 *   - type: azure_openai
 *     base_url: https://my-resource.openai.azure.com/openai/v1
 *     entra: {managed_identity: true}`,
 *   { file: "config.yaml", env: () => undefined },
 * );
 * assert(result.ok);
 * const entra: EntraConfig | undefined = result.config.providers[0]?.entra;
 * assert(entra?.managed_identity);
 * ```
 */
export interface EntraConfig {
  /** The directory. @default {AZURE_TENANT_ID} */
  readonly tenant_id?: string | undefined;
  /** The application, or one of several managed identities. @default {AZURE_CLIENT_ID} */
  readonly client_id?: string | undefined;
  /** The application's secret. @default {AZURE_CLIENT_SECRET} */
  readonly client_secret?: string | undefined;
  /** Who gives tokens. @default {"https://login.microsoftonline.com"} */
  readonly authority?: string | undefined;
  /** Whether the machine's managed identity asks. @default {false} */
  readonly managed_identity: boolean;
}
