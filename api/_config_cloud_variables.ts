import { type EnvReader, readVariable } from "./_config_env.ts";

/** The variables that stand for what an entry leaves out, the usual one first. */
const VARIABLES = {
  region: ["AWS_REGION", "AWS_DEFAULT_REGION"],
  accessKeyId: ["AWS_ACCESS_KEY_ID"],
  secretAccessKey: ["AWS_SECRET_ACCESS_KEY"],
  sessionToken: ["AWS_SESSION_TOKEN"],
  project: [
    "GOOGLE_CLOUD_PROJECT",
    "VERTEXAI_PROJECT",
    "ANTHROPIC_VERTEX_PROJECT_ID",
  ],
  location: ["GOOGLE_CLOUD_LOCATION", "VERTEXAI_LOCATION"],
  credentialsFile: ["GOOGLE_APPLICATION_CREDENTIALS"],
  containerPath: ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"],
  containerUrl: ["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
  containerProof: ["AWS_CONTAINER_AUTHORIZATION_TOKEN"],
  containerProofFile: ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
  roleArn: ["AWS_ROLE_ARN"],
  roleSession: ["AWS_ROLE_SESSION_NAME"],
  identityFile: ["AWS_WEB_IDENTITY_TOKEN_FILE"],
  tenantId: ["AZURE_TENANT_ID"],
  clientId: ["AZURE_CLIENT_ID"],
  clientSecret: ["AZURE_CLIENT_SECRET"],
} as const;

/** The value of the first of some variables that is set. */
export function cloudVariable(
  what: keyof typeof VARIABLES,
  env: EnvReader,
): string | undefined {
  for (const name of VARIABLES[what]) {
    const read = readVariable(name, env);
    if ("value" in read) return read.value;
  }
  return undefined;
}
