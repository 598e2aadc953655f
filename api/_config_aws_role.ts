import type { AwsRole } from "@llm-proxy/core";
import { cloudVariable } from "./_config_cloud_variables.ts";
import type { EnvReader } from "./_config_env.ts";

/** Where the credentials of containers are, where the environment tells a path only. */
const CONTAINER_HOST = "http://169.254.170.2";
/** Where credentials may be fetched without TLS: the platform's own addresses, and this machine. */
const PLAIN_HOSTS: ReadonlySet<string> = new Set([
  "169.254.170.2",
  "169.254.170.23",
  "[fd00:ec2::23]",
  "127.0.0.1",
  "[::1]",
  "localhost",
]);

/** Who gives the credentials of a role, by what the environment says of it; what it leaves out is empty. */
export function awsRole(from: string | undefined, env: EnvReader): AwsRole {
  const read = (what: Parameters<typeof cloudVariable>[0]): string =>
    cloudVariable(what, env) ?? "";
  switch (from) {
    case "container": {
      const path = read("containerPath");
      const url = path === "" ? read("containerUrl") : CONTAINER_HOST + path;
      const authorizationFile = read("containerProofFile");
      const authorization = read("containerProof");
      return {
        from,
        url,
        ...(authorizationFile !== "" && { authorizationFile }),
        ...(authorization !== "" && { authorization }),
      };
    }
    case "web_identity": {
      const sessionName = read("roleSession");
      return {
        from,
        roleArn: read("roleArn"),
        tokenFile: read("identityFile"),
        ...(sessionName !== "" && { sessionName }),
      };
    }
    default:
      return { from: "instance" };
  }
}

/** What a role lacks. */
export function awsRoleFault(role: AwsRole): string | undefined {
  switch (role.from) {
    case "instance":
      return undefined;
    case "container":
      if (role.url === "") {
        return "aws.role: container needs the variable AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI";
      }
      return isSafe(role.url)
        ? undefined
        : "AWS_CONTAINER_CREDENTIALS_FULL_URI must be an https address, or one of the platform's own";
    case "web_identity":
      return role.roleArn === "" || role.tokenFile === ""
        ? "aws.role: web_identity needs the variables AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE"
        : undefined;
  }
}

function isSafe(url: string): boolean {
  const parsed = URL.parse(url);
  if (parsed === null) return false;
  return parsed.protocol === "https:" ||
    parsed.protocol === "http:" && PLAIN_HOSTS.has(parsed.hostname);
}
