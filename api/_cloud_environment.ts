import { cloudFaults } from "./_config_cloud.ts";
import { cloudVariable } from "./_config_cloud_variables.ts";
import type { ConfigSources } from "./_config_sources.ts";
import { type EnvReader, readVariable } from "./_config_env.ts";
import { usualVariable } from "./_config_provider_keys.ts";
import { isPlainUrl, secretFault } from "./_config_texts.ts";
import type { ProviderOn } from "./environment_providers.ts";

const ENDPOINTS = ["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_BASE_URL"] as const;
const VERSIONS = ["AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION"] as const;

/**
 * What the environment says of a cloud, which takes more than a key: the
 * provider where all that is needed is there, else what is missing. `undefined`
 * for any other type.
 */
export function cloudEnvironment(
  type: string,
  sources: ConfigSources,
): ProviderOn | string | undefined {
  const { env } = sources;
  switch (type) {
    case "bedrock":
      return bedrock(env);
    case "vertex":
      return vertex(sources);
    case "azure_openai":
      return azure(env);
  }
  return undefined;
}

function bedrock(env: EnvReader): ProviderOn | string {
  const keyEnv = "AWS_BEARER_TOKEN_BEDROCK";
  const key = read(keyEnv, env);
  const hasKeys = cloudVariable("accessKeyId", env) !== undefined &&
    cloudVariable("secretAccessKey", env) !== undefined;
  if (key === undefined && !hasKeys) {
    return `no ${keyEnv}, and no AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY`;
  }
  if (cloudVariable("region", env) === undefined) return "no AWS_REGION";
  if (key !== undefined) {
    return fault(keyEnv, key) ?? { type: "bedrock", keyEnv };
  }
  const secret = cloudVariable("secretAccessKey", env) ?? "";
  return fault("AWS_SECRET_ACCESS_KEY", secret) ?? { type: "bedrock" };
}

/** The metadata server is asked by a config only: the environment does not tell whether there is one. */
function vertex(sources: ConfigSources): ProviderOn | string {
  const { env } = sources;
  if (cloudVariable("project", env) === undefined) {
    return "no GOOGLE_CLOUD_PROJECT";
  }
  if (cloudVariable("credentialsFile", env) === undefined) {
    return "no GOOGLE_APPLICATION_CREDENTIALS";
  }
  const [found] = cloudFaults({ type: "vertex" }, sources);
  return found?.message ?? { type: "vertex" };
}

function azure(env: EnvReader): ProviderOn | string {
  const endpointEnv = usualVariable(ENDPOINTS, env);
  const endpoint = read(endpointEnv, env);
  if (endpoint === undefined) return `no ${endpointEnv}`;
  if (!isPlainUrl(endpoint)) return `${endpointEnv} is no address`;
  const keyEnv = "AZURE_OPENAI_API_KEY";
  const key = read(keyEnv, env);
  const isEntra = key === undefined &&
    cloudVariable("tenantId", env) !== undefined &&
    cloudVariable("clientId", env) !== undefined &&
    cloudVariable("clientSecret", env) !== undefined;
  if (key === undefined && !isEntra) return `no ${keyEnv}`;
  const reason = key === undefined ? undefined : fault(keyEnv, key);
  if (reason !== undefined) return reason;
  const version = read(usualVariable(VERSIONS, env), env);
  // A date is the old API's; the words of the new one, such as `preview`, need no mention.
  const isDated = version !== undefined &&
    /^\d{4}-\d{2}-\d{2}(?:-preview)?$/.test(version);
  return {
    type: "azure_openai",
    baseUrl: addressOf(endpoint, isDated),
    ...(isDated && { apiVersion: version }),
    ...(isEntra ? { isEntra } : { keyEnv }),
  };
}

/** The API's address below a resource's, of which some write the path as well. */
function addressOf(endpoint: string, isDated: boolean): string {
  const resource = endpoint.replace(/\/+$/, "").replace(
    /\/openai(?:\/v1)?$/,
    "",
  );
  return `${resource}/openai${isDated ? "" : "/v1"}`;
}

function read(name: string, env: EnvReader): string | undefined {
  const found = readVariable(name, env);
  return "value" in found ? found.value : undefined;
}

function fault(name: string, key: string): string | undefined {
  const reason = secretFault(key);
  return reason && `${name} ${reason.split(";")[0]}`;
}
