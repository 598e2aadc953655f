import { readServiceAccount } from "@llm-proxy/core";
import { awsRole, awsRoleFault } from "./_config_aws_role.ts";
import { cloudVariable } from "./_config_cloud_variables.ts";
import { type Data, mapIn } from "./_config_data.ts";
import { type EnvReader, readVariable } from "./_config_env.ts";
import type { ConfigSources } from "./_config_sources.ts";
import type {
  AwsConfig,
  EntraConfig,
  GoogleConfig,
} from "./config_types_cloud.ts";

/** What a provider's entry and the environment say of its cloud. */
export interface CloudConfig {
  readonly aws?: AwsConfig;
  readonly google?: GoogleConfig;
  readonly entra?: EntraConfig;
}

/** What a provider's entry and the environment say of its cloud; nothing of one that is off. */
export function cloudOf(provider: Data, sources: ConfigSources): CloudConfig {
  const { type, enabled } = provider;
  if (enabled === false) return {};
  if (type === "bedrock") return { aws: awsOf(provider, sources) };
  if (type === "vertex") return { google: googleOf(provider, sources) };
  return provider.entra === undefined
    ? {}
    : { entra: entraOf(provider, sources) };
}

/** Whether a provider is asked without a key of its own: by signatures, or with tokens that run out. */
export function isKeyless(provider: Data, env: EnvReader): boolean {
  const { type, aws } = provider;
  if (type === "vertex" || provider.entra !== undefined) return true;
  if (type !== "bedrock") return false;
  const { secret_access_key: secret, role } = mapIn(aws);
  if (secret !== undefined || role !== undefined) return true;
  // Its own client prefers the key where both are set.
  return "message" in readVariable("AWS_BEARER_TOKEN_BEDROCK", env) &&
    provider.base_url === undefined &&
    cloudVariable("secretAccessKey", env) !== undefined;
}

/** What is wrong with an entry's cloud: a key of the entry, and why. */
export function cloudFaults(
  provider: Data,
  sources: ConfigSources,
): readonly { readonly key: string; readonly message: string }[] {
  const faults: { key: string; message: string }[] = [];
  const { type } = provider;
  for (const [key, owner] of SECTIONS) {
    if (provider[key] !== undefined && type !== owner) {
      faults.push({
        key,
        message: `Only a provider of type ${owner} has this`,
      });
    }
  }
  if (faults.length > 0 || provider.enabled === false) return faults;
  const { aws, google, entra } = cloudOf(provider, sources);
  const note = (key: string, message: string | undefined): void => {
    const at = provider[key] === undefined ? "type" : key;
    if (message !== undefined) faults.push({ key: at, message });
  };
  if (aws !== undefined) note("aws", awsFault(aws));
  if (google !== undefined) {
    const hasKey = provider.api_key !== undefined ||
      provider.api_keys !== undefined || provider.api_key_env !== undefined;
    note("google", googleFault(google, { hasKey, sources }));
  }
  if (entra !== undefined) note("entra", entraFault(entra));
  return faults;
}

const SECTIONS = [
  ["aws", "bedrock"],
  ["google", "vertex"],
  ["entra", "azure_openai"],
] as const;

function awsOf(provider: Data, { env }: ConfigSources): AwsConfig {
  const aws = mapIn(provider.aws);
  const region = text(aws.region) ?? cloudVariable("region", env) ?? "";
  const own = {
    region,
    access_key_id: text(aws.access_key_id),
    secret_access_key: text(aws.secret_access_key),
    session_token: text(aws.session_token),
  };
  if (aws.role !== undefined) {
    return { ...own, role: awsRole(text(aws.role), env) };
  }
  const isGiven = own.access_key_id !== undefined ||
    own.secret_access_key !== undefined;
  // Credentials go to the origin that they were made for (F3).
  if (isGiven || !isKeyless(provider, env)) return own;
  return {
    region,
    access_key_id: cloudVariable("accessKeyId", env),
    secret_access_key: cloudVariable("secretAccessKey", env),
    session_token: cloudVariable("sessionToken", env),
  };
}

function awsFault(
  { region, role, ...keys }: AwsConfig,
): string | undefined {
  if (!/^[a-z0-9-]{1,40}$/.test(region)) {
    return "A provider of type bedrock needs aws.region or the variable AWS_REGION";
  }
  if (role !== undefined) {
    return keys.access_key_id !== undefined ||
        keys.secret_access_key !== undefined
      ? "Give either aws.role or aws.access_key_id, not both"
      : awsRoleFault(role);
  }
  return keys.access_key_id === undefined !==
      (keys.secret_access_key === undefined)
    ? "aws.access_key_id and aws.secret_access_key go together"
    : undefined;
}

function googleOf(
  provider: Data,
  { env, readFile }: ConfigSources,
): GoogleConfig {
  const google = mapIn(provider.google);
  const isMetadata = google.metadata_server === true;
  const file = text(google.credentials_file) ??
    (isMetadata ? undefined : cloudVariable("credentialsFile", env));
  const read = file === undefined ? undefined : readFile(file);
  return {
    project: text(google.project) ?? cloudVariable("project", env) ?? "",
    location: text(google.location) ?? cloudVariable("location", env) ??
      "global",
    credentials_file: file,
    service_account: read !== undefined && "text" in read
      ? read.text
      : undefined,
    metadata_server: isMetadata,
  };
}

function googleFault(
  { project, credentials_file: file, service_account: key, ...google }:
    GoogleConfig,
  { hasKey, sources }: {
    readonly hasKey: boolean;
    readonly sources: ConfigSources;
  },
): string | undefined {
  if (!/^[\w.:-]{1,128}$/.test(project)) {
    return "A provider of type vertex needs google.project or the variable GOOGLE_CLOUD_PROJECT";
  }
  // A token that somebody else sees to.
  if (hasKey) return undefined;
  if (google.metadata_server) {
    return file === undefined
      ? undefined
      : "Give either google.credentials_file or google.metadata_server, not both";
  }
  if (file === undefined) {
    return "A provider of type vertex needs google.credentials_file, the variable GOOGLE_APPLICATION_CREDENTIALS, or google.metadata_server: true";
  }
  const read = sources.readFile(file);
  if ("message" in read) return read.message;
  try {
    readServiceAccount(key ?? "");
    return undefined;
  } catch (error) {
    return error instanceof TypeError ? error.message : "Cannot read the key";
  }
}

function entraOf(provider: Data, { env }: ConfigSources): EntraConfig {
  const entra = mapIn(provider.entra);
  const isManaged = entra.managed_identity === true;
  const own = {
    client_id: text(entra.client_id) ?? cloudVariable("clientId", env),
    authority: text(entra.authority)?.replace(/\/+$/, ""),
    managed_identity: isManaged,
  };
  if (isManaged) return own;
  return {
    ...own,
    tenant_id: text(entra.tenant_id) ?? cloudVariable("tenantId", env),
    client_secret: text(entra.client_secret) ??
      cloudVariable("clientSecret", env),
  };
}

function entraFault(entra: EntraConfig): string | undefined {
  if (entra.managed_identity) return undefined;
  const { tenant_id: tenant, client_id: id, client_secret: secret } = entra;
  return tenant === undefined || id === undefined || secret === undefined
    ? "entra needs tenant_id, client_id and client_secret (or AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET), or managed_identity: true"
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
