import { assert, assertEquals } from "@std/assert";
import { linesOf, parse, type Variables } from "./_config_fixture_test.ts";
import { secretsOf } from "./_config_secret_list.ts";
import { defaultConfig } from "./default_config.ts";
import { environmentProviders } from "./environment_providers.ts";
import { SERVICE_ACCOUNT } from "./_config_fixture_test.ts";
import { providerSettings } from "./_provider_settings.ts";

const AWS: Variables = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "AKIAQ7W2ER5TY8UI",
  AWS_SECRET_ACCESS_KEY: "aws-Lk7Jh6Gf",
  AWS_SESSION_TOKEN: "aws-Mn5Bv4Cx",
};
const GOOGLE: Variables = {
  GOOGLE_CLOUD_PROJECT: "acme",
  GOOGLE_APPLICATION_CREDENTIALS: "/etc/service-account.json",
};
const AZURE: Variables = {
  AZURE_OPENAI_ENDPOINT: "https://acme.openai.azure.com/",
  AZURE_OPENAI_API_KEY: "azr-Op6Lk5Hg",
};

/** The first provider of a config, in the library's words. */
function settings(yaml: string, variables: Variables = {}) {
  const result = parse(`providers: [${yaml}]`, variables);
  assert(result.ok, JSON.stringify(result));
  const { config } = result;
  return providerSettings(config.providers[0]!, config);
}

/** What is wrong with a provider, without where. */
function faults(yaml: string, variables: Variables = {}): string[] {
  return linesOf(`providers: [${yaml}]`, variables)
    .map((line) => line.replace(/^\S+ \S+ /, ""));
}

Deno.test("bedrock takes region and credentials from its entry, else from the environment", () => {
  const { aws } = settings("{type: bedrock}", AWS);
  assertEquals(aws, {
    region: "eu-west-1",
    accessKeyId: "AKIAQ7W2ER5TY8UI",
    secretAccessKey: "aws-Lk7Jh6Gf",
    sessionToken: "aws-Mn5Bv4Cx",
  });
  const own =
    "{region: us-east-1, access_key_id: A1B2C3D4, secret_access_key: s-Kj8Hg7}";
  assertEquals(settings(`{type: bedrock, aws: ${own}}`, AWS).aws, {
    region: "us-east-1",
    accessKeyId: "A1B2C3D4",
    secretAccessKey: "s-Kj8Hg7",
  });
});

Deno.test("bedrock prefers a key to credentials of the environment, as Amazon's clients do", () => {
  const key = "bdr-Vb6Nm5Zx";
  const variables = { ...AWS, AWS_BEARER_TOKEN_BEDROCK: key };
  const { apiKey, aws } = settings("{type: bedrock}", variables);
  assertEquals([apiKey, aws], [key, { region: "eu-west-1" }]);
});

Deno.test("F3: credentials of the environment go to no address but Amazon's", () => {
  const { aws } = settings(
    "{type: bedrock, api_key: bdr-Vb6Nm5Zx, base_url: https://b.example}",
    AWS,
  );
  assertEquals(aws, { region: "eu-west-1" });
});

Deno.test("bedrock tells what is missing", () => {
  assertEquals(faults("{type: bedrock, api_key: bdr-Vb6Nm5Zx}"), [
    "A provider of type bedrock needs aws.region or the variable AWS_REGION",
  ]);
  assertEquals(faults("{type: bedrock, aws: {region: us-east-1}}"), [
    "Environment variable 'AWS_BEARER_TOKEN_BEDROCK' is not set: set it, or give api_key or api_key_env",
  ]);
  assertEquals(
    faults(
      "{type: bedrock, aws: {region: us-east-1, secret_access_key: s-Kj8Hg7}}",
    ),
    ["aws.access_key_id and aws.secret_access_key go together"],
  );
  assertEquals(faults("{type: mock, aws: {region: us-east-1}}"), [
    "Only a provider of type bedrock has this",
  ]);
});

Deno.test("vertex takes project, location and key file from its entry, else from the environment", () => {
  assertEquals(settings("{type: vertex}", GOOGLE).google, {
    project: "acme",
    location: "global",
    serviceAccount: SERVICE_ACCOUNT,
  });
  assertEquals(
    settings(
      "{type: vertex, google: {project: p, location: us-east5, metadata_server: true}}",
      GOOGLE,
    ).google,
    { project: "p", location: "us-east5" },
  );
});

Deno.test("X7: vertex asks the metadata server only where that is said", () => {
  const [fault = ""] = faults("{type: vertex, google: {project: p}}");
  assert(fault.endsWith("or google.metadata_server: true"), fault);
});

Deno.test("vertex tells what is missing, and never what a file holds", () => {
  assertEquals(faults("{type: vertex}"), [
    "A provider of type vertex needs google.project or the variable GOOGLE_CLOUD_PROJECT",
  ]);
  assertEquals(
    faults("{type: vertex, google: {project: p, credentials_file: ca.pem}}"),
    ["Cannot read the service account's key: it must be JSON with 'client_email' and 'private_key'"],
  );
  assertEquals(
    faults("{type: vertex, google: {project: p, credentials_file: none.json}}")
      .length,
    1,
  );
  assertEquals(
    faults(
      "{type: vertex, google: {project: p, credentials_file: service-account.json, metadata_server: true}}",
    ),
    ["Give either google.credentials_file or google.metadata_server, not both"],
  );
});

Deno.test("azure_openai takes an application's credentials instead of a key", () => {
  const base = "type: azure_openai, base_url: https://a.example/openai/v1";
  const variables = {
    AZURE_TENANT_ID: "tenant",
    AZURE_CLIENT_ID: "client",
    AZURE_CLIENT_SECRET: "ent-Qw9Er8Ty",
  };
  assertEquals(settings(`{${base}, entra: {}}`, variables).entra, {
    tenantId: "tenant",
    clientId: "client",
    clientSecret: "ent-Qw9Er8Ty",
  });
  assertEquals(
    settings(`{${base}, entra: {managed_identity: true}}`).entra,
    {},
  );
  assertEquals(faults(`{${base}, entra: {tenant_id: t}}`).length, 1);
});

Deno.test("X11: secrets of clouds are among a config's", () => {
  const result = parse(
    "providers: [{type: bedrock}, {type: vertex}, {type: azure_openai, base_url: https://a.example, entra: {}}]",
    {
      ...AWS,
      ...GOOGLE,
      AZURE_TENANT_ID: "t",
      AZURE_CLIENT_ID: "c",
      AZURE_CLIENT_SECRET: "ent-Qw9Er8Ty",
    },
  );
  assert(result.ok, JSON.stringify(result));
  assertEquals(secretsOf(result.config), [
    "aws-Lk7Jh6Gf",
    "aws-Mn5Bv4Cx",
    "MIIEvQIBADAN".repeat(5),
    "ent-Qw9Er8Ty",
  ]);
});

/** What the environment switches on, and why a type is off. */
function switched(variables: Variables, name: string) {
  const env = (key: string) =>
    Object.hasOwn(variables, key) ? variables[key] : undefined;
  const readText = () => SERVICE_ACCOUNT;
  const { on, off } = environmentProviders(env, { readText });
  const { providers } = defaultConfig({ env, readText });
  assertEquals(providers.map(({ type }) => type), on.map(({ type }) => type));
  return {
    provider: providers.find(({ type }) => type === name),
    reason: off.find((it) => it.name === name)?.reason,
  };
}

Deno.test("environmentProviders() switches a cloud on when all that it needs is there", () => {
  assertEquals(switched(AWS, "bedrock").provider?.aws?.region, "eu-west-1");
  assertEquals(switched(GOOGLE, "vertex").provider?.google?.project, "acme");
  const { provider: azure } = switched(AZURE, "azure_openai");
  assertEquals(azure?.base_url, "https://acme.openai.azure.com/openai/v1");
  assertEquals(azure?.api_key, AZURE.AZURE_OPENAI_API_KEY);
  const dated = { ...AZURE, OPENAI_API_VERSION: "2024-10-21" };
  const { provider: old } = switched(dated, "azure_openai");
  assertEquals(
    [old?.base_url, old?.api_version],
    ["https://acme.openai.azure.com/openai", "2024-10-21"],
  );
});

Deno.test("environmentProviders() says what of a cloud is missing", () => {
  const { AWS_REGION: _, ...noRegion } = AWS;
  assertEquals(switched(noRegion, "bedrock").reason, "no AWS_REGION");
  assertEquals(
    switched({ AWS_REGION: "eu-west-1" }, "bedrock").reason,
    "no AWS_BEARER_TOKEN_BEDROCK, and no AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY",
  );
  assertEquals(switched({}, "vertex").reason, "no GOOGLE_CLOUD_PROJECT");
  assertEquals(
    switched({ GOOGLE_CLOUD_PROJECT: "p" }, "vertex").reason,
    "no GOOGLE_APPLICATION_CREDENTIALS",
  );
  assertEquals(
    switched({}, "azure_openai").reason,
    "no AZURE_OPENAI_ENDPOINT",
  );
  assertEquals(
    switched({ AZURE_OPENAI_ENDPOINT: "https://a.example" }, "azure_openai")
      .reason,
    "no AZURE_OPENAI_API_KEY",
  );
});

Deno.test("E24: bedrock takes a role's credentials by what the environment says of them", () => {
  const env = {
    AWS_REGION: "eu-west-1",
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/1",
    AWS_ROLE_ARN: "arn:aws:iam::1:role/gateway",
    AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/token",
  };
  const roleOf = (role: string) =>
    settings(`{type: bedrock, aws: {role: ${role}}}`, env).aws?.role;
  assertEquals(roleOf("instance"), { from: "instance" });
  assertEquals(roleOf("container"), {
    from: "container",
    url: "http://169.254.170.2/v2/credentials/1",
  });
  assertEquals(roleOf("web_identity"), {
    from: "web_identity",
    roleArn: "arn:aws:iam::1:role/gateway",
    tokenFile: "/var/run/token",
  });
});

Deno.test("F3: bedrock tells what a role lacks, and asks no strange host without TLS", () => {
  const faultOf = (role: string, variables: Record<string, string> = {}) =>
    faults(`{type: bedrock, aws: {region: eu-west-1, ${role}}}`, variables)[0];
  assert(faultOf("role: container")?.includes("AWS_CONTAINER_CREDENTIALS_"));
  assert(faultOf("role: web_identity")?.includes("AWS_ROLE_ARN"));
  assert(
    faultOf("role: instance, access_key_id: AKIA, secret_access_key: s3cr3tS3")
      ?.startsWith("Give either aws.role"),
  );
  assert(
    faultOf("role: container", {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://evil.example/x",
    })?.includes("must be an https address"),
  );
});
