import type { AccessToken, FetchToken } from "./access_tokens.ts";
import { fetchSecret, tokenClient } from "./_token_request.ts";
import type { AwsCredentials, AwsRole } from "./cloud_credentials.ts";
import { isObject } from "./dialects/_json.ts";
import { UpstreamError } from "./errors.ts";
import type { HttpClientOptions } from "./http_client_options.ts";

const METADATA_HOST = "169.254.169.254";
const ROLES = "/latest/meta-data/iam/security-credentials/";
/** How long the metadata server's own token counts, in seconds: it is used at once. */
const SESSION = "60";
const METADATA_CLIENT: HttpClientOptions = { addressScope: "credentials" };
/** The names of what requests are signed with, in Amazon's XML. */
const MEMBERS = [
  "AccessKeyId",
  "SecretAccessKey",
  "SessionToken",
  "Expiration",
] as const;

/** What requests are signed with as long as it counts. */
export type AwsKeys = Required<
  Pick<AwsCredentials, "accessKeyId" | "secretAccessKey" | "sessionToken">
>;

/**
 * How the credentials of a role are fetched (E24): from the metadata server of
 * an instance by its second version, from that of a container or a pod, or
 * from Amazon's token service for the token that a platform keeps in a file.
 * They come as the JSON text of an {@linkcode AwsKeys}.
 */
export function awsRoleKeys(
  role: AwsRole,
  { region, pool = {} }: {
    readonly region: string;
    readonly pool?: HttpClientOptions | undefined;
  },
): FetchToken {
  switch (role.from) {
    case "instance":
      return (signal) => ofInstance(role.metadataHost, signal);
    case "container":
      return (signal) => ofContainer(role, signal);
    case "web_identity":
      return (signal) => ofIdentity(role, { region, pool, signal });
  }
}

async function ofInstance(
  host = METADATA_HOST,
  signal: AbortSignal,
): Promise<AccessToken> {
  const ask = async (
    path: string,
    { method = "GET", headers = {} }: {
      readonly method?: "GET" | "PUT";
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<string> => {
    const request = { method, url: `http://${host}${path}`, headers };
    return await fetchSecret(request, { signal, client: METADATA_CLIENT });
  };
  const session = await ask("/latest/api/token", {
    method: "PUT",
    headers: { "x-aws-ec2-metadata-token-ttl-seconds": SESSION },
  });
  const headers = { "x-aws-ec2-metadata-token": session.trim() };
  const [name = ""] = (await ask(ROLES, { headers })).trim().split(/\s/);
  const role = encodeURIComponent(name);
  return readJson(await ask(ROLES + role, { headers }));
}

async function ofContainer(
  { url, authorization, authorizationFile }: AwsRole & {
    readonly from: "container";
  },
  signal: AbortSignal,
): Promise<AccessToken> {
  // The platform writes the file anew from time to time.
  const proof = authorizationFile === undefined
    ? authorization
    : await readText(authorizationFile);
  return readJson(
    await fetchSecret({
      method: "GET",
      url,
      headers: proof === undefined ? {} : { authorization: proof },
    }, { signal, client: METADATA_CLIENT }),
  );
}

async function ofIdentity(
  { roleArn, tokenFile, sessionName = "llm-proxy", sts }: AwsRole & {
    readonly from: "web_identity";
  },
  { region, pool, signal }: {
    readonly region: string;
    readonly pool: HttpClientOptions;
    readonly signal: AbortSignal;
  },
): Promise<AccessToken> {
  const body = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    WebIdentityToken: await readText(tokenFile),
  }).toString();
  const domain = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : "amazonaws.com";
  const answer = await fetchSecret({
    method: "POST",
    url: sts ?? `https://sts.${region}.${domain}/`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body,
  }, { signal, client: tokenClient(pool) });
  return readXml(answer);
}

async function readText(file: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return (await readFile(file, "utf8")).trim();
}

function readJson(text: string): AccessToken {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable();
  }
  if (!isObject(value)) throw unreadable();
  return tokenOf({ ...value, SessionToken: value.Token });
}

/** The members are plain text wherever they stand: nothing in them is ever escaped. */
function readXml(text: string): AccessToken {
  const found: Record<string, string | undefined> = {};
  for (const name of MEMBERS) {
    found[name] = new RegExp(`<${name}>([^<&]+)</${name}>`).exec(text)?.[1];
  }
  return tokenOf(found);
}

function tokenOf(told: Readonly<Record<string, unknown>>): AccessToken {
  const [accessKeyId, secretAccessKey, sessionToken, end] = MEMBERS.map(
    (name) => told[name],
  );
  const expiresAt = typeof end === "string" ? Date.parse(end) : NaN;
  if (
    typeof accessKeyId !== "string" || typeof secretAccessKey !== "string" ||
    typeof sessionToken !== "string" || Number.isNaN(expiresAt)
  ) throw unreadable();
  const keys: AwsKeys = { accessKeyId, secretAccessKey, sessionToken };
  return { token: JSON.stringify(keys), expiresAt };
}

/** Says nothing of what was told: it may be a secret. */
function unreadable(): UpstreamError {
  return new UpstreamError(
    "authentication",
    "The service that gives credentials gave none",
    { code: "upstream_token_failed" },
  );
}
