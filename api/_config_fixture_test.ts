import { type ConfigFault, type ConfigResult, parseConfig } from "./config.ts";

/** What may be in the environment of a test. */
export type Variables = Readonly<Record<string, string>>;

/** Parses with the given variables and nothing else. */
export function parse(text: string, variables: Variables = {}): ConfigResult {
  return parseConfig(text, {
    file: "config.yaml",
    env: (name) => Object.hasOwn(variables, name) ? variables[name] : undefined,
    readText: readPem,
  });
}

/** The key of a service account, which signs nothing. */
export const SERVICE_ACCOUNT: string = JSON.stringify({
  type: "service_account",
  client_email: "gateway@acme.iam.gserviceaccount.com",
  private_key: `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADAN".repeat(5)}\n`,
  token_uri: "https://oauth2.googleapis.com/token",
});

/** Every certificate file is there and every key file, and nothing else is. */
function readPem(path: string): string {
  if (path.endsWith(".pem")) return testPem("tls_cert");
  if (path.endsWith(".key")) return testPem("tls_key");
  if (path.endsWith("service-account.json")) return SERVICE_ACCOUNT;
  throw Object.assign(new Error("It is not there"), { code: "ENOENT" });
}

/** A certificate or key that is kept for tests. */
export function testPem(name: string): string {
  return Deno.readTextFileSync(
    new URL(`../core/testdata/${name}.pem`, import.meta.url),
  );
}

/** The faults of a text; fails where it has none. */
export function faultsOf(
  text: string,
  variables: Variables = {},
): readonly ConfigFault[] {
  const result = parse(text, variables);
  if (result.ok) throw new Error(`No fault in:\n${text}`);
  return result.faults;
}

/** A fault for each line and column, as `2:3 path: message`. */
export function linesOf(text: string, variables: Variables = {}): string[] {
  return faultsOf(text, variables).map(({ line, column, path, message }) =>
    `${line}:${column} ${path}: ${message}`
  );
}

/** The example file, every setting that is commented out switched on if wanted. */
export function exampleText(every: boolean): string {
  const text = Deno.readTextFileSync(
    new URL("../config.example.yaml", import.meta.url),
  );
  return every ? text.replaceAll(/^(\s*)#(?! \S)(?=.)/gm, "$1") : text;
}

/** The variables that the example needs. */
export const EXAMPLE_VARIABLES: Variables = {
  LLM_PROXY_KEY: "qW7rTz2Lm9XcVb4N",
  LLM_PROXY_SECOND_KEY: "hJ3kPs8DfGy6QaZe",
  OPENAI_API_KEY: "oai-R5tYu1Io",
  ANTHROPIC_API_KEY: "ant-P0lKm3Nj",
  GROQ_KEY_1: "gsk-T4rEw2Qz",
  GROQ_KEY_2: "gsk-U8iOp6Lk",
  LLM_PROXY_KV_TOKEN: "kvt-Zx8Cv2Bn",
  LLM_PROXY_ALERT_SECRET: "alr-Gh5Jk8Lz3Wq7",
  LLM_PROXY_GUARDRAIL_SECRET: "grd-Mn3Bv6Cx9Za2",
  PROXY_PASSWORD: "pa55-Xc3Vb7",
  AZURE_TENANT_ID: "4f1c2b7e-tenant",
  AZURE_CLIENT_ID: "9a8b7c6d-client",
  AZURE_CLIENT_SECRET: "ent-Qw9Er8Ty",
  AWS_ACCESS_KEY_ID: "AKIAQ7W2ER5TY8UI",
  AWS_SECRET_ACCESS_KEY: "aws-Lk7Jh6Gf",
  AWS_SESSION_TOKEN: "aws-Mn5Bv4Cx",
};
